"""Administrative commands that are started together take turns: each ends well, and it is as if they had run in order."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from booking.use_cases.import_locations import import_file
from core.audit import Actor
from core.database import Database, is_up_to_date
from people.staff.tables import StaffMember
from tests.support.factories import make_authority, make_runtime
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PLAN = (ROOT / "demo" / "oldham.toml").read_bytes()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"front_door_empty_{secrets.token_hex(4)}"
    libpq = make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(libpq, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.url.set(database=name).render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def flask_at_once(times: int, url: str, *arguments: str, **settings: str) -> list[tuple[int, str]]:
    """Exit status and what was written, for each of so many processes of one command that start together."""
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": "a secret for tests " * 3,
        "FRONT_DOOR_DEMO": "1",
        **settings,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(times)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in started]
    return [(process.returncode, output) for process, output in zip(started, outputs, strict=True)]


def test_migrations_of_an_empty_database_take_turns(empty_url: str) -> None:
    results = flask_at_once(2, empty_url, "migrate")
    assert [status for status, _ in results] == [0, 0], results
    database = Database(empty_url)
    assert is_up_to_date(database)
    database.dispose()


def test_a_member_of_staff_who_is_added_twice_at_once_is_there_once(database: Database, database_url: str) -> None:
    make_authority(database)
    added = ("staff", "add", "--email", "jane@example.org", "--role", "triage_agent", "--authority", "testshire")
    results = flask_at_once(2, database_url, *added, STAFF_PASSWORD="three random words")
    assert [status for status, _ in results] == [0, 0], results
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(StaffMember)) == 1


def test_imports_of_one_file_take_turns(database: Database) -> None:
    runtime = make_runtime(database)
    with ThreadPoolExecutor(3) as pool:
        tries = [pool.submit(import_file, runtime, PLAN, actor=Actor.system()) for _ in range(3)]
        changes = [one.result().changes for one in tries]
    assert sorted(one.are_none for one in changes) == [False, True, True]
