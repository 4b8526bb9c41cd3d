"""Booking and seeing: POST /api/v1/appointments, GET /api/v1/appointments/{reference} and its .ics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from api.response_schemas import FirstContactSchema
from api.serializers import first_contact
from core.clock import FixedClock
from core.database import Database
from people.residents.approach import Approach
from people.residents.tables import ResidentView
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import NOW, World, make_world

PERSON = {"name": "Robin Sample", "email": "robin@example.org", "phone": "07700 900123", "postcode": "nw11 9qs"}


def test_a_slot_becomes_an_appointment(program: Program) -> None:
    slot = program.slots()[0]
    body = {"slot": slot["slot"], "resident": PERSON, "support_needs": ["step-free"], "notes": "Rings twice."}
    answer = program.post("/appointments", body | {"channel": "phone"})
    booked = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/appointments/{booked['reference']}"
    assert booked == {
        "reference": booked["reference"],
        "version": 1,
        "status": "booked",
        "starts_at": slot["starts_at"],
        "ends_at": slot["ends_at"],
        "site": "high-street",
        "service": "certify",
        "services": ["certify"],
        "mode": "in_person",
        "join_url": None,
        "rings": None,
        "manage_url": booked["manage_url"],
    }
    assert booked["manage_url"].startswith("http://127.0.0.1:8000/manage/")


def test_how_far_an_interpreter_is_arranged_is_told(program: Program) -> None:
    body = {"slot": program.slots()[0]["slot"], "resident": PERSON, "support_needs": ["bsl", "step-free"]}
    reference = program.post("/appointments", body).get_json()["reference"]
    seen = program.get(f"/appointments/{reference}").get_json()
    assert seen["arrangements"] == [{"need": "bsl", "state": "asked"}]


def test_the_appointment_can_be_seen_whole(program: Program) -> None:
    body = {"support_needs": ["step-free"], "notes": "Rings twice.", "channel": "phone"}
    slot = program.slots()[0]
    reference = program.post("/appointments", {"slot": slot["slot"], "resident": PERSON} | body).get_json()["reference"]
    answer = program.get(f"/appointments/{reference[:4].lower()}-{reference[4:]}")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "reference": reference,
        "version": 1,
        "progress": [],
        "status": "booked",
        "reason": "",
        "moved_by": None,
        "starts_at": slot["starts_at"],
        "ends_at": slot["ends_at"],
        "site": "high-street",
        "service": "certify",
        "services": ["certify"],
        "resources": ["desk-1"],
        "mode": "in_person",
        "join_url": None,
        "rings": None,
        "channel": "phone",
        "is_walk_in": False,
        "old_reference": "",
        "resident": {
            "name": "Robin Sample",
            "email": "robin@example.org",
            "phone": "07700 900123",
            "address": "",
            "postcode": "NW11 9QS",
            "language": "",
            "contact_preference": "email",
            "do_not_text": False,
            "leave_no_message": False,
            "uses_neutral_name": False,
        },
        "representative": None,
        "support_needs": ["step-free"],
        "unmet_needs": [],
        "arrangements": [],
        "documents": ["Passport"],
        "notes": "Rings twice.",
        "numbers": [],
        "first_contact": None,
        "created_at": "2026-11-23T09:00:00+00:00",
        "changed_at": "2026-11-23T09:00:00+00:00",
    }


def test_a_hold_becomes_an_appointment_once(program: Program) -> None:
    slot = program.slots()[0]
    held = program.post("/holds", {"slot": slot["slot"]}).get_json()["hold"]
    answer = program.post("/appointments", {"hold": held, "resident": {"name": "Robin Sample"}})
    assert answer.status_code == 201
    assert answer.get_json()["starts_at"] == slot["starts_at"]
    again = program.post("/appointments", {"hold": held, "resident": {"name": "Robin Sample"}})
    assert_problem(again, 410, "hold_expired")


def test_an_expired_hold_is_gone(program: Program, clock: FixedClock) -> None:
    held = program.post("/holds", {"slot": program.slots()[4]["slot"]}).get_json()["hold"]
    clock.advance(timedelta(minutes=10))
    answer = program.post("/appointments", {"hold": held, "resident": {"name": "Robin Sample"}})
    assert_problem(answer, 410, "hold_expired")


def test_a_taken_slot_is_refused_with_alternatives(program: Program) -> None:
    slot = program.slots()[0]["slot"]
    program.book(slot)
    answer = program.post("/appointments", {"slot": slot, "resident": {"name": "Sam Sample"}})
    alternatives = assert_problem(answer, 409, "slot_taken")["alternatives"]
    assert alternatives == program.slots()[:3]


def test_two_services_are_kept_together(program: Program) -> None:
    slot = program.slots(service=["certify", "advice"])[0]
    booked = program.book(slot["slot"])
    assert (booked["service"], booked["services"]) == ("certify", ["certify", "advice"])
    assert (booked["starts_at"], booked["ends_at"]) == (slot["starts_at"], slot["ends_at"])
    assert program.get(f"/appointments/{booked['reference']}").get_json()["documents"] == [
        "Passport",
        "Tenancy agreement",
    ]


def test_a_representative_is_kept_with_the_basis(program: Program) -> None:
    who = {"name": "Casey Carer", "basis": "carer", "phone": "07700 900456"}
    booked = program.book(program.slots()[0]["slot"], representative=who)
    shown = program.get(f"/appointments/{booked['reference']}").get_json()["representative"]
    assert shown == who | {"email": "", "address": "", "postcode": ""}


@pytest.mark.parametrize(
    "name", ["Σοφία Παπαδοπούλου", "محمد علي", "王小明", "Zoë O’Brien-Łukasz", "🙂 Robin", "ก" * 200]
)
def test_names_come_in_any_script(name: str, program: Program) -> None:
    booked = program.book(program.slots()[0]["slot"], name, notes=f"{name}\nsecond line")
    shown = program.get(f"/appointments/{booked['reference']}").get_json()
    assert (shown["resident"]["name"], shown["notes"]) == (name, f"{name}\nsecond line")


def test_email_and_phone_are_not_needed(program: Program) -> None:
    empty = {"name": "Robin Sample", "email": "", "phone": None, "postcode": ""}
    answer = program.post("/appointments", {"slot": program.slots()[0]["slot"], "resident": empty})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resident": None}, "resident"),
        ({"resident": {}}, "resident.name"),
        ({"resident": {"name": "  "}}, "resident.name"),
        ({"resident": {"name": "x" * 201}}, "resident.name"),
        ({"resident": {"name": "Robin\x00"}}, "resident.name"),
        ({"resident": {"name": "Robin \ud800"}}, "resident.name"),
        ({"resident": {"name": 7}}, "resident.name"),
        ({"resident": PERSON | {"email": "no address"}}, "resident.email"),
        ({"resident": PERSON | {"email": "a\x00@example.org"}}, "resident.email"),
        ({"resident": PERSON | {"phone": "call me"}}, "resident.phone"),
        ({"resident": PERSON | {"postcode": "not one"}}, "resident.postcode"),
        ({"resident": PERSON | {"contact_preference": "pigeon"}}, "resident.contact_preference"),
        ({"support_needs": ["tea"]}, "support_needs.0"),
        ({"support_needs": "step-free"}, "support_needs"),
        ({"notes": "x" * 2001}, "notes"),
        ({"notes": "\x00"}, "notes"),
        ({"channel": "fax"}, "channel"),
        ({"slot": "x"}, "slot"),
        ({"slot": None}, "slot"),
        ({"hold": "a-hold-too"}, "slot"),
        ({"representative": {"name": "Casey"}}, "representative.basis"),
    ],
)
def test_what_cannot_be_used_is_named(change: dict[str, Any], field: str, program: Program) -> None:
    body = {"slot": program.slots()[0]["slot"], "resident": PERSON} | change
    assert_problem(program.post("/appointments", body), 422, "validation", field)
    assert len(program.slots(to="2026-11-23")) == 16


def test_a_resident_can_only_have_so_many(program: Program) -> None:
    slots = program.slots(**{"from": "2026-11-24"})
    for slot in slots[:2]:
        program.post("/appointments", {"slot": slot["slot"], "resident": PERSON})
    answer = program.post("/appointments", {"slot": slots[2]["slot"], "resident": PERSON})
    assert assert_problem(answer, 409, "limit_reached")["limit"] == 2


def test_the_calendar_file_can_be_fetched(program: Program) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    answer = program.get(f"/appointments/{reference}.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert f'filename="{reference}.ics"' in answer.headers["Content-Disposition"]
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART;TZID=Europe/London:20261123T090000" in answer.text
    assert "/manage/" not in answer.text
    assert "METHOD:PUBLISH" in answer.text


def test_the_calendar_file_of_a_cancelled_appointment_cancels_the_event(program: Program) -> None:
    reference = program.book(program.slots(**{"from": "2026-11-24"})[0]["slot"])["reference"]
    assert program.post(f"/appointments/{reference}/cancel", {}).status_code == 200
    cancelled = program.get(f"/appointments/{reference}.ics").text
    assert "METHOD:CANCEL" in cancelled
    assert "STATUS:CANCELLED" in cancelled


def test_an_unknown_reference_and_anothers_answer_alike(
    app: Flask, program: Program, database: Database, clock: FixedClock
) -> None:
    other = make_world(database, slug="otherham")
    stranger = program_with(app, key_for(database, other.authority_id, clock, "read", "book"))
    reference = program.book(program.slots()[0]["slot"])["reference"]
    for path in (f"/appointments/{reference}", f"/appointments/{reference}.ics"):
        theirs = assert_problem(stranger.get(path), 404, "not_found")
        nobodys = assert_problem(program.get(path.replace(reference, "22222222")), 404, "not_found")
        assert theirs == nobodys
    for action, body in (("cancel", {}), ("reschedule", {"slot": None}), ("outcome", {"outcome": "arrived"})):
        assert_problem(stranger.post(f"/appointments/{reference}/{action}", body), 404, "not_found")


def test_each_look_is_on_record(program: Program, database: Database, world: World) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    program.get(f"/appointments/{reference}")
    program.get(f"/appointments/{reference}.ics")
    with database.reading() as db:
        rows = db.scalars(select(ResidentView).order_by(ResidentView.id)).all()
    assert [(row.actor_kind, row.purpose, row.authority_id) for row in rows] == [
        ("api", "api_appointment", world.authority_id),
        ("api", "api_calendar", world.authority_id),
    ]
    assert all(row.resident_id for row in rows)


def test_an_appointment_says_how_somebody_first_asked_for_help() -> None:
    approach = Approach(NOW, "phone", "I am to be out by Friday.", "Wanda Sample", "Agnes Agent")
    said = first_contact(approach, "Europe/London")
    assert (FirstContactSchema().validate(said), said["asked_at"]) == ({}, "2026-11-23T08:00:00+00:00")
