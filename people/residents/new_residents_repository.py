"""Rows of people who are new, of a whole list in as many statements as of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from people.residents.details import ResidentDetails
from people.residents.resident_repository import name_token_rows, resident_values
from people.residents.tables import Resident, ResidentNameToken


def create_residents(db: Session, authority_id: int, people: Sequence[ResidentDetails], now: datetime) -> list[int]:
    """The ids of these new residents, in their order."""
    if not people:
        return []
    statement = insert(Resident).returning(Resident.id, sort_by_parameter_order=True)
    rows = [resident_values(authority_id, person, now) for person in people]
    ids = list(db.scalars(statement, rows))
    names = zip(ids, (str(row["name"]) for row in rows), strict=True)
    tokens = [one for id_, name in names for one in name_token_rows(authority_id, id_, name)]
    if tokens:
        connection_of(db).execute(table_of(ResidentNameToken).insert(), tokens)
    return ids
