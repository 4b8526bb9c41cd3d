"""Rows that count who was turned away: one more, one less where it was a mistake, and what was counted in a period."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.missing.missing_counts import MissingCount, MissingKey
from booking.missing.tables import MissingDocumentCount
from core.database import connection_of, table_of

_counts = table_of(MissingDocumentCount)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert(_counts), "postgresql": postgresql.insert(_counts)}


def count_missing(db: Session, keys: Iterable[MissingKey], by: int) -> None:
    """So many more of each, or less. They are written in one order: two who count wait for each other at the most."""
    insert = _INSERT[db.get_bind().dialect.name]
    more = insert.on_conflict_do_update(
        index_elements=[column.name for column in _counts.primary_key],
        set_={"number": _counts.c.number + insert.excluded.number},
    )
    for key in sorted(keys):
        connection_of(db).execute(more, {**asdict(key), "number": by})


def missing_counts(
    db: Session, authority_id: int, sites: Collection[str], first: date, last: date
) -> list[MissingCount]:
    """What was counted at these sites from `first` to `last`, the latest day first."""
    columns = [getattr(_counts.c, name) for name in ("day", "site", "service", "document", "number")]
    statement = (
        select(*columns)
        .where(_counts.c.authority_id == authority_id, _counts.c.site.in_(sites), _counts.c.number > 0)
        .where(_counts.c.day.between(first, last))
        .order_by(_counts.c.day.desc(), *columns[1:4])
    )
    return [MissingCount(*row) for row in db.execute(statement)]
