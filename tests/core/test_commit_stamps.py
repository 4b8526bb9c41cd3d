"""A stamp of the database is another one after each commit, whoever commits; nothing else that matters changes it."""

from __future__ import annotations

import subprocess
import sys

from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.database import Database

WRITE = "INSERT INTO rate_limit_hits (key, times, count, expires_at) VALUES ('{}', '[]', 1, '2026-11-26 00:00:00')"
DRIVERS = {
    "sqlite": "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()",
    "postgresql": "import psycopg, sys; db = psycopg.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()",
}


def commit_elsewhere(database: Database) -> None:
    """Commit a row from another process."""
    url = make_url(database.url)
    plain = url.database if database.is_sqlite else url.set(drivername="postgresql").render_as_string(False)
    driver = DRIVERS[url.get_backend_name()]
    subprocess.run([sys.executable, "-c", driver, plain or "", WRITE.format("elsewhere")], check=True)


def test_a_stamp_changes_with_each_commit_of_this_process_and_of_others(database: Database) -> None:
    first = database.commit_stamp()
    with database.reading() as db:
        db.execute(text("SELECT count(*) FROM rate_limit_hits"))
    if database.is_sqlite:  # in PostgreSQL the cluster may have other databases
        assert database.commit_stamp() == first
    with database.writing() as db:
        db.execute(text(WRITE.format("here")))
    second = database.commit_stamp()
    commit_elsewhere(database)
    third = database.commit_stamp()
    assert len({first, second, third}) == 3


def test_what_is_not_yet_committed_changes_a_stamp_again_when_it_is(database: Database) -> None:
    with database.writing() as db:
        db.execute(text(WRITE.format("here")))
        meanwhile = database.commit_stamp()
    assert database.commit_stamp() != meanwhile


def test_a_stamp_of_before_is_not_one_of_after_the_connections_were_closed(database: Database) -> None:
    before = database.commit_stamp()
    database.dispose()
    with database.writing() as db:
        db.execute(text(WRITE.format("here")))
    assert database.commit_stamp() != before
