"""Residents: the one record of a person, found again when they come back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from people.finding import Match, find_residents
from people.model import Person
from people.names import (
    email_key,
    index_tokens,
    is_closely_same,
    name_tokens,
    phone_key,
    postcode_key,
    sound_of,
    surname_of,
)
from people.tables import Resident, ResidentNameToken

__all__ = [
    "Match",
    "change_contact",
    "email_key",
    "find_or_create",
    "find_residents",
    "name_tokens",
    "phone_key",
    "postcode_key",
]


def find_or_create(
    session: Session,
    authority_id: int,
    person: Person,
    now: datetime,
    *,
    by_staff: bool = False,
) -> Resident:
    """The resident that `person` is: with the same email or telephone and closely the same name, or a new one.

    Staff have checked who calls, so what they enter replaces older contact details. Anybody else is unproven: somebody
    who only knows a name and an email must not redirect another person's messages. For them a record matches only when
    nothing of its email and telephone would change; otherwise a second record is made, and staff see both.

    Call it before the transaction claims capacity: on PostgreSQL it takes a lock on the email and telephone, so that
    two first bookings at the same moment share one resident (and one limit of open appointments).
    """
    _lock_contact(session, authority_id, person)
    for resident in _of_contact(session, authority_id, person):
        if is_closely_same(resident.name, person.name) and (by_staff or _changes_nothing(resident, person)):
            _keep(resident, person)
            session.flush()
            return resident
    return _create(session, authority_id, person, now)


def _lock_contact(session: Session, authority_id: int, person: Person) -> None:
    if session.get_bind().dialect.name != "postgresql":
        return  # SQLite has one writer at a time
    keys = sorted(
        _lock_number(f"{authority_id}:{key}") for key in (email_key(person.email), phone_key(person.phone)) if key
    )
    for number in keys:
        session.execute(select(func.pg_advisory_xact_lock(bindparam("number", number, BigInteger))))


def _lock_number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def _of_contact(session: Session, authority_id: int, person: Person) -> Iterable[Resident]:
    email, phone = email_key(person.email), phone_key(person.phone)
    same = [Resident.email == email] if email else []
    same += [Resident.phone_key == phone] if phone else []
    if not same:
        return ()
    statement = select(Resident).where(
        Resident.authority_id == authority_id,
        Resident.anonymised_at.is_(None),
        or_(*same),
    )
    return session.scalars(statement.order_by(Resident.id)).all()


def _changes_nothing(resident: Resident, person: Person) -> bool:
    email, phone = email_key(person.email), phone_key(person.phone)
    return (not email or email == resident.email) and (not phone or phone == resident.phone_key)


def _keep(resident: Resident, person: Person) -> None:
    """Write what `person` gives over what is kept. What they leave out stays, and a "do not" is never lost here."""
    _set_contact(resident, person.email or resident.email, person.phone or resident.phone)
    _set_postcode(resident, person.postcode or resident.postcode)
    resident.language = person.language or resident.language
    resident.support_needs = list(person.support_needs) or resident.support_needs
    if person.contact_preference != "email":
        resident.contact_preference = person.contact_preference
    resident.do_not_text = resident.do_not_text or person.do_not_text
    resident.leave_no_message = resident.leave_no_message or person.leave_no_message


def _create(session: Session, authority_id: int, person: Person, now: datetime) -> Resident:
    resident = Resident(
        authority_id=authority_id,
        language=person.language,
        support_needs=list(person.support_needs),
        contact_preference=person.contact_preference,
        do_not_text=person.do_not_text,
        leave_no_message=person.leave_no_message,
        created_at=now,
    )
    _set_name(resident, person.name)
    _set_contact(resident, person.email, person.phone)
    _set_postcode(resident, person.postcode)
    session.add(resident)
    session.flush()
    _index_name(session, resident)
    return resident


def change_contact(session: Session, resident: Resident, person: Person) -> None:
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
    session.flush()
    if is_renamed:
        session.execute(delete(ResidentNameToken).where(ResidentNameToken.resident_id == resident.id))
        _index_name(session, resident)


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


def _index_name(session: Session, resident: Resident) -> None:
    session.add_all(
        ResidentNameToken(**row) for row in name_token_rows(resident.authority_id, resident.id, resident.name)
    )
    session.flush()


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
