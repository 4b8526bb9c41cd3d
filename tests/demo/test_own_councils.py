"""The demo and real councils stay apart: neither is loaded into, or started on, the other's database."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from core.database import Database
from core.errors import ConfigurationError
from core.settings import Settings
from demo.own_councils import check_database
from locations.tables import Authority
from people.staff.tables import StaffMember
from tests.support.factories import NOW, make_appointment, make_authority, make_runtime, make_world
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
LOADS: tuple[list[str], ...] = ([], ["--sites", "1", "--resources", "1", "--days", "1"])


def runner_of(settings: Settings, database: Database, *, is_demo: bool = False) -> FlaskCliRunner:
    """The command line of a service for people, or of the demo."""
    app = create_app(replace(settings, is_test=False, is_demo=is_demo), database)
    return app.test_cli_runner()


def make_own_council(database: Database, *, has_people: bool) -> None:
    """A council that is not the demo's."""
    world = make_world(database)
    with database.writing() as db:
        db.get_one(Authority, world.authority_id).is_demo = False
    if has_people:
        make_appointment(make_runtime(database), world, NOW + timedelta(hours=2))


@pytest.mark.slow
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("arguments", LOADS)
def test_an_empty_database_is_loaded_without_a_question(
    settings: Settings, database: Database, arguments: list[str]
) -> None:
    result = runner_of(settings, database).invoke(args=["demo", "load", *arguments])
    assert result.exit_code == 0, result.output
    with database.reading() as db:
        assert set(db.scalars(select(Authority.is_demo))) == {True}


@pytest.mark.parametrize("is_demo", [False, True])
@pytest.mark.parametrize("arguments", LOADS)
def test_nothing_is_loaded_beside_a_council_that_is_not_the_demos(
    settings: Settings, database: Database, arguments: list[str], *, is_demo: bool
) -> None:
    runner = runner_of(settings, database, is_demo=is_demo)
    make_own_council(database, has_people=True)
    result = runner.invoke(args=["demo", "load", *arguments])
    assert result.exit_code == 1
    assert "nothing was loaded" in result.output
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(StaffMember)) == 0
        assert db.scalars(select(Authority.slug)).all() == ["testshire"]


def test_the_demo_does_not_start_on_a_database_with_people_of_other_councils(
    settings: Settings, database: Database
) -> None:
    in_demo = replace(settings, is_test=False, is_demo=True)
    make_own_council(database, has_people=False)
    check_database(in_demo, database)
    world = make_world(database, slug="otherton")
    make_appointment(make_runtime(database), world, NOW + timedelta(hours=2))
    check_database(in_demo, database)
    with database.writing() as db:
        db.get_one(Authority, world.authority_id).is_demo = False
    with pytest.raises(ConfigurationError, match="people of other councils: otherton"):
        create_app(in_demo, database)
    create_app(replace(in_demo, is_demo=False), database)


def test_a_council_without_people_that_is_tried_in_the_demo_becomes_the_demos(
    settings: Settings, database: Database
) -> None:
    """An own file, imported before `make run`; the demo starts on it, takes bookings, and starts again."""
    make_own_council(database, has_people=False)
    runner = runner_of(settings, database, is_demo=True)
    result = runner.invoke(args=["demo", "load", "--if-empty"])
    assert result.output == "The database is not empty: nothing was loaded.\n"
    with database.reading() as db:
        assert db.scalars(select(Authority.is_demo)).all() == [True]


def test_outside_the_demo_no_council_becomes_the_demos(settings: Settings, database: Database) -> None:
    make_authority(database, "anytown", is_demo=False)
    runner_of(settings, database).invoke(args=["demo", "load", "--if-empty"])
    with database.reading() as db:
        assert db.scalars(select(Authority.is_demo)).all() == [False]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "command", [["gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"], ["flask", "--app", "wsgi", "routes"]]
)
def test_every_start_says_so_in_words(database: Database, database_url: str, command: list[str]) -> None:
    make_own_council(database, has_people=True)
    environ = {"DATABASE_URL": database_url, "FRONT_DOOR_DEMO": "1", "SECRET_KEY": "given"}
    started = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | environ,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert started.returncode
    assert "people of other councils: testshire" in started.stderr
    assert "Traceback" not in started.stderr
