"""Rows of residents: found again when they come back, read, locked, written and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from core.contact_values import postal_of
from core.database import connection_of, table_of
from core.errors import NotFound
from core.tokens import stamp_of
from core.transactions import lock_by_name
from people.residents.details import (
    ResidentDetails,
    email_key,
    index_tokens,
    name_key,
    phone_key,
    postcode_key,
    sound_of,
    surname_of,
)
from people.residents.tables import Resident, ResidentNameToken

# Records of one name with one email or telephone that are looked at. A person has one or two; strangers can add to them.
MOST_ALIKE = 50
_RESIDENT = select(Resident).where(
    Resident.id == bindparam("resident"), Resident.authority_id == bindparam("authority")
)
_INSERT = table_of(Resident).insert().returning(table_of(Resident).c.id)
_INSERT_TOKEN = table_of(ResidentNameToken).insert()
_residents = table_of(Resident).c
_CONTACT = {
    "email": _residents.email == bindparam("email"),
    "phone": _residents.phone_key == bindparam("phone"),
}
_KNOWN = [_residents[key] for key in ("id", "name", "email", "phone_key", "message_language", "email_returned_at")]
_SAME = {
    (by_email, by_phone): select(*_KNOWN)
    .where(
        _residents.authority_id == bindparam("authority"),
        _residents.anonymised_at.is_(None),
        _residents.name_key == bindparam("name"),
        or_(*([_CONTACT["email"]] if by_email else []), *([_CONTACT["phone"]] if by_phone else [])),
    )
    .order_by(_residents.id)
    .limit(MOST_ALIKE)
    .with_for_update(key_share=True)
    for by_email, by_phone in ((True, False), (False, True), (True, True))
}


@dataclass(frozen=True)
class Identified:
    """Which resident somebody is, and all records of (closely) the same person that were there before."""

    id: int
    same: tuple[int, ...] = ()


def identify(
    db: Session,
    authority_id: int,
    person: ResidentDetails,
    now: datetime,
    *,
    by_staff: bool = False,
    is_alone: bool = False,
) -> Identified:
    """The resident that `person` is: with the same email or telephone and closely the same name, or a new one.

    Staff have checked who calls, so what they enter replaces older details. Anybody else is unproven: somebody who only
    knows a name and an email must not redirect another person's messages, nor silence them. For them a record matches
    only when nothing of its email and telephone would change, and nothing of it is changed but the language in which
    we write, and that we name no service; otherwise a second record is made, and staff see both. An address that is
    given again gets email again, even if some came back: at worst, one more comes back.

    Call it before the transaction claims capacity: on PostgreSQL it takes a lock on the email and telephone, so that
    two first bookings at the same moment share one resident, and locks the records of `same`, so that their open
    appointments can be counted. `is_alone` says that nobody else books meanwhile: thousands of locks would be too many.
    """
    if not is_alone:
        _lock_contact(db, authority_id, person)
    alike = _alike(db, authority_id, person)
    same = tuple(row.id for row in alike)
    for row in alike:
        if by_staff:
            add_details(db.get_one(Resident, row.id), person)
            db.flush()
        if by_staff or _changes_nothing(row, person):
            if not by_staff:
                _keep_what_is_new(db, row, person)
            return Identified(row.id, same)
    return Identified(create_resident(db, authority_id, person, now), same)


def find_or_create(
    db: Session, authority_id: int, person: ResidentDetails, now: datetime, *, by_staff: bool = False
) -> Resident:
    """The row of the resident that `person` is. See `identify`."""
    return db.get_one(Resident, identify(db, authority_id, person, now, by_staff=by_staff).id)


def _lock_contact(db: Session, authority_id: int, person: ResidentDetails) -> None:
    keys, name = (email_key(person.email), phone_key(person.phone)), name_key(person.name)
    for contact in sorted(f"{authority_id}:{key}:{name}" for key in keys if key):
        lock_by_name(db, contact)


def _alike(db: Session, authority_id: int, person: ResidentDetails) -> Sequence[Row[*tuple[Any, ...]]]:
    """The records of closely the same name with the same email or telephone, the oldest first, locked."""
    email, phone, name = email_key(person.email), phone_key(person.phone), name_key(person.name)
    if not name or not (email or phone):
        return ()
    values = {"authority": authority_id, "name": name}
    values |= ({"email": email} if email else {}) | ({"phone": phone} if phone else {})
    return connection_of(db).execute(_SAME[bool(email), bool(phone)], values).all()


def _changes_nothing(resident: Row[*tuple[Any, ...]], person: ResidentDetails) -> bool:
    email, phone = email_key(person.email), phone_key(person.phone)
    return (not email or email == resident.email) and (not phone or phone == resident.phone_key)


def _keep_what_is_new(db: Session, resident: Row[*tuple[Any, ...]], person: ResidentDetails) -> None:
    """Write in the language in which somebody books, to the address given, and by neutral names once they ask for it.

    No message is redirected or silenced.
    """
    new_language = person.message_language or resident.message_language
    is_given_again = resident.email_returned_at is not None and bool(email_key(person.email))
    if is_given_again or person.uses_neutral_name or new_language != resident.message_language:
        values: dict[str, Any] = {"email_returned_at": None} if is_given_again else {}
        values |= {"message_language": new_language} | ({"uses_neutral_name": True} if person.uses_neutral_name else {})
        connection_of(db).execute(update(table_of(Resident)).where(_residents.id == resident.id).values(values))


_KNOWN_WISHES = select(
    _residents.address, _residents.postcode, _residents.contact_preference, _residents.leave_no_message
).where(_residents.id == bindparam("resident"))


def wishes_beside_record(db: Session, person: ResidentDetails, resident_id: int) -> dict[str, Any]:
    """How somebody unproven wants to hear of the visit that they book, where the record, which stays, says it otherwise.

    By the names of the appointment's own contact columns.
    """
    known = connection_of(db).execute(_KNOWN_WISHES, {"resident": resident_id}).one()
    wishes: dict[str, Any] = {}
    if person.contact_preference != known.contact_preference:
        wishes["contact_preference"] = person.contact_preference
    if person.leave_no_message and not known.leave_no_message:
        wishes["contact_leave_no_message"] = True
    if person.postal and person.postal != postal_of(known.address, known.postcode):
        wishes["contact_postal"] = person.postal
    return wishes


def residents_like(db: Session, authority_id: int, person: ResidentDetails) -> Sequence[Resident]:
    """Whom we have under closely the same name with the same email, telephone, postcode or date of birth, oldest first."""
    given = {
        Resident.email: email_key(person.email),
        Resident.phone_key: phone_key(person.phone),
        Resident.postcode_key: postcode_key(person.postcode),
        Resident.date_of_birth: person.date_of_birth,
    }
    same = [column == value for column, value in given.items() if value]
    if not same or not name_key(person.name):
        return ()
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None))
    by_name = (Resident.name_key == name_key(person.name), or_(*same))
    return db.scalars(select(Resident).where(*here, *by_name).order_by(Resident.id).limit(MOST_ALIKE)).all()


def resident_of(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident of this authority. Raises: NotFound, also for one of another authority or who is anonymous now."""
    resident = db.scalar(_RESIDENT, {"resident": resident_id, "authority": authority_id})
    if resident is None or resident.anonymised_at is not None:
        raise NotFound.because("resident_unknown")
    return resident


def lock_resident(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident, locked until the transaction ends, to count their open appointments. Raises: NotFound."""
    statement = select(Resident).where(Resident.id == resident_id, Resident.authority_id == authority_id)
    resident = db.scalar(statement.with_for_update(key_share=True))
    if resident is None:
        raise NotFound.because("resident_unknown")
    return resident


def lock_known(db: Session, authority_id: int, resident_id: int) -> Resident:
    """As `lock_resident`. Raises: NotFound also for whose record was emptied, or became a part of another, meanwhile."""
    resident = lock_resident(db, authority_id, resident_id)
    db.refresh(resident, ["anonymised_at"])
    if resident.anonymised_at is not None:
        raise NotFound.because("resident_unknown")
    return resident


def record_stamp(resident: Resident) -> str:
    """A short digest of what a page shows of the record, to say later which facts it has shown."""
    return stamp_of(*(getattr(resident, name) for name in ResidentDetails.__dataclass_fields__))


AS_GIVEN = (
    *("address", "letter_format", "language", "contact_preference", "do_not_text"),
    *("leave_no_message", "safe_hours", "uses_neutral_name", "message_language"),
)


def resident_values(authority_id: int, person: ResidentDetails, now: datetime) -> dict[str, Any]:
    """The columns of a new resident."""
    name = " ".join(person.name.split())
    values: dict[str, Any] = {"authority_id": authority_id, "created_at": now, "name": name}
    values |= {
        "surname": surname_of(name),
        "date_of_birth": person.date_of_birth,
        "name_key": name_key(name),
    }
    values |= {"support_needs": list(person.support_needs), "email": email_key(person.email)}
    values |= {"phone": person.phone.strip(), "phone_key": phone_key(person.phone)}
    values |= {"postcode": person.postcode.strip().upper(), "postcode_key": postcode_key(person.postcode)}
    return values | {name: getattr(person, name) for name in AS_GIVEN}


def create_resident(db: Session, authority_id: int, person: ResidentDetails, now: datetime) -> int:
    """The id of a new resident."""
    values = resident_values(authority_id, person, now)
    resident_id: int = connection_of(db).execute(_INSERT, values).scalar_one()
    _index_name(db, authority_id, resident_id, values["name"])
    return resident_id


def change_contact(db: Session, resident: Resident, person: ResidentDetails) -> None:
    """Write all of `person` over the resident, empty values and all: for somebody who has proved who they are."""
    is_renamed = resident.name != person.name.strip()
    _set_name(resident, person.name)
    _set_contact(resident, person.email, person.phone)
    _set_address(resident, person.address, person.postcode)
    resident.support_needs = list(person.support_needs)
    for name in ("date_of_birth", *(one for one in AS_GIVEN if one not in ("address", "message_language"))):
        setattr(resident, name, getattr(person, name))
    resident.message_language = person.message_language or resident.message_language
    db.flush()
    if is_renamed:
        db.execute(delete(ResidentNameToken).where(ResidentNameToken.resident_id == resident.id))
        _index_name(db, resident.authority_id, resident.id, resident.name)


def add_details(resident: Resident, person: ResidentDetails) -> None:
    """Write what `person` gives over what is kept. What they leave out stays, and a "do not" is never lost here."""
    resident.email_returned_at = None if person.email else resident.email_returned_at
    _set_contact(resident, person.email or resident.email, person.phone or resident.phone)
    _set_address(resident, person.address or resident.address, person.postcode or resident.postcode)
    resident.letter_format = person.letter_format or resident.letter_format
    resident.date_of_birth = person.date_of_birth or resident.date_of_birth
    resident.language = person.language or resident.language
    resident.support_needs = list(person.support_needs) or resident.support_needs
    if person.contact_preference != "email":
        resident.contact_preference = person.contact_preference
    for name in ("do_not_text", "leave_no_message", "safe_hours", "uses_neutral_name"):
        setattr(resident, name, getattr(resident, name) or getattr(person, name))
    resident.message_language = person.message_language or resident.message_language


def _set_name(resident: Resident, name: str) -> None:
    resident.name = " ".join(name.split())
    resident.surname = surname_of(name)
    resident.name_key = name_key(name)


def _set_contact(resident: Resident, email: str, phone: str) -> None:
    resident.email = email_key(email)
    resident.phone = phone.strip()
    resident.phone_key = phone_key(phone)


def _set_address(resident: Resident, address: str, postcode: str) -> None:
    key = postcode_key(postcode)
    if (address, key) != (resident.address, resident.postcode_key):  # a letter that came back was about the one before
        resident.letter_returned_at = None
    resident.address, resident.postcode, resident.postcode_key = address, postcode.strip().upper(), key


def _index_name(db: Session, authority_id: int, resident_id: int, name: str) -> None:
    if rows := name_token_rows(authority_id, resident_id, name):
        connection_of(db).execute(_INSERT_TOKEN, rows)


def name_token_rows(authority_id: int, resident_id: int, name: str) -> list[dict[str, object]]:
    """The rows of `resident_name_tokens` for a name, as plain values, for loading in bulk."""
    whose = {"authority_id": authority_id, "resident_id": resident_id}
    return [whose | {"token": token, "sound": sound_of(token), "reversed": token[::-1]} for token in index_tokens(name)]
