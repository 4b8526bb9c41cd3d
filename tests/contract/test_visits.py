"""The day itself for programs: arrivals, walk-ins, calls, waits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.audit import AuditEntry
from core.clock import FixedClock
from core.database import Database
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World, make_world

HERE = "/sites/high-street"
DESKS, PEOPLE = 8, 20


@pytest.fixture
def world(database: Database) -> World:
    """A library with eight desks, all of which do everything."""
    return make_world(database, desks=DESKS)


@pytest.fixture
def counter(app: Flask, database: Database, world: World, clock: FixedClock) -> Program:
    """The program of a kiosk and of the desks."""
    return program_with(app, key_for(database, world.authority_id, clock, "visits"))


def book_today(program: Program, index: int = 6, name: str = "Robin Sample", **body: Any) -> str:
    reference: str = program.book(program.slots()[index]["slot"], name, **body)["reference"]
    return reference


def walk_in(counter: Program, name: str = "Wendy Walker", **body: Any) -> dict[str, Any]:
    answer = counter.post(f"{HERE}/walk-ins", {"service": "certify", "name": name, "support_needs": []} | body)
    assert answer.status_code == 201, answer.text
    ticket: dict[str, Any] = answer.get_json()
    return ticket


def test_somebody_arrives_waits_and_is_called(program: Program, counter: Program) -> None:
    reference = book_today(program)
    arrived = counter.post(f"/appointments/{reference}/check-in")
    assert (arrived.status_code, arrived.get_json()["status"]) == (200, "arrived")
    assert (arrived.get_json()["reference"], arrived.get_json()["ticket"]) == (reference, 1)
    assert counter.post(f"/appointments/{reference}/check-in").get_json() == arrived.get_json()
    assert program.get(f"/appointments/{reference}").get_json()["status"] == "arrived"
    assert program.get(f"{HERE}/waits").get_json()["waiting"] == 1
    called = counter.post(f"{HERE}/next", {"resource": "desk-2"})
    assert called.status_code == 200
    assert {"reference": reference, "resource": "desk-2", "ticket": 1}.items() <= called.get_json().items()
    nobody = counter.post(f"{HERE}/next", {"resource": "desk-3"})
    assert (nobody.status_code, nobody.data) == (204, b"")
    assert counter.post(f"/appointments/{reference}/check-in").get_json()["status"] == "arrived"


@pytest.mark.databases("sqlite")
def test_on_the_wrong_day_or_at_another_site_it_says_where_and_when(program: Program, counter: Program) -> None:
    today, later = book_today(program), program.slots()[-1]
    elsewhen = program.book(later["slot"], "Kim Late")["reference"]
    for reference, body in ((elsewhen, {}), (today, {"site": "elsewhere"})):
        problem = assert_problem(counter.post(f"/appointments/{reference}/check-in", body), 409, "not_allowed")
        assert "High Street Library" in problem["detail"]
        assert (" November 2026 at " if body else "18 January 2027 at 4:30pm") in problem["detail"]
    assert counter.post(f"/appointments/{today}/check-in", {"site": "high-street"}).status_code == 200
    program.post(f"/appointments/{elsewhen}/cancel", {"by": "authority", "reason": "x"})
    assert_problem(counter.post(f"/appointments/{elsewhen}/check-in"), 409, "illegal_move")
    assert_problem(counter.post("/appointments/nonsense/check-in"), 404, "not_found")


@pytest.mark.databases("sqlite")
def test_all_appointments_of_one_visit_arrive_at_once(program: Program, counter: Program, database: Database) -> None:
    slots = [slot for slot in program.slots() if slot["starts_at"].startswith("2026-11-23")]
    person = {"name": "Robin Sample", "email": "robin@example.org"}
    references = [
        program.post("/appointments", {"slot": slots[index]["slot"], "resident": person}).get_json()["reference"]
        for index in (0, 1)
    ]
    counter.post(f"/appointments/{references[1]}/check-in")
    assert {program.get(f"/appointments/{one}").get_json()["status"] for one in references} == {"arrived"}
    with database.reading() as db:
        assert {row.ticket for row in db.scalars(select(DayVisit))} == {1}
    assert counter.post(f"{HERE}/next", {"resource": "desk-1"}).get_json()["ticket"] == 1
    # Nobody sits at two desks: the other part waits until the first is done with.
    assert counter.post(f"{HERE}/next", {"resource": "desk-2"}).status_code == 204


@pytest.mark.databases("sqlite")
def test_what_the_day_list_records_is_what_the_waiting_room_knows(
    program: Program, counter: Program, database: Database
) -> None:
    reference = book_today(program)
    for outcome, state in (
        ("arrived", "waiting"),
        ("in_progress", "being_seen"),
        ("attended", "ended"),
    ):
        program.post(f"/appointments/{reference}/outcome", {"outcome": outcome})
        with database.reading() as db:
            assert db.scalars(select(DayVisit.state)).all() == [state]
    for outcome, state in (("in_progress", "being_seen"), ("arrived", "waiting"), ("booked", "withdrawn")):
        program.post(f"/appointments/{reference}/outcome", {"outcome": outcome, "reason": "A slip"})
        with database.reading() as db:
            assert db.scalars(select(DayVisit.state)).all() == [state]
    assert program.get(f"{HERE}/waits").get_json()["waiting"] == 0
    counter.post(f"/appointments/{reference}/check-in")
    with database.reading() as db:
        assert db.execute(select(DayVisit.state, DayVisit.ticket)).all() == [("waiting", 1)]


def test_a_walk_in_gets_a_ticket_and_no_time_is_made_up(
    counter: Program, database: Database, clock: FixedClock
) -> None:
    first = walk_in(counter)
    wait = first["estimated_wait_minutes"]
    assert first["ticket"] == 1
    assert 0 <= wait["low"] <= wait["high"]
    assert walk_in(counter)["ticket"] == 2
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Appointment)) == 0
        assert db.scalars(select(AuditEntry.action)).all().count("walk_in_taken") == 2
    clock.advance(timedelta(minutes=3))
    called = counter.post(f"{HERE}/next", {"resource": "desk-1"}).get_json()
    assert (called["reference"], called["is_walk_in"], called["starts_at"]) == (first["reference"], True, None)


@pytest.mark.databases("sqlite")
def test_what_a_walk_in_lacks_is_named(counter: Program) -> None:
    path = f"{HERE}/walk-ins"
    assert_problem(counter.post(path, {}), 422, "validation", "service", "name")
    assert_problem(counter.post(path, {"service": "unknown", "name": "Kim"}), 422, "validation", "service")
    answer = counter.post(path, {"service": "certify", "name": "Kim", "support_needs": ["x"]})
    assert_problem(answer, 422, "validation", "support_needs.0")
    assert_problem(counter.post("/sites/none/walk-ins", {"service": "certify", "name": "Kim"}), 404, "not_found")
    assert_problem(counter.post(f"{HERE}/next", {"resource": "desk-9"}), 422, "validation", "resource")


@pytest.mark.databases("sqlite")
def test_a_ticket_is_refused_when_nobody_is_there_any_more_today(counter: Program, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=9))  # it is five o'clock, and the library shuts
    body = {"service": "certify", "name": "Wendy Walker", "support_needs": []}
    assert_problem(counter.post(f"{HERE}/walk-ins", body), 409, "not_allowed")
    clock.advance(timedelta(minutes=-90))
    assert counter.post(f"{HERE}/walk-ins", body).status_code == 201


@pytest.mark.databases("sqlite")
def test_the_same_key_gives_the_same_ticket_and_the_same_person(counter: Program) -> None:
    body = {"service": "certify", "name": "Wendy Walker"}
    for path, sent in ((f"{HERE}/walk-ins", body), (f"{HERE}/next", {"resource": "desk-1"})):
        answers = [counter.post(path, sent, Idempotency_Key="one").get_json() for _ in range(2)]
        assert answers[0] == answers[1]
    assert walk_in(counter)["ticket"] == 2
    other = counter.post(f"{HERE}/next", {"resource": "desk-2"}, Idempotency_Key="one")
    assert_problem(other, 422, "idempotency_mismatch")


@pytest.mark.databases("sqlite")
def test_waits_are_public_where_availability_is(
    counter: Program, program: Program, anonymous_program: Program, database: Database
) -> None:
    for _ in range(2):
        walk_in(counter)
    waits = anonymous_program.get(f"{HERE}/waits", service="certify").get_json()
    assert waits["waiting"] == 2
    assert waits["as_of"] == "2026-11-23T09:00:00+00:00"
    assert_problem(anonymous_program.get(f"{HERE}/waits", service="nothing"), 400, "validation", "service")
    assert_problem(anonymous_program.get("/sites/nowhere/waits"), 404, "not_found")
    for path in ("walk-ins", "next"):
        assert anonymous_program.post(f"{HERE}/{path}", {}).status_code == 401
        assert program.post(f"{HERE}/{path}", {}).status_code == 403


def test_eight_desks_at_once_never_call_the_same_person(app: Flask, counter: Program) -> None:
    for number in range(PEOPLE):
        walk_in(counter, f"Person {number}")
    start = Barrier(DESKS)

    def desk(number: int) -> list[str]:
        caller, found = Program(app.test_client(), counter.headers), []
        for _ in range(3):
            start.wait()
            answer = caller.post(f"{HERE}/next", {"resource": f"desk-{number + 1}"})
            found += [answer.get_json()["reference"]] if answer.status_code == 200 else []
        return found

    with ThreadPoolExecutor(DESKS) as pool:
        called = [reference for found in pool.map(desk, range(DESKS)) for reference in found]
    assert len(called) == len(set(called)) == PEOPLE
