"""What a test needs in its database, made once in a run and then copied: the same ids, rows and result every time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from booking.events import appointment_changed
from core.database import Base, Database, table_of
from locations.tables import Authority

Values = ParamSpec("Values")
Result = TypeVar("Result")
Rows = list[tuple[Table, list[dict[str, Any]]]]


def made_once(make: Callable[Concatenate[Database, Values], Result]) -> Callable[Concatenate[Database, Values], Result]:
    """`make`, which fills a store, as a function that does its work only once for each kind of database and values.

    The first call keeps the rows; later ones write them into an empty database and return what the first returned,
    which must be immutable. A database that holds an authority already is filled in the ordinary way.
    """
    kept: dict[tuple[bool, bool, str], tuple[Result, Rows]] = {}

    @wraps(make)
    def copy_or_make(database: Database, /, *args: Values.args, **values: Values.kwargs) -> Result:
        if not _is_empty(database):
            return make(database, *args, **values)
        # A booking that is announced to reminders owes messages, which are rows too.
        key = (database.is_sqlite, bool(appointment_changed.receivers), repr((args, values)))
        if key in kept:
            result, rows = kept[key]
            write_rows(database, rows)
        else:
            result = make(database, *args, **values)
            kept[key] = (result, rows_of(database))
        return result

    return copy_or_make


def _is_empty(database: Database) -> bool:
    with database.reading() as db:
        return db.scalar(select(table_of(Authority).c.id).limit(1)) is None


def rows_of(database: Database) -> Rows:
    with database.reading() as db:
        every = [(table, db.execute(select(table)).mappings().all()) for table in Base.metadata.sorted_tables]
    return [(table, [dict(row) for row in rows]) for table, rows in every if rows]


def write_rows(database: Database, rows: Rows) -> None:
    with database.writing() as db:
        for table, values in rows:
            db.execute(insert(table), values)
        if not database.is_sqlite:
            move_sequences(db, [table for table, _ in rows])


def move_sequences(db: Session, tables: list[Table]) -> None:
    """Let PostgreSQL count on from the ids that were written."""
    counted = [(table.name, table.autoincrement_column) for table in tables]
    last = [
        func.setval(func.pg_get_serial_sequence(name, column.name), select(func.max(column)).scalar_subquery())
        for name, column in counted
        if column is not None and column.name == "id"
    ]
    if last:
        db.execute(select(*last))
