"""Units of work, instants, and connections that survive a restart of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import literal, select, text

from core.database import IDLE_SECONDS, Instant, Store, answers, is_up_to_date
from locations.tables import Authority
from tests.support.factories import make_authority


def test_a_unit_of_work_commits_whole_or_not_at_all(store: Store) -> None:
    def breaks_in_the_middle() -> None:
        with store.writing() as session:
            session.add(Authority(slug="half", name="Half", reminder_plan=[]))
            session.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        breaks_in_the_middle()
    make_authority(store, "whole")
    with store.reading() as session:
        assert session.scalars(select(Authority.slug)).all() == ["whole"]


def test_an_instant_comes_back_aware_in_utc(store: Store) -> None:
    summer = datetime(2026, 7, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with store.reading() as session:
        value = session.scalar(select(literal(summer, Instant)))
    assert value == summer
    assert value is not None
    assert value.tzinfo is UTC


def test_a_naive_datetime_is_refused(store: Store) -> None:
    with store.reading() as session, pytest.raises(Exception, match="naive"):
        session.scalar(select(literal(datetime(2026, 7, 1), Instant)))  # noqa: DTZ001 (that is what is refused)


def test_a_fresh_database_answers_and_is_up_to_date(store: Store) -> None:
    assert answers(store)
    assert is_up_to_date(store)


def test_a_connection_that_died_while_idle_costs_nobody_a_booking(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(postgres_url)
    with store.reading() as session:
        victim = session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [victim])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [victim]).fetchone():
            pass
    monkeypatch.setattr("core.database.IDLE_SECONDS", 0.0)
    assert IDLE_SECONDS > 0
    assert answers(store)
    store.dispose()
