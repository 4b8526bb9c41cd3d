"""Closures: POST /api/v1/closures, its offers, and what has become of everybody affected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from booking.rebooking import AFFECTED
from booking.use_cases.make_closure import lift_closure
from booking.use_cases.offers import accept_offer, decline_proposal
from booking.use_cases.proposals import end_unanswered
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from locations.tables import Service
from reminders.tables import Notification
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import (
    World,
    make_resource,
    make_service,
    make_session,
    make_site,
    make_world,
)

DAY = {"starts_at": "2026-11-24T00:00:00+00:00", "ends_at": "2026-11-25T00:00:00+00:00"}  # the second day of the world
RESIDENT = Actor.resident()


@pytest.fixture
def manager(app: Flask, world: World, database: Database, clock: FixedClock) -> Program:
    """A program that may do everything."""
    return program_with(app, key_for(database, world.authority_id, clock, "read", "book", "manage"))


def on_the_day(program: Program, **query: Any) -> list[dict[str, Any]]:
    return program.slots(**{"from": "2026-11-24", "to": "2026-11-24"} | query)


def book(program: Program, slots: list[dict[str, Any]], *numbers: int, with_email: bool = True) -> list[str]:
    """The references of bookings of these slots."""
    found = []
    for number in numbers:
        resident = {"name": f"Robin {number}"} | ({"email": f"robin{number}@example.org"} if with_email else {})
        booked = program.book(slots[number]["slot"], resident=resident)
        found.append(booked["reference"])
    return found


def counts(program: Program, closure: int) -> dict[str, int]:
    """The progress, checked for everybody being in exactly one state."""
    body: dict[str, int] = program.get(f"/closures/{closure}").get_json()
    assert set(body) == {"id", "affected", *AFFECTED}
    assert body["affected"] == sum(body[state] for state in AFFECTED)
    return {name: number for name, number in body.items() if number and name != "id"}


def close(program: Program, **scope: Any) -> dict[str, Any]:
    answer = program.post("/closures", DAY | {"reason": "The boiler is broken"} | scope)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def test_a_preview_says_who_is_affected_and_changes_nothing(manager: Program) -> None:
    slots = on_the_day(manager)
    book(manager, slots, 0, 3)
    answer = manager.post("/closures", DAY | {"site": "high-street", "preview": True})
    assert (answer.status_code, answer.get_json()) == (200, {"id": None, "affected": 2})
    assert len(on_the_day(manager)) == len(slots) - 2
    assert close(manager, site="high-street")["affected"] == 2


def test_nothing_that_is_shut_can_be_found_held_or_booked(manager: Program) -> None:
    slots = on_the_day(manager)
    held = manager.post("/holds", {"slot": slots[4]["slot"]}).get_json()["hold"]
    assert close(manager)["affected"] == 0
    assert on_the_day(manager) == []
    assert_problem(manager.post("/holds", {"slot": slots[0]["slot"]}), 409, "slot_taken")
    resident = {"name": "Robin Sample"}
    assert_problem(manager.post("/appointments", {"slot": slots[1]["slot"], "resident": resident}), 409, "slot_taken")
    assert_problem(manager.post("/appointments", {"hold": held, "resident": resident}), 410, "hold_expired")


def test_everybody_is_offered_another_time_that_is_held_for_them(manager: Program, database: Database) -> None:
    slots = on_the_day(manager)
    book(manager, slots, 0, 3, 5)
    book(manager, slots, 7, with_email=False)
    made = close(manager, site="high-street")
    assert counts(manager, made["id"]) == {"affected": 4, "to_ring": 4}
    before = len(manager.slots())
    answer = manager.post(f"/closures/{made['id']}/offers")
    assert answer.status_code == 202
    assert counts(manager, made["id"]) == {"affected": 4, "offered": 3, "to_ring": 1}
    assert len(manager.slots()) == before - 4  # whoever is to be rung has a time held, too
    with database.reading() as db:
        kinds = db.scalars(select(Notification.kind).where(Notification.kind.startswith("offer"))).all()
    assert kinds == ["offer_1"] * 3
    assert manager.post(f"/closures/{made['id']}/offers").status_code == 202
    assert len(manager.slots()) == before - 4  # nobody is offered anything twice


def test_each_answer_leads_to_its_own_state(manager: Program, world: World, app: Flask, clock: FixedClock) -> None:
    slots = on_the_day(manager)
    references = book(manager, slots, 0, 1, 2, 3, 4)
    made = close(manager, site="high-street")
    manager.post(f"/closures/{made['id']}/offers")
    runtime = app.extensions[EXTENSION]
    accepted = accept_offer(runtime, world.authority_id, references[0], actor=RESIDENT)
    assert accepted.version == 2
    decline_proposal(runtime, world.authority_id, references[1], actor=RESIDENT)
    manager.post(f"/appointments/{references[2]}/cancel", {"reason": "Not needed"})
    free = manager.slots()[-1]["slot"]
    assert manager.post(f"/appointments/{references[3]}/reschedule", {"slot": free}).status_code == 200
    states = {"accepted": 1, "declined": 1, "cancelled": 1, "moved": 1, "offered": 1}
    assert counts(manager, made["id"]) == {"affected": 5} | states
    clock.advance(timedelta(days=2))
    assert end_unanswered(runtime) == 1
    assert counts(manager, made["id"]) == {
        "affected": 5,
        "accepted": 1,
        "declined": 1,
        "cancelled": 1,
        "moved": 1,
        "to_ring": 1,
    }


def test_who_accepts_holds_exactly_one_time(manager: Program, world: World, app: Flask, clock: FixedClock) -> None:
    slots = on_the_day(manager)
    (reference,) = book(manager, slots, 0)
    everything = len(manager.slots()) + 1
    made = close(manager, site="high-street")
    manager.post(f"/closures/{made['id']}/offers")
    accept_offer(app.extensions[EXTENSION], world.authority_id, reference, actor=RESIDENT)
    assert len(manager.slots()) == everything - len(slots) - 1
    assert manager.get(f"/appointments/{reference}").get_json()["starts_at"] != slots[0]["starts_at"]
    assert counts(manager, made["id"]) == {"affected": 1, "accepted": 1}


def test_who_has_not_moved_keeps_their_time_when_it_is_lifted(manager: Program, world: World, app: Flask) -> None:
    slots = on_the_day(manager)
    references = book(manager, slots, 0, 1)
    everything = len(manager.slots())
    made = close(manager, site="high-street")
    manager.post(f"/closures/{made['id']}/offers")
    runtime = app.extensions[EXTENSION]
    accept_offer(runtime, world.authority_id, references[0], actor=RESIDENT)
    lift_closure(runtime, world.authority_id, made["id"], actor=Actor.system())
    assert counts(manager, made["id"]) == {"affected": 1, "accepted": 1}
    assert manager.get(f"/appointments/{references[1]}").get_json()["starts_at"] == slots[1]["starts_at"]
    assert len(manager.slots()) == everything  # the accepted time is gone, the time that it left is free


@pytest.mark.parametrize(
    ("scope", "stays"),
    [
        ({"service": "certify"}, {"advice"}),
        ({"topic": "Money"}, {"certify"}),
        ({"mode": "in_person"}, set()),
        ({"mode": "video"}, {"advice", "certify"}),
        ({"site": "high-street", "service": "advice"}, {"certify"}),
        ({"service": "advice", "topic": "Money"}, {"certify"}),
    ],
)
def test_only_what_is_named_is_shut(
    scope: dict[str, str], stays: set[str], app: Flask, database: Database, clock: FixedClock
) -> None:
    world = make_world(database, slug="scoped", desks=2)
    with database.writing() as db:
        db.get_one(Service, world.service_ids[1]).topic = "Money"
    program = program_with(app, key_for(database, world.authority_id, clock, "read", "book", "manage"))
    slots = {service: on_the_day(program, service=service) for service in ("advice", "certify")}
    booked = {service: program.book(found[0]["slot"]) for service, found in slots.items()}
    made = close(program, **scope)
    left = {service for service in slots if on_the_day(program, service=service)}
    assert left == stays
    assert made["affected"] == len(booked) - len(stays)


@pytest.mark.parametrize(
    "scope",
    [
        {"mode": "video"},
        {"site": "online", "resource": "room", "mode": "video"},
        {"site": "online", "resource": "room", "service": "talk", "topic": "Money", "mode": "video"},
    ],
)
def test_one_mode_of_a_virtual_site_can_be_shut(
    scope: dict[str, str], app: Flask, database: Database, clock: FixedClock
) -> None:
    world = make_world(database, slug="scoped")
    modes = ["video", "phone"]
    needed = [{"kind": "virtual_room"}]
    talk = make_service(database, world.authority_id, "talk", modes=modes, topic="Money", requirements=needed)
    site = make_site(
        database, world.authority_id, "online", kind="virtual", joining_address="https://video.example.org/x"
    )
    room = make_resource(database, world.authority_id, site, "room", kind="virtual_room", seats=3)
    make_session(database, world.authority_id, site, [room], [talk], slug="talks")
    program = program_with(app, key_for(database, world.authority_id, clock, "read", "book", "manage"))
    slots = {mode: on_the_day(program, service="talk", mode=mode) for mode in modes}
    for mode in modes:
        program.book(
            slots[mode][0]["slot"], resident={"name": "Robin", "phone": "07700 900123", "email": "r@example.org"}
        )
    held = program.post("/holds", {"slot": slots["video"][4]["slot"]}).get_json()["hold"]
    made = close(program, **scope)
    assert made["affected"] == 1
    assert {item["mode"] for item in on_the_day(program, service="talk")} == {"phone"}
    assert on_the_day(program, service="talk", mode="video") == []
    assert len(on_the_day(program, service="talk", mode="phone")) == len(slots["phone"])
    assert_problem(program.post("/holds", {"slot": slots["video"][3]["slot"]}), 409, "slot_taken")
    assert_problem(program.post("/appointments", {"hold": held, "resident": {"name": "R"}}), 410, "hold_expired")
    program.post(f"/closures/{made['id']}/offers")
    assert counts(program, made["id"]) == {"affected": 1, "offered": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"ends_at": "2026-11-24T00:00:00+00:00"}, "ends_at"),
        ({"starts_at": "2026-11-20T00:00:00+00:00", "ends_at": "2026-11-21T00:00:00+00:00"}, "ends_at"),
        ({"ends_at": "2046-11-24T00:00:00+00:00"}, "ends_at"),
        ({"site": "nowhere"}, "site"),
        ({"site": "high-street", "resource": "nobody"}, "resource"),
        ({"resource": "desk-1"}, "resource"),
        ({"service": "nothing"}, "service"),
        ({"topic": "Nothing"}, "topic"),
        ({"mode": "carrier-pigeon"}, "mode"),
        ({"site": "high-street", "mode": "video"}, "mode"),
    ],
)
def test_what_cannot_be_shut_is_refused_at_its_field(body: dict[str, str], field: str, manager: Program) -> None:
    assert_problem(manager.post("/closures", DAY | body), 422, "validation", field)
    assert on_the_day(manager)


def test_a_closure_is_made_once_for_one_key(manager: Program) -> None:
    first = manager.post("/closures", DAY, Idempotency_Key="a closure")
    again = manager.post("/closures", DAY, Idempotency_Key="a closure")
    assert first.get_json() == again.get_json()


def test_closures_need_the_scope_and_stay_in_their_council(
    manager: Program, program: Program, app: Flask, database: Database, clock: FixedClock
) -> None:
    made = close(manager)
    assert program.post("/closures", DAY).status_code == program.get(f"/closures/{made['id']}").status_code == 403
    other = make_world(database, slug="otherham")
    stranger = program_with(app, key_for(database, other.authority_id, clock, "manage"))
    assert_problem(stranger.get(f"/closures/{made['id']}"), 404, "not_found")
    assert_problem(stranger.post(f"/closures/{made['id']}/offers"), 404, "not_found")
    assert_problem(manager.get(f"/closures/{10**30}"), 404, "not_found")
