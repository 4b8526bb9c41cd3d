"""Holds: POST /api/v1/holds and DELETE /api/v1/holds/{hold}."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.database import Database
from tests.contract.conftest import Program, assert_problem
from tests.support.factories import make_world, slots_of


def test_a_held_slot_is_kept_for_ten_minutes(program: Program, clock: FixedClock) -> None:
    slot = program.slots()[0]["slot"]
    answer = program.post("/holds", {"slot": slot})
    assert answer.status_code == 201
    assert set(answer.get_json()) == {"hold", "expires_at"}
    assert answer.get_json()["expires_at"] == "2026-11-23T09:10:00+00:00"
    assert slot not in {item["slot"] for item in program.slots()}
    clock.advance(timedelta(minutes=10))
    assert slot not in {item["slot"] for item in program.slots()}  # it began ten minutes ago
    assert program.slots()[0]["starts_at"] == "2026-11-23T09:30:00+00:00"


def test_a_released_slot_is_free_again_at_once(program: Program) -> None:
    slot = program.slots()[0]["slot"]
    held = program.post("/holds", {"slot": slot}).get_json()["hold"]
    answer = program.delete(f"/holds/{held}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert program.slots()[0]["slot"] == slot
    assert program.delete(f"/holds/{held}").status_code == 204


def test_a_slot_that_is_held_is_taken_and_three_others_are_offered(program: Program) -> None:
    slots = program.slots()
    program.post("/holds", {"slot": slots[5]["slot"]})
    body = assert_problem(program.post("/holds", {"slot": slots[5]["slot"]}), 409, "slot_taken")
    assert body["alternatives"] == [slots[3], slots[4], slots[6]] or body["alternatives"] == [
        slots[4],
        slots[6],
        slots[7],
    ]


@pytest.mark.parametrize("slot", ["", "x", "1.1.1.1.p.0.zz", f"1.{10**30}.1.1.p.0.1", f"1.1.1.1.p.0.{'f' * 30}"])
def test_what_is_no_slot_is_refused(slot: str, program: Program) -> None:
    assert_problem(program.post("/holds", {"slot": slot}), 422, "validation", "slot")


def test_the_slot_is_needed(program: Program) -> None:
    assert_problem(program.post("/holds", {}), 422, "validation", "slot")


def test_a_slot_of_another_council_is_refused(program: Program, database: Database) -> None:
    other = make_world(database, slug="otherham")
    token = slots_of(database, other)[0].token
    assert_problem(program.post("/holds", {"slot": token}), 422, "validation", "slot")


def test_a_time_beyond_the_horizon_is_too_far(program: Program) -> None:
    slot = program.slots()[0]["slot"]
    head, _, unit = slot.rpartition(".")
    far = f"{head}.{int(unit, 16) + 288 * 365:x}"
    assert "limit_at" in assert_problem(program.post("/holds", {"slot": far}), 409, "too_far")


def test_a_time_that_has_passed_is_too_soon(program: Program, clock: FixedClock) -> None:
    slot = program.slots()[0]["slot"]
    clock.advance(timedelta(minutes=5))
    assert "limit_at" in assert_problem(program.post("/holds", {"slot": slot}), 409, "too_soon")


def test_a_made_up_time_is_taken(program: Program) -> None:
    head, _, unit = program.slots()[0]["slot"].rpartition(".")
    midnight = f"{head}.{int(unit, 16) + 180:x}"
    assert_problem(program.post("/holds", {"slot": midnight}), 409, "slot_taken")


def test_an_unknown_place_or_service_is_not_found(program: Program) -> None:
    version, authority, site, service, *rest = program.slots()[0]["slot"].split(".")
    nowhere = ".".join([version, authority, "999999", service, *rest])
    nothing = ".".join([version, authority, site, "999999", *rest])
    assert_problem(program.post("/holds", {"slot": nowhere}), 404, "not_found")
    assert_problem(program.post("/holds", {"slot": nothing}), 404, "not_found")


def test_a_hold_with_extra_time_becomes_a_longer_appointment(program: Program) -> None:
    body = {"slot": program.slots()[0]["slot"], "support_needs": ["extra-time"]}
    held = program.post("/holds", body).get_json()["hold"]
    answer = program.post("/appointments", {"hold": held, "resident": {"name": "Robin Sample"}})
    assert answer.get_json()["ends_at"] == "2026-11-23T09:45:00+00:00"
