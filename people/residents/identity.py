"""Residents: the one record of a person, found again when they come back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from people.residents.contact_details import email_key, phone_key
from people.residents.details import ResidentDetails
from people.residents.names import is_closely_same
from people.residents.resident_repository import add_details, create_resident
from people.residents.tables import Resident

_residents = table_of(Resident).c
_CONTACT = {
    "email": _residents.email == bindparam("email"),
    "phone": _residents.phone_key == bindparam("phone"),
}
_KNOWN = (_residents.id, _residents.name, _residents.email, _residents.phone_key, _residents.message_language)
_SAME = {
    (by_email, by_phone): select(*_KNOWN)
    .where(
        _residents.authority_id == bindparam("authority"),
        _residents.anonymised_at.is_(None),
        or_(*([_CONTACT["email"]] if by_email else []), *([_CONTACT["phone"]] if by_phone else [])),
    )
    .order_by(_residents.id)
    .with_for_update(key_share=True)
    for by_email, by_phone in ((True, False), (False, True), (True, True))
}
_LOCK = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))


@dataclass(frozen=True)
class Identified:
    """Which resident somebody is, and all records of (closely) the same person that were there before."""

    id: int
    same: tuple[int, ...] = ()


def identify(
    db: Session, authority_id: int, person: ResidentDetails, now: datetime, *, by_staff: bool = False
) -> Identified:
    """The resident that `person` is: with the same email or telephone and closely the same name, or a new one.

    Staff have checked who calls, so what they enter replaces older details. Anybody else is unproven: somebody who only
    knows a name and an email must not redirect another person's messages, nor silence them. For them a record matches
    only when nothing of its email and telephone would change, and nothing of it is changed but the language in which
    we write; otherwise a second record is made, and staff see both.

    Call it before the transaction claims capacity: on PostgreSQL it takes a lock on the email and telephone, so that
    two first bookings at the same moment share one resident, and locks the records of `same`, so that their open
    appointments can be counted.
    """
    _lock_contact(db, authority_id, person)
    alike = [row for row in _of_contact(db, authority_id, person) if is_closely_same(row.name, person.name)]
    same = tuple(row.id for row in alike)
    for row in alike:
        if by_staff:
            add_details(db.get_one(Resident, row.id), person)
            db.flush()
        if by_staff or _changes_nothing(row, person):
            if not by_staff:
                _keep_language(db, row, person)
            return Identified(row.id, same)
    return Identified(create_resident(db, authority_id, person, now), same)


def find_or_create(
    db: Session, authority_id: int, person: ResidentDetails, now: datetime, *, by_staff: bool = False
) -> Resident:
    """The row of the resident that `person` is. See `identify`."""
    return db.get_one(Resident, identify(db, authority_id, person, now, by_staff=by_staff).id)


def _lock_contact(db: Session, authority_id: int, person: ResidentDetails) -> None:
    if db.get_bind().dialect.name != "postgresql":
        return  # SQLite has one writer at a time
    keys = (email_key(person.email), phone_key(person.phone))
    for number in sorted(_lock_number(f"{authority_id}:{key}") for key in keys if key):
        connection_of(db).execute(_LOCK, {"number": number})


def _lock_number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def _of_contact(db: Session, authority_id: int, person: ResidentDetails) -> Sequence[Row[*tuple[Any, ...]]]:
    email, phone = email_key(person.email), phone_key(person.phone)
    if not email and not phone:
        return ()
    values = {"authority": authority_id} | ({"email": email} if email else {}) | ({"phone": phone} if phone else {})
    return connection_of(db).execute(_SAME[bool(email), bool(phone)], values).all()


def _changes_nothing(resident: Row[*tuple[Any, ...]], person: ResidentDetails) -> bool:
    email, phone = email_key(person.email), phone_key(person.phone)
    return (not email or email == resident.email) and (not phone or phone == resident.phone_key)


def _keep_language(db: Session, resident: Row[*tuple[Any, ...]], person: ResidentDetails) -> None:
    """Write in the language in which somebody books: it neither redirects a message nor silences one."""
    if person.message_language not in ("", resident.message_language):
        values = {"message_language": person.message_language}
        connection_of(db).execute(update(table_of(Resident)).where(_residents.id == resident.id).values(values))
