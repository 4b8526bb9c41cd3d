"""A connection that dies costs nobody a booking; where nobody can know whether it was done, the answer says so."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.faults.database_proxy import DatabaseProxy, proxied
from tests.support.factories import NOW, make_world
from wsgi import create_app

END_WHO_WAITS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
SETTINGS = Settings(secret_key="a secret for tests", is_test=True)


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[DatabaseProxy]:
    with proxied(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def direct(postgres_url: str) -> Iterator[Database]:
    """The database, past the proxy."""
    database = Database(postgres_url)
    yield database
    database.dispose()


@pytest.fixture
def through_proxy(proxy: DatabaseProxy) -> Iterator[Flask]:
    database = Database(proxy.url)
    app = create_app(SETTINGS, database=database, clock=FixedClock(NOW))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    database.dispose()


@pytest.fixture
def program(through_proxy: Flask, direct: Database) -> Program:
    key = key_for(direct, make_world(direct, desks=3).authority_id, FixedClock(NOW), "read", "book")
    return program_with(through_proxy, key)


def booked(direct: Database) -> int:
    with direct.reading() as db:
        return db.scalar(select(func.count()).select_from(Appointment)) or 0


def body(slot: str) -> dict[str, object]:
    return {"slot": slot, "resident": {"name": "Robin Sample"}}


def test_connections_that_died_in_the_pool_cost_nobody_anything(
    program: Program, proxy: DatabaseProxy, direct: Database
) -> None:
    slots = [one["slot"] for one in program.slots()]
    for slot in slots[:10]:
        proxy.reset()
        assert program.post("/appointments", body(slot)).status_code == 201
        proxy.reset()
        assert program.get("/services").status_code == 200
    assert booked(direct) == 10


def test_a_connection_that_dies_in_the_middle_is_retried_unseen(program: Program, direct: Database) -> None:
    """The booking waits for a lock when its backend is ended; its second try finds the table free."""
    slot = program.slots()[0]["slot"]
    with ThreadPoolExecutor(1) as pool, direct.engine.connect() as holder:
        holder.execute(text("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE"))
        answer = pool.submit(program.post, "/appointments", body(slot), Idempotency_Key="one")
        with direct.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as killer:
            while not killer.execute(END_WHO_WAITS).first():
                pass
        holder.rollback()
        assert answer.result().status_code == 201
    assert booked(direct) == 1


@pytest.mark.parametrize("where", ["cut_before_commit", "cut_after_commit"])
def test_at_commit_the_key_finds_the_answer(
    program: Program, proxy: DatabaseProxy, direct: Database, where: str
) -> None:
    slots = [one["slot"] for one in program.slots()]
    for number, slot in enumerate(slots[:5], start=1):
        setattr(proxy, where, 1)
        first = program.post("/appointments", body(slot), Idempotency_Key=slot)
        assert getattr(proxy, where) == 0
        again = program.post("/appointments", body(slot), Idempotency_Key=slot)
        assert (first.status_code, again.data) == (201, first.data)
        assert booked(direct) == number


@pytest.mark.parametrize(("where", "count"), [("cut_before_commit", 0), ("cut_after_commit", 1)])
def test_without_a_key_the_answer_is_that_nobody_knows(
    program: Program, proxy: DatabaseProxy, direct: Database, where: str, count: int
) -> None:
    slot = program.slots()[0]["slot"]
    setattr(proxy, where, 1)
    answer = program.post("/appointments", body(slot))
    problem = assert_problem(answer, 503, "unavailable")
    assert "We do not know whether this was done" in problem["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert booked(direct) == count
