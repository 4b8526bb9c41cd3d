"""Fixtures for every test. The parts are in tests/support/."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from core.clock import FixedClock
from core.database import Database
from core.garbage import collect_garbage_seldom
from core.settings import Settings
from tests.support.cheap import (
    cheap_passwords,
    cookies_by_path,
    shared_routes,
    shared_statements,
    shared_templates,
)
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.sockets import only_this_machine
from tests.support.sqlite import SqliteTemplate

pytest_plugins = ["tests.support.journeys", "tests.support.council"]

BOTH = ("sqlite", "postgresql")
MARKS: dict[str, list[pytest.MarkDecorator]] = {"sqlite": [], "postgresql": [pytest.mark.postgresql]}

# No test is judged by how long it took: machines differ, and others may be using this one.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# A Monday in winter, when London and UTC agree.
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="session")
def _stay_on_this_machine() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.fixture(autouse=True, scope="session")
def _prepare_once() -> Iterator[None]:
    """What applications and databases have in common is compiled once; passwords and writes cost little."""
    with shared_templates(), shared_routes(), shared_statements(), cheap_passwords(), cookies_by_path():
        yield


@pytest.fixture(autouse=True, scope="session")
def _count_in_one_go() -> Iterator[None]:
    """A preview counts all its weeks at once, however slow the machine is; counting in steps has a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.manage.set_up_proposals.SECONDS", 600)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full-faults` is what `make faults` gives."""
    parser.addoption("--full-faults", action="store_true", help="run the fault tests at their full length")
    parser.addoption("--every-value", action="store_true", help="try every bad value in every field")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses `database_url` on both databases, or on those that its nearest `databases` mark names."""
    if "database_url" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("databases")
        names = mark.args if mark else BOTH
        metafunc.parametrize("database_url", [pytest.param(name, marks=MARKS[name]) for name in names], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL server or a browser by its fixtures, so that `make test-fast` leaves it out."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "postgres" in fixtures:
            item.add_marker(pytest.mark.postgresql)
        if "browser" in fixtures:
            item.add_marker(pytest.mark.journey)


def pytest_collection_finish() -> None:
    """All that the tests import is there."""
    collect_garbage_seldom()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file to copy."""
    return SqliteTemplate.migrated(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with a migrated template."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def sqlite_url(sqlite_template: SqliteTemplate, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    return sqlite_template.copy_to(tmp_path)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database: the same test runs on SQLite and on PostgreSQL, unless a `databases` mark names one."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database of this test."""
    database = Database(database_url)
    database.secret_keys = ("for-tests-only",)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """Monday 23 November 2026, 09:00, until the test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a test."""
    return Settings(database_url=database_url, secret_key="a secret for tests", is_test=True, undo_seconds=0)


@pytest.fixture
def app(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    """The whole application, of a council that has no provider of texts and letters."""
    from reminders.recipients import CHANNELS, WITHOUT_PROVIDERS
    from wsgi import create_app

    made = create_app(settings, database=database, clock=clock)
    database.facts[CHANNELS] = WITHOUT_PROVIDERS
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without a browser."""
    return app.test_client()


@pytest.fixture
def every_value(request: pytest.FixtureRequest) -> bool:
    """Whether every bad value is tried in every field, where fields that are alike take turns otherwise."""
    return bool(request.config.getoption("--every-value"))


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs the application's commands."""
    return app.test_cli_runner()
