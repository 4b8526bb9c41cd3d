"""Idempotency-Key: the same key and body give the same answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.tables import Appointment, Hold
from core.clock import FixedClock
from core.database import Database
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World

ACTIONS: dict[str, dict[str, Any]] = {
    "reschedule": {"slot": "another"},
    "cancel": {"reason": "Ill"},
    "outcome": {"outcome": "cancelled_by_authority", "reason": "Boiler"},
}


def test_a_booking_sent_twice_is_made_once(program: Program, database: Database, clock: FixedClock) -> None:
    body = {"slot": program.slots()[8]["slot"], "resident": {"name": "Robin Sample"}}
    first = program.post("/appointments", body, Idempotency_Key="one")
    clock.advance(timedelta(hours=24))
    second = program.post("/appointments", body, Idempotency_Key="one")
    assert (first.status_code, first.data) == (201, second.data)
    assert second.status_code == 201
    assert count(database, Appointment) == 1


def test_the_answer_stays_although_the_appointment_went_on(program: Program) -> None:
    slots = program.slots(**{"from": "2026-11-24"})
    body = {"slot": slots[0]["slot"], "resident": {"name": "Robin Sample"}}
    first = program.post("/appointments", body, Idempotency_Key="one")
    reference = first.get_json()["reference"]
    program.post(f"/appointments/{reference}/reschedule", {"slot": slots[5]["slot"]})
    assert program.post("/appointments", body, Idempotency_Key="one").data == first.data


def test_a_hold_sent_twice_is_one_hold(program: Program, database: Database) -> None:
    body = {"slot": program.slots()[0]["slot"]}
    first = program.post("/holds", body, Idempotency_Key="one")
    second = program.post("/holds", body, Idempotency_Key="one")
    assert (second.status_code, second.data) == (201, first.data)
    assert count(database, Hold) == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_a_change_sent_twice_is_made_once(action: str, program: Program) -> None:
    slots = program.slots(**{"from": "2026-11-24"})
    reference = program.book(slots[0]["slot"])["reference"]
    body = {"slot": slots[3]["slot"]} if action == "reschedule" else ACTIONS[action]
    first = program.post(f"/appointments/{reference}/{action}", body, Idempotency_Key="one")
    second = program.post(f"/appointments/{reference}/{action}", body, Idempotency_Key="one")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.data == second.data
    assert program.get(f"/appointments/{reference}").get_json()["version"] == 2


def test_a_correction_sent_twice_is_made_once(program: Program, clock: FixedClock) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    path, body = f"/appointments/{reference}/outcome", {"outcome": "booked", "reason": "Wrong person"}
    program.post(path, {"outcome": "arrived"})
    first = program.post(path, body, Idempotency_Key="one")
    second = program.post(path, body, Idempotency_Key="one")
    assert (first.status_code, second.status_code, second.data) == (200, 200, first.data)


def test_the_same_key_with_another_body_or_address_is_refused(program: Program) -> None:
    slots = program.slots()
    program.post("/holds", {"slot": slots[0]["slot"]}, Idempotency_Key="one")
    other = program.post("/holds", {"slot": slots[1]["slot"]}, Idempotency_Key="one")
    assert_problem(other, 422, "idempotency_mismatch")
    body = {"slot": slots[0]["slot"], "resident": {"name": "Robin Sample"}}
    assert_problem(program.post("/appointments", body, Idempotency_Key="one"), 422, "idempotency_mismatch")


def test_the_order_of_the_fields_does_not_matter(program: Program) -> None:
    slot, who = program.slots()[0]["slot"], {"name": "Robin Sample"}
    first = program.post("/appointments", {"slot": slot, "resident": who}, Idempotency_Key="one")
    second = program.post("/appointments", {"resident": who, "slot": slot}, Idempotency_Key="one")
    assert (second.status_code, second.data) == (201, first.data)


def test_a_refusal_is_not_kept(program: Program) -> None:
    slot = program.slots()[0]["slot"]
    held = program.post("/holds", {"slot": slot}).get_json()["hold"]
    body = {"slot": slot, "resident": {"name": "Robin Sample"}}
    assert_problem(program.post("/appointments", body, Idempotency_Key="one"), 409, "slot_taken")
    program.delete(f"/holds/{held}")
    assert program.post("/appointments", body, Idempotency_Key="one").status_code == 201


def test_each_caller_has_keys_of_its_own(
    app: Flask, program: Program, database: Database, world: World, clock: FixedClock
) -> None:
    other = program_with(app, key_for(database, world.authority_id, clock, "book"))
    slots = program.slots()
    program.post("/holds", {"slot": slots[0]["slot"]}, Idempotency_Key="one")
    assert other.post("/holds", {"slot": slots[1]["slot"]}, Idempotency_Key="one").status_code == 201


def test_a_key_that_is_too_long_is_refused(program: Program) -> None:
    answer = program.post("/holds", {"slot": program.slots()[0]["slot"]}, Idempotency_Key="x" * 201)
    assert_problem(answer, 400, "validation", "Idempotency-Key")


def test_ten_senders_of_one_booking_get_one_answer(app: Flask, program: Program, database: Database) -> None:
    body = {"slot": program.slots()[0]["slot"], "resident": {"name": "Robin Sample"}}

    def send(_number: int) -> tuple[int, bytes]:
        answer = Program(app.test_client(), program.headers).post("/appointments", body, Idempotency_Key="one")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(10)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 201
    assert count(database, Appointment) == 1


def count(database: Database, table: type[Any]) -> int:
    """How many rows there are."""
    with database.reading() as db:
        return int(db.scalar(select(func.count()).select_from(table)) or 0)
