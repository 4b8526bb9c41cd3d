"""What happens to an appointment afterwards: reschedule, cancel, outcome; and the day list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from people.residents.tables import ResidentView
from tests.contract.conftest import Program, assert_problem


@pytest.fixture
def reference(program: Program) -> str:
    """An appointment tomorrow at 09:00."""
    slot = program.slots(**{"from": "2026-11-24"})[0]["slot"]
    return str(program.book(slot)["reference"])


def test_rescheduling_keeps_the_reference_and_raises_the_version(program: Program, reference: str) -> None:
    slot = program.slots(**{"from": "2026-11-25"})[0]
    answer = program.post(f"/appointments/{reference}/reschedule", {"slot": slot["slot"]})
    assert answer.status_code == 200
    moved = answer.get_json()
    assert (moved["reference"], moved["version"], moved["status"]) == (reference, 2, "booked")
    assert (moved["starts_at"], moved["ends_at"]) == (slot["starts_at"], slot["ends_at"])
    assert program.slots(**{"from": "2026-11-24"})[0]["starts_at"] == "2026-11-24T09:00:00+00:00"


def test_rescheduling_takes_a_hold_too(program: Program, reference: str) -> None:
    slot = program.slots(**{"from": "2026-11-25"})[0]["slot"]
    held = program.post("/holds", {"slot": slot}).get_json()["hold"]
    answer = program.post(f"/appointments/{reference}/reschedule", {"hold": held})
    assert (answer.status_code, answer.get_json()["version"]) == (200, 2)
    assert_problem(program.post(f"/appointments/{reference}/reschedule", {"hold": held}), 410, "hold_expired")


def test_rescheduling_to_a_taken_slot_offers_others_and_keeps_the_old_one(program: Program, reference: str) -> None:
    slots = program.slots()
    program.book(slots[0]["slot"], "Sam Sample")
    answer = program.post(f"/appointments/{reference}/reschedule", {"slot": slots[0]["slot"]})
    assert len(assert_problem(answer, 409, "slot_taken")["alternatives"]) == 3
    assert program.get(f"/appointments/{reference}").get_json()["starts_at"] == "2026-11-24T09:00:00+00:00"


def test_rescheduling_keeps_to_the_service(program: Program, reference: str) -> None:
    other = program.slots(service="advice")[0]["slot"]
    answer = program.post(f"/appointments/{reference}/reschedule", {"slot": other})
    assert_problem(answer, 422, "validation", "slot")
    assert_problem(program.post(f"/appointments/{reference}/reschedule", {}), 422, "validation", "slot")


def test_past_the_cut_off_it_is_too_soon(program: Program, reference: str, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=22, seconds=1))
    slot = program.slots(**{"from": "2026-11-25"})[0]["slot"]
    refused = [
        program.post(f"/appointments/{reference}/reschedule", {"slot": slot}),
        program.post(f"/appointments/{reference}/cancel", {"reason": "Ill"}),
    ]
    for answer in refused:
        assert assert_problem(answer, 409, "too_soon")["limit_at"] == "2026-11-24T07:00:00+00:00"


def test_a_cancelled_appointment_gives_its_time_back(program: Program, reference: str) -> None:
    answer = program.post(f"/appointments/{reference}/cancel", {"reason": "Feeling better"})
    assert answer.status_code == 200
    cancelled = answer.get_json()
    assert (cancelled["status"], cancelled["version"]) == ("cancelled_by_resident", 2)
    assert program.slots(**{"from": "2026-11-24"})[0]["starts_at"] == "2026-11-24T09:00:00+00:00"
    assert program.get(f"/appointments/{reference}").get_json()["reason"] == "Feeling better"
    body = assert_problem(program.post(f"/appointments/{reference}/cancel", {}), 409, "illegal_move")
    assert (body["current"], body["wanted"]) == ("cancelled_by_resident", "cancelled_by_resident")


def test_the_authority_cancels_with_a_reason_and_without_a_cut_off(
    program: Program, reference: str, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=23))
    path = f"/appointments/{reference}/cancel"
    assert_problem(program.post(path, {"by": "authority"}), 422, "validation", "reason")
    answer = program.post(path, {"by": "authority", "reason": "The boiler broke"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "cancelled_by_authority")


def test_an_empty_body_cancels(program: Program, reference: str) -> None:
    path = f"/api/v1/appointments/{reference}/cancel"
    answer = program.client.post(path, headers=program.headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "course",
    [
        ["arrived", "in_progress", "attended"],
        ["arrived", "in_progress", "not_completed"],
        ["arrived", "left_before_seen"],
        ["did_not_attend"],
        ["cancelled_by_authority"],
        ["cancelled_by_resident"],
    ],
)
def test_the_ordinary_course_can_be_recorded(
    course: list[str], program: Program, reference: str, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=20) if "cancelled" in course[0] else timedelta(hours=24))
    for outcome in course:
        body = {"outcome": outcome, "reason": "For a reason"}
        answer = program.post(f"/appointments/{reference}/outcome", body)
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["status"] == outcome


def test_a_wrong_click_is_put_right_with_a_reason(program: Program, reference: str, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=24))
    path = f"/appointments/{reference}/outcome"
    program.post(path, {"outcome": "arrived"})
    assert_problem(program.post(path, {"outcome": "booked"}), 422, "validation", "reason")
    answer = program.post(path, {"outcome": "booked", "reason": "It was somebody else"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "booked")


def test_what_cannot_follow_is_refused(program: Program, reference: str) -> None:
    path = f"/appointments/{reference}/outcome"
    body = assert_problem(program.post(path, {"outcome": "attended"}), 409, "illegal_move")
    assert (body["current"], body["wanted"]) == ("booked", "attended")
    assert_problem(program.post(path, {"outcome": "did_not_attend"}), 409, "illegal_move")  # it has not begun
    assert_problem(program.post(path, {"outcome": "lost"}), 422, "validation", "outcome")
    assert_problem(program.post(path, {}), 422, "validation", "outcome")


def test_the_day_list_comes_by_start_and_in_pages(program: Program, database: Database) -> None:
    slots = program.slots(**{"from": "2026-11-24"})
    references = [program.book(slot["slot"], f"Person {n}")["reference"] for n, slot in enumerate(slots[:3])]
    path = "/sites/high-street/days/2026-11-24"
    day = program.get(path).get_json()
    assert (day["site"], day["date"], day["next_cursor"]) == ("high-street", "2026-11-24", None)
    assert [item["reference"] for item in day["items"]] == references
    assert day["items"][0] == program.get(f"/appointments/{references[0]}").get_json()
    first = program.get(path, limit=2).get_json()
    second = program.get(path, limit=2, cursor=first["next_cursor"]).get_json()
    assert first["items"] + second["items"] == day["items"]
    with database.reading() as db:
        looks = db.scalars(select(ResidentView.purpose)).all()
    assert looks.count("api_day_list") == 3


def test_a_day_without_appointments_is_empty(program: Program) -> None:
    answer = program.get("/sites/high-street/days/2026-11-29")
    assert answer.get_json() == {"site": "high-street", "date": "2026-11-29", "items": [], "next_cursor": None}


def test_an_unknown_site_or_date_is_refused(program: Program) -> None:
    assert_problem(program.get("/sites/nowhere/days/2026-11-24"), 404, "not_found")
    assert_problem(program.get("/sites/high-street/days/tomorrow"), 400, "validation", "date")
    assert_problem(program.get("/sites/high-street/days/2026-11-24", cursor="x"), 400, "validation", "cursor")
