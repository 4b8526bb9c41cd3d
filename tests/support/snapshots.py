"""Everything that a database holds, kept and written back: a test goes back in time instead of the whole way once more.

Only what was written to since is read and written back. Once in a while everything is compared, so that a write that went
unnoticed fails the test.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from sqlalchemy import delete, event, insert, select, text
from sqlalchemy.engine import make_url

from core.database import Base, Database
from tests.support.loading import Rows, move_sequences

Restore = Callable[[], None]
Kept = Mapping[str, Any]
"""What each table holds, by its name, in the form of its kind of database."""

WRITES = re.compile(
    r'\b(INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(\w+)', re.IGNORECASE
)
CHECKED = 20  # one in so many times that tables are kept or written back, the others are looked at too


class Tables(Protocol):
    """The tables of one kind of database, read and written as a whole and as cheaply as it can."""

    def version(self) -> object: ...
    def read(self, names: Collection[str]) -> dict[str, Any]: ...
    def write(self, contents: Kept) -> None: ...
    def are_equal(self, one: Any, other: Any) -> bool: ...
    def close(self) -> None: ...


class Snapshots:
    """Keeps what `database` holds, and says cheaply whether anybody has written since."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: Tables = SqliteTables(database) if database.is_sqlite else PostgresTables(database)
        self._written = Written()
        self._written.watch(database)
        self._times = 0
        self._rows: dict[str, tuple[Any, list[dict[str, Any]]]] = {}  # as they were read, and from what
        self._copied: tuple[Kept, dict[str, list[dict[str, Any]]]] | None = None

    def version(self) -> object:
        """Another value after each write of another connection."""
        return self._tables.version()

    def keep(self) -> Restore:
        """What the database holds now, as a function that writes it back."""
        held = self._written.held
        names = self._written.tables if held else _names()
        kept = {**held, **self._tables.read(names)}
        self._written.begin(kept)
        self._check_sometimes(kept)
        return lambda: self._restore(kept)

    def rows(self) -> Rows:
        """What the database holds now; a table that was not written to is not read again. They are not to be changed."""
        found: Rows = []
        with self._database.reading() as db:
            for table in Base.metadata.sorted_tables:
                name, held = table.name, self._written.held.get(table.name)
                known = self._rows.get(name)
                if known is None or known[0] is not held or name in self._written.tables:
                    known = held, [dict(row) for row in db.execute(select(table)).mappings()]
                if held is not None and name not in self._written.tables:
                    self._rows[name] = known
                if known[1]:
                    found.append((table, known[1]))
        return found

    def copy(self, rows: Rows) -> Restore:
        """Make the database hold these rows and no others; what writes them again.

        What it has from the last time is not written again. On PostgreSQL no foreign key is looked at meanwhile.
        """
        wanted = {table.name: values for table, values in rows}
        changed = set(_names())
        if self._copied and not self._database.is_sqlite:
            kept, last = self._copied
            self._restore(kept)
            changed = {name for name in changed if wanted.get(name) != last.get(name)}
        with self._database.writing() as db:
            if not self._database.is_sqlite:
                db.execute(text("SET LOCAL session_replication_role = replica"))
            tables = [table for table in Base.metadata.sorted_tables if table.name in changed]
            for table in reversed(tables):
                db.execute(delete(table))
            for table in tables:
                if table.name in wanted:
                    db.execute(insert(table), wanted[table.name])
            if not self._database.is_sqlite:
                move_sequences(db, [table for table in tables if table.name in wanted])
        restore = self.keep()
        self._copied = self._written.held, wanted
        return restore

    def close(self) -> None:
        """Close what is open."""
        self._tables.close()

    def _restore(self, kept: Kept) -> None:
        self._tables.write({name: kept[name] for name in self._written.since(kept)})
        self._written.begin(kept)
        self._check_sometimes(kept)

    def _check_sometimes(self, kept: Kept) -> None:
        self._times += 1
        if self._times % CHECKED == 0:
            there = self._tables.read(_names())
            wrong = {name for name, rows in kept.items() if not self._tables.are_equal(there[name], rows)}
            assert not wrong, f"written to unnoticed: {wrong}"


class SqliteTables:
    """The tables of a file, as the driver's tuples. No foreign key is looked at, as when a whole file is copied."""

    def __init__(self, database: Database) -> None:
        path = make_url(database.url).database or ""
        self._watching = sqlite3.connect(path)  # it does not count its own writes, and so never writes
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")

    def version(self) -> object:
        return self._watching.execute("PRAGMA data_version").fetchone()

    def read(self, names: Collection[str]) -> dict[str, Any]:
        self._file.execute("BEGIN")
        contents = {name: self._file.execute(f"SELECT * FROM {name} NOT INDEXED").fetchall() for name in names}
        self._file.execute("COMMIT")
        return contents

    def write(self, contents: Kept) -> None:
        self._file.execute("BEGIN IMMEDIATE")
        for name, rows in contents.items():
            self._file.execute(f"DELETE FROM {name}")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._file.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        self._file.execute("COMMIT")

    def are_equal(self, one: Any, other: Any) -> bool:
        return bool(one == other)

    def close(self) -> None:
        self._watching.close()
        self._file.close()


class PostgresTables:
    """The tables of a PostgreSQL database, as the lines of COPY."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> object:
        with self._database.reading() as db:
            return db.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))

    def read(self, names: Collection[str]) -> dict[str, Any]:
        with self._database.reading() as db, closing(_cursor(db)) as cursor:
            return {name: _copied(cursor, name) for name in names}

    def write(self, contents: Kept) -> None:
        if not contents:
            return
        with self._database.writing() as db, closing(_cursor(db)) as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no other table is looked at
            cursor.execute("; ".join(f"DELETE FROM {name}" for name in contents))
            filled = {name: rows for name, rows in contents.items() if rows}
            for name, rows in filled.items():
                with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(rows)
            move_sequences(db, [Base.metadata.tables[name] for name in filled])

    def are_equal(self, one: Any, other: Any) -> bool:
        return sorted(one.splitlines()) == sorted(other.splitlines())

    def close(self) -> None:
        """It has nothing of its own."""


@dataclass
class Written:
    """The tables of a database that anybody wrote to since it held certain rows."""

    tables: set[str] = field(default_factory=set)
    held: Kept = field(default_factory=dict)

    def watch(self, database: Database) -> None:
        """Note from now on what this database is told to write."""
        event.listen(database.engine, "before_cursor_execute", self._note)

    def begin(self, held: Kept) -> None:
        """The database holds these rows now."""
        self.tables.clear()
        self.held = held

    def since(self, wanted: Kept) -> set[str]:
        """The tables that do not, or perhaps do not, hold what is wanted."""
        held = self.held
        return self.tables | {
            name for name, rows in wanted.items() if held.get(name) is not rows and held.get(name) != rows
        }

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.tables |= _written_by(statement)


@cache
def _written_by(statement: str) -> frozenset[str]:
    """The tables that a statement writes to, and those that a deletion in one takes along."""
    written: set[str] = set()
    for verb, name in WRITES.findall(statement):
        written.add(name)
        if verb.upper().startswith(("DELETE", "REPLACE")):
            written |= _deleted_with(name)
    return _names() & written


@cache
def _names() -> frozenset[str]:
    return frozenset(Base.metadata.tables)


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


def _cursor(db: Any) -> Any:
    return db.connection().connection.cursor()


def _copied(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)
