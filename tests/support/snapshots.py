"""Everything that a database holds, kept and written back: a test goes back in time instead of the whole way once more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.engine import make_url

from core.database import Base, Database
from tests.support.loading import Rows, move_sequences, write_rows

Restore = Callable[[], None]


class Snapshots:
    """Keeps what `database` holds, and says cheaply whether anybody has written since."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = make_url(database.url).database or ""
        self._file = sqlite3.connect(self._path) if database.is_sqlite else None

    def version(self) -> object:
        """Another value after each write of another connection."""
        if self._file:
            return self._file.execute("PRAGMA data_version").fetchone()
        with self._database.reading() as db:
            return db.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))

    def keep(self) -> Restore:
        """What the database holds now, as a function that writes it back."""
        return self._keep_file(self._file) if self._file else self._keep_tables()

    def write(self, rows: Rows) -> None:
        """Make the database hold these rows and no others."""
        with self._database.writing() as db:
            for table in reversed(Base.metadata.sorted_tables):
                db.execute(delete(table))
        write_rows(self._database, rows)

    def close(self) -> None:
        """Close the connection to a SQLite file."""
        if self._file:
            self._file.close()

    def _keep_file(self, file: sqlite3.Connection) -> Restore:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        file.backup(kept)

        def restore() -> None:
            with closing(sqlite3.connect(self._path)) as other:  # `file` does not count its own writes
                other.execute("PRAGMA synchronous = OFF")
                kept.backup(other)

        return restore

    def _keep_tables(self) -> Restore:
        tables = Base.metadata.sorted_tables
        empty = "; ".join(f"DELETE FROM {table.name}" for table in reversed(tables))
        with self._database.reading() as db, _cursor(db) as cursor:
            copies = [(table, _copied(cursor, table.name)) for table in tables]
        filled = [(table, copied) for table, copied in copies if copied]

        def restore() -> None:
            with self._database.writing() as db, _cursor(db) as cursor:
                cursor.execute(empty)
                for table, copied in filled:
                    with cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                        copy.write(copied)
                move_sequences(db, [table for table, _ in filled])

        return restore


def _cursor(db: Any) -> Any:
    return db.connection().connection.cursor()


def _copied(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)
