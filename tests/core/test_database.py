"""Units of work, instants, and connections that survive a restart of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core.connections import CLEANUP, IDLE_SECONDS
from core.database import Database, UtcDateTime, is_reachable, is_up_to_date
from core.deadlines import time_limit
from locations.tables import Authority
from tests.support.factories import make_authority


def test_a_unit_of_work_commits_whole_or_not_at_all(database: Database) -> None:
    def breaks_in_the_middle() -> None:
        with database.writing() as db:
            db.add(Authority(slug="half", name="Half", reminder_plan=[]))
            db.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        breaks_in_the_middle()
    make_authority(database, "whole")
    with database.reading() as db:
        assert db.scalars(select(Authority.slug)).all() == ["whole"]


def test_an_instant_comes_back_aware_in_utc(database: Database) -> None:
    summer = datetime(2026, 7, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with database.reading() as db:
        value = db.scalar(select(literal(summer, UtcDateTime)))
    assert value == summer
    assert value is not None
    assert value.tzinfo is UTC


def test_a_naive_datetime_is_refused(database: Database) -> None:
    with database.reading() as db, pytest.raises(Exception, match="naive"):
        db.scalar(select(literal(datetime(2026, 7, 1), UtcDateTime)))  # noqa: DTZ001 (that is what is refused)


def test_a_fresh_database_answers_and_is_up_to_date(database: Database) -> None:
    assert is_reachable(database)
    assert is_up_to_date(database)


def test_a_connection_that_died_while_idle_costs_nobody_a_booking(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    with database.reading() as db:
        victim = db.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [victim])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [victim]).fetchone():
            pass
    monkeypatch.setattr("core.connections.IDLE_SECONDS", 0.0)
    assert IDLE_SECONDS > 0
    assert is_reachable(database)
    database.dispose()


LIMITS_IN_FORCE = text(
    "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), "
    "current_setting('idle_in_transaction_session_timeout')"
)


@pytest.mark.databases("postgresql")
def test_each_kind_of_transaction_has_its_own_limits(database: Database) -> None:
    with database.reading() as db:
        assert tuple(db.execute(LIMITS_IN_FORCE).one()) == ("5s", "6s", "8s")
    with database.writing(CLEANUP) as db:
        assert tuple(db.execute(LIMITS_IN_FORCE).one()) == ("5s", "5min", "1min")
    with database.writing_in_turn() as db:
        assert tuple(db.execute(LIMITS_IN_FORCE).one()) == ("10s", "1h", "1h")
    with database.writing() as db:
        assert tuple(db.execute(LIMITS_IN_FORCE).one()) == ("5s", "6s", "8s")


@pytest.mark.databases("postgresql")
def test_a_statement_is_cut_when_its_request_has_no_time_left(database: Database) -> None:
    assert is_reachable(database)  # it is connected
    with pytest.raises(OperationalError, match="gave no answer"), time_limit(0.2), database.reading() as db:
        db.execute(text("SELECT pg_sleep(5)"))
    assert is_reachable(database)


def test_a_parameter_of_the_address_wins(postgres_url: str) -> None:
    database = Database(
        make_url(postgres_url).update_query_dict({"options": "-c lock_timeout=2s"}).render_as_string(False)
    )
    with database.reading() as db:
        assert db.execute(LIMITS_IN_FORCE).one()[0] == "2s"
    database.dispose()
