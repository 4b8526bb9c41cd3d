"""The waiting list for programs: POST and DELETE /api/v1/waiting-list."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from booking.proposals.tables import Wish
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from reminders.scheduler import send_once, worker_of
from reminders.tables import Notification
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World, make_world

ROBIN = {"name": "Robin Sample", "email": "robin@example.org"}


def test_an_earlier_time_is_offered_to_whoever_waits(program: Program, app: Flask, database: Database) -> None:
    late = program.book(program.slots()[-1]["slot"], resident=ROBIN)["reference"]
    free = len(program.slots())
    answer = program.post("/waiting-list", {"appointment": late, "days": ["friday"], "from_time": "10:00"})
    assert (answer.status_code, set(answer.get_json())) == (201, {"id"})
    runtime = app.extensions[EXTENSION]
    send_once(runtime, worker_of(runtime))
    with database.reading() as db:
        offers = db.scalars(select(Notification).where(Notification.kind.startswith("earlier_time"))).all()
    assert [row.kind for row in offers] == ["earlier_time_1"]
    assert len(program.slots()) == free - 1  # it is held
    assert program.delete(f"/waiting-list/{answer.get_json()['id']}").status_code == 204
    assert len(program.slots()) == free
    assert program.delete(f"/waiting-list/{answer.get_json()['id']}").status_code == 204


def test_somebody_without_an_appointment_waits(program: Program, database: Database) -> None:
    body = {"services": ["certify"], "sites": ["high-street"], "days": ["mon", "Tuesday"], "resident": ROBIN}
    times = {"from_time": "09:00", "to_time": "12:30", "until": "2026-12-24"}
    first = program.post("/waiting-list", body | times, Idempotency_Key="k")
    assert first.status_code == 201, first.text
    assert program.post("/waiting-list", body | times, Idempotency_Key="k").get_json() == first.get_json()
    with database.reading() as db:
        wish = db.scalars(select(Wish)).one()
    assert (wish.weekdays, f"{wish.from_time} {wish.to_time} {wish.until}") == ([1, 2], "09:00:00 12:30:00 2026-12-24")


def test_what_is_wrong_is_named(program: Program) -> None:
    assert_problem(program.post("/waiting-list", {}), 422, "validation", "services")
    assert_problem(program.post("/waiting-list", {"services": ["certify"]}), 422, "validation", "resident")
    unreachable = {"services": ["certify"], "resident": {"name": "Robin Sample"}}
    assert_problem(program.post("/waiting-list", unreachable), 422, "validation", "resident")
    late = program.book(program.slots()[-1]["slot"], resident=ROBIN)["reference"]
    for name, value in {"days": ["someday"], "from_time": "noon", "until": "2020-01-01"}.items():
        answer = program.post("/waiting-list", {"appointment": late, name: value})
        assert answer.status_code == 422, answer.text
        assert next(iter(answer.get_json()["errors"])).startswith(name)
    assert_problem(program.post("/waiting-list", {"appointment": "K7PM4QX3"}), 404, "not_found")
    program.post(f"/appointments/{late}/cancel", {})
    assert_problem(program.post("/waiting-list", {"appointment": late}), 409, "illegal_move")
    soon = program.book(program.slots()[0]["slot"], resident=ROBIN)["reference"]
    assert_problem(program.post("/waiting-list", {"appointment": soon}), 422, "validation", "appointment")


def test_another_councils_wish_is_not_there(
    program: Program, app: Flask, database: Database, clock: FixedClock
) -> None:
    wish = program.post("/waiting-list", {"services": ["certify"], "resident": ROBIN}).get_json()["id"]
    elsewhere: World = make_world(database, slug="elsewhere")
    stranger = program_with(app, key_for(database, elsewhere.authority_id, clock, "read", "book"))
    for unknown in (wish, 99, "x", "9" * 30):
        assert_problem(stranger.delete(f"/waiting-list/{unknown}"), 404, "not_found")
    reader = program_with(app, key_for(database, elsewhere.authority_id, clock, "read"))
    assert_problem(reader.post("/waiting-list", {}), 403, "not_allowed")
