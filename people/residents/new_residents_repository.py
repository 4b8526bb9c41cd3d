"""Rows of people who are new: of one, and of a whole list in as many statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
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

AS_GIVEN = (
    *("address", "letter_format", "language", "contact_preference", "do_not_text"),
    *("leave_no_message", "safe_hours", "uses_neutral_name", "message_language"),
)
_INSERT_TOKEN = table_of(ResidentNameToken).insert()


def resident_values(authority_id: int, person: ResidentDetails, now: datetime) -> dict[str, Any]:
    """The columns of a new resident."""
    name = " ".join(person.name.split())
    values = {
        "authority_id": authority_id,
        "name": name,
        "surname": surname_of(name),
        "date_of_birth": person.date_of_birth,
        "name_key": name_key(name),
        "email": email_key(person.email),
        "phone": person.phone.strip(),
        "phone_key": phone_key(person.phone),
        "postcode": person.postcode.strip().upper(),
        "postcode_key": postcode_key(person.postcode),
        "support_needs": list(person.support_needs),
        "created_at": now,
    }
    return values | {name: getattr(person, name) for name in AS_GIVEN}


def create_residents(db: Session, authority_id: int, people: Sequence[ResidentDetails], now: datetime) -> list[int]:
    """The ids of these new residents, in their order."""
    if not people:
        return []
    statement = insert(Resident).returning(Resident.id, sort_by_parameter_order=True)
    rows = [resident_values(authority_id, person, now) for person in people]
    ids = list(db.scalars(statement, rows))
    index_names(db, authority_id, list(zip(ids, (str(row["name"]) for row in rows), strict=True)))
    return ids


def index_names(db: Session, authority_id: int, names: Sequence[tuple[int, str]]) -> None:
    """Have these residents found by the words of their names."""
    rows = [row for resident_id, name in names for row in name_token_rows(authority_id, resident_id, name)]
    if rows:
        connection_of(db).execute(_INSERT_TOKEN, rows)


def name_token_rows(authority_id: int, resident_id: int, name: str) -> list[dict[str, object]]:
    """The rows of `resident_name_tokens` for a name, as plain values, for loading in bulk."""
    whose = {"authority_id": authority_id, "resident_id": resident_id}
    return [whose | {"token": token, "sound": sound_of(token), "reversed": token[::-1]} for token in index_tokens(name)]
