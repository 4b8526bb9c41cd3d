"""Rows of residents and of who acts for them: read, locked, written and changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from core.errors import NotFound
from core.language import DEFAULT_LANGUAGE
from people.residents.contact_details import email_key, phone_key, postcode_key
from people.residents.details import Representation, ResidentDetails
from people.residents.names import index_tokens, sound_of, surname_of
from people.residents.tables import Representative, Resident, ResidentNameToken

_RESIDENT = select(Resident).where(
    Resident.id == bindparam("resident"), Resident.authority_id == bindparam("authority")
)
_INSERT = table_of(Resident).insert().returning(table_of(Resident).c.id)
_INSERT_TOKEN = table_of(ResidentNameToken).insert()


def resident_of(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident of this authority. Raises: NotFound, also for one of another authority."""
    resident = db.scalar(_RESIDENT, {"resident": resident_id, "authority": authority_id})
    if resident is None:
        raise NotFound.because("resident_unknown")
    return resident


def lock_resident(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident, locked until the transaction ends, to count their open appointments. Raises: NotFound."""
    statement = select(Resident).where(Resident.id == resident_id, Resident.authority_id == authority_id)
    resident = db.scalar(statement.with_for_update(key_share=True))
    if resident is None:
        raise NotFound.because("resident_unknown")
    return resident


def add_representative(
    db: Session, authority_id: int, resident_id: int, representation: Representation, now: datetime
) -> int:
    """The id of a new representative, for one booking."""
    row = Representative(
        authority_id=authority_id,
        resident_id=resident_id,
        name=representation.name.strip(),
        basis=representation.basis,
        email=representation.email.strip(),
        phone=representation.phone.strip(),
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row.id


def create_resident(db: Session, authority_id: int, person: ResidentDetails, now: datetime) -> int:
    """The id of a new resident."""
    name = " ".join(person.name.split())
    values = {
        "authority_id": authority_id,
        "name": name,
        "surname": surname_of(name),
        "email": email_key(person.email),
        "phone": person.phone.strip(),
        "phone_key": phone_key(person.phone),
        "postcode": person.postcode.strip().upper(),
        "postcode_key": postcode_key(person.postcode),
        "language": person.language,
        "support_needs": list(person.support_needs),
        "contact_preference": person.contact_preference,
        "do_not_text": person.do_not_text,
        "leave_no_message": person.leave_no_message,
        "message_language": person.message_language or DEFAULT_LANGUAGE,
        "created_at": now,
    }
    resident_id: int = connection_of(db).execute(_INSERT, values).scalar_one()
    _index_name(db, authority_id, resident_id, name)
    return resident_id


def change_contact(db: Session, resident: Resident, person: ResidentDetails) -> None:
    """Write all of `person` over the resident, empty values and all: for somebody who has proved who they are."""
    is_renamed = resident.name != person.name.strip()
    _set_name(resident, person.name)
    _set_contact(resident, person.email, person.phone)
    _set_postcode(resident, person.postcode)
    resident.language = person.language
    resident.support_needs = list(person.support_needs)
    resident.contact_preference = person.contact_preference
    resident.do_not_text = person.do_not_text
    resident.leave_no_message = person.leave_no_message
    resident.message_language = person.message_language or resident.message_language
    db.flush()
    if is_renamed:
        db.execute(delete(ResidentNameToken).where(ResidentNameToken.resident_id == resident.id))
        _index_name(db, resident.authority_id, resident.id, resident.name)


def add_details(resident: Resident, person: ResidentDetails) -> None:
    """Write what `person` gives over what is kept. What they leave out stays, and a "do not" is never lost here."""
    _set_contact(resident, person.email or resident.email, person.phone or resident.phone)
    _set_postcode(resident, person.postcode or resident.postcode)
    resident.language = person.language or resident.language
    resident.support_needs = list(person.support_needs) or resident.support_needs
    if person.contact_preference != "email":
        resident.contact_preference = person.contact_preference
    resident.do_not_text = resident.do_not_text or person.do_not_text
    resident.leave_no_message = resident.leave_no_message or person.leave_no_message
    resident.message_language = person.message_language or resident.message_language


def _set_name(resident: Resident, name: str) -> None:
    resident.name = " ".join(name.split())
    resident.surname = surname_of(name)


def _set_contact(resident: Resident, email: str, phone: str) -> None:
    resident.email = email_key(email)
    resident.phone = phone.strip()
    resident.phone_key = phone_key(phone)


def _set_postcode(resident: Resident, postcode: str) -> None:
    resident.postcode = postcode.strip().upper()
    resident.postcode_key = postcode_key(postcode)


def _index_name(db: Session, authority_id: int, resident_id: int, name: str) -> None:
    rows = name_token_rows(authority_id, resident_id, name)
    if rows:
        connection_of(db).execute(_INSERT_TOKEN, rows)


def name_token_rows(authority_id: int, resident_id: int, name: str) -> list[dict[str, object]]:
    """The rows of `resident_name_tokens` for a name, as plain values, for loading in bulk."""
    return [
        {
            "authority_id": authority_id,
            "resident_id": resident_id,
            "token": token,
            "sound": sound_of(token),
        }
        for token in index_tokens(name)
    ]
