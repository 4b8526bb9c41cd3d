"""Everything that a database holds, kept and written back: a test goes back in time instead of the whole way once more."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import delete, event, text
from sqlalchemy.engine import make_url

from core.database import Base, Database
from tests.support.loading import Rows, move_sequences, write_rows

Restore = Callable[[], None]
WRITES = re.compile(r'\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(\w+)', re.IGNORECASE)
CHECKED = 20  # one in so many times that tables are written back, the others are looked at too


class Snapshots:
    """Keeps what `database` holds, and says cheaply whether anybody has written since."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = make_url(database.url).database or ""
        self._file = sqlite3.connect(self._path) if database.is_sqlite else None
        self._written = None if database.is_sqlite else Written()
        self._restored = 0
        if self._written:
            self._written.watch(database)

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
        written = self._written
        assert written is not None
        with self._database.reading() as db, _cursor(db) as cursor:
            kept = {table.name: _copied(cursor, table.name) for table in Base.metadata.sorted_tables}
        written.begin(kept)

        def restore() -> None:
            names = written.since(kept)
            tables = [table for table in Base.metadata.sorted_tables if table.name in names]
            with self._database.writing() as db, _cursor(db) as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")  # no other table is looked at
                if tables:
                    cursor.execute("; ".join(f"DELETE FROM {table.name}" for table in tables))
                for table in tables:
                    if kept[table.name]:
                        with cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                            copy.write(kept[table.name])
                move_sequences(db, [table for table in tables if kept[table.name]])
            written.begin(kept)
            self._restored += 1
            if self._restored % CHECKED == 0:
                with self._database.reading() as db, _cursor(db) as cursor:
                    wrong = {name for name, rows in kept.items() if _lines(_copied(cursor, name)) != _lines(rows)}
                assert not wrong, f"written to unnoticed: {wrong}"

        return restore


@dataclass
class Written:
    """The tables of a PostgreSQL database that anybody wrote to since it held certain rows."""

    tables: set[str] = field(default_factory=set)
    held: Mapping[str, bytes] = field(default_factory=dict)

    def watch(self, database: Database) -> None:
        """Note from now on what this database is told to write."""
        event.listen(database.engine, "before_cursor_execute", self._note)

    def begin(self, held: Mapping[str, bytes]) -> None:
        """The database holds these rows now."""
        self.tables.clear()
        self.held = held

    def since(self, wanted: Mapping[str, bytes]) -> set[str]:
        """The tables that do not, or perhaps do not, hold what is wanted."""
        return self.tables | {name for name, rows in wanted.items() if self.held.get(name) != rows}

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        for verb, name in WRITES.findall(statement):
            self.tables.add(name)
            if verb.upper().startswith("DELETE"):
                self.tables |= _deleted_with(name)


@cache
def _deleted_with(name: str) -> frozenset[str]:
    """The tables whose rows a deletion in this one may take along or empty in a column, at whatever remove."""
    found, new = set[str](), {name}
    while new:
        found |= new
        new = {
            table.name
            for table in Base.metadata.sorted_tables
            for key in table.foreign_keys
            if key.ondelete and key.column.table.name in new
        } - found
    return frozenset(found)


def _lines(rows: bytes) -> list[bytes]:
    return sorted(rows.splitlines())


def _cursor(db: Any) -> Any:
    return db.connection().connection.cursor()


def _copied(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)
