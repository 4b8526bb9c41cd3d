"""Rows that count searches which ended without an appointment: so many more, and how many in a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.searches.search_ends import SearchCount, SearchEnd
from booking.searches.tables import CountedSearch
from core.database import connection_of, table_of

_counted = table_of(CountedSearch)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert(_counted), "postgresql": postgresql.insert(_counted)}


def add_searches(db: Session, ends: Mapping[SearchEnd, int]) -> None:
    """So many more of each. They are written in one order, so that two who count wait for each other at the most."""
    insert = _INSERT[db.get_bind().dialect.name]
    more = insert.on_conflict_do_update(
        index_elements=[column.name for column in _counted.primary_key],
        set_={"number": _counted.c.number + insert.excluded.number},
    )
    for end in sorted(ends, key=astuple):
        connection_of(db).execute(more, {**asdict(end), "number": ends[end]})


def search_counts(db: Session, authority_id: int, first: date, last: date) -> list[SearchCount]:
    """What was counted from `first` to `last`, the latest day first."""
    columns = [getattr(_counted.c, name) for name in ("day", "service", "site", "reason", "channel", "number")]
    statement = (
        select(*columns)
        .where(_counted.c.authority_id == authority_id, _counted.c.day.between(first, last))
        .order_by(_counted.c.day.desc(), *columns[1:5])
    )
    return [SearchCount(*row) for row in db.execute(statement)]
