"""`migrate --to`: to a named revision, forward and backward."""

from __future__ import annotations

import logging
import runpy
from types import SimpleNamespace

import pytest
from alembic.script import ScriptDirectory
from flask.testing import FlaskCliRunner
from sqlalchemy import inspect

from core.database import Database, alembic_config, is_up_to_date
from core.settings import ROOT


def previous_revision() -> str:
    head = next(ScriptDirectory.from_config(alembic_config("")).walk_revisions())
    assert isinstance(head.down_revision, str)
    return head.down_revision


def migrate(runner: FlaskCliRunner, database: Database, *arguments: str) -> str:
    database.dispose()
    result = runner.invoke(args=["migrate", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_it_goes_back_to_a_revision_and_forward_again(runner: FlaskCliRunner, database: Database) -> None:
    older = previous_revision()
    assert f"is at {older}" in migrate(runner, database, "--to", older)
    assert not is_up_to_date(database)
    migrate(runner, database, "--to", older)
    assert not is_up_to_date(database)
    assert "is up to date" in migrate(runner, database)
    assert is_up_to_date(database)
    migrate(runner, database, "--to", "head")
    assert is_up_to_date(database)


def test_it_goes_back_to_nothing(runner: FlaskCliRunner, database: Database) -> None:
    migrate(runner, database, "--to", "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate(runner, database)
    assert is_up_to_date(database)


@pytest.mark.databases("sqlite")
def test_a_revision_that_does_not_exist_is_named(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["migrate", "--to", "nonsense"])
    assert result.exit_code == 2
    assert "There is no revision 'nonsense'" in result.output


def test_the_server_says_at_its_start_that_the_database_is_of_another_version(
    runner: FlaskCliRunner, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (("DATABASE_URL", database.url), ("SECRET_KEY", "a secret for tests" * 3)):
        monkeypatch.setenv(name, value)
    started = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["on_starting"]
    server = SimpleNamespace(log=logging.getLogger("gunicorn.error"))
    started(server)
    assert caplog.text == ""
    migrate(runner, database, "--to", previous_revision())
    started(server)
    assert "Run `flask --app wsgi migrate`" in caplog.text
