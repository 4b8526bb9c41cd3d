"""How one visit is told of where that is not as the record says: what was asked for it, and who acts for the resident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.events import appointment_changed
from booking.tables import Appointment
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor, AuditEntry, record
from core.database import Database
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import Representative, Resident
from reminders.outbox import plan_notifications, planning_input
from reminders.recipients import CHANNELS, Withheld, deliveries_for
from reminders.returned_letters import mark_address
from reminders.tables import Notification
from tests.support.factories import NOW, make_appointment, make_runtime, make_world, slot_key_at

ROBIN = ResidentDetails("Robin Sample", phone="07700 900123", address="1 Elm Road", postcode="NW11 9QS")
ADA = Representation("Ada Helper", "carer", address="2 Oak Road", postcode="N12 0GA")
WHEN = NOW + timedelta(days=14, hours=1)


@pytest.fixture(autouse=True)
def _channels(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "letter", "call"}))


def book(database: Database, **values: Any) -> int:
    with appointment_changed.connected_to(plan_notifications):
        return make_appointment(make_runtime(database), make_world(database), WHEN, **values).appointment_id


@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.parametrize(
    ("spoke_with", "helper_phone", "is_heard"),
    [
        ("", None, False),
        ("resident", None, True),
        ("representative", None, False),
        ("representative", "", False),  # the resident is rung
        ("representative", "07700 900444", True),
        ("resident", "07700 900444", False),  # their helper is rung
        ("resident", "", True),
    ],
)
def test_nobody_is_rung_about_what_they_have_just_heard_and_everybody_else_is(
    database: Database, spoke_with: str, helper_phone: str | None, is_heard: bool, is_moved: bool
) -> None:
    world, runtime, agent = make_world(database), make_runtime(database), Actor("staff", None, "An agent")
    helper = None if helper_phone is None else Representation("Ada Helper", "carer", phone=helper_phone)
    people = {"resident": replace(ROBIN, address=""), "representative": helper, "channel": "phone", "actor": agent}
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(runtime, world, WHEN, **people, spoke_with="" if is_moved else spoke_with)
        if is_moved:
            move = Move(slot_key=slot_key_at(world, WHEN + timedelta(hours=1)), spoke_with=spoke_with)
            place = (runtime, world.authority_id, booked.reference)
            reschedule(*place, move, actor=agent, enforce_cutoff=False)
    kind = "rescheduled" if is_moved else "confirmation"
    with database.reading() as db:
        row = db.scalars(select(Notification).where(Notification.kind == kind)).one()
        assert (row.channel, row.status, row.reason) == (
            ("call", "withheld", "told_by_staff") if is_heard else ("call", "pending", "")
        )
        assert (row.told_at is not None) == is_heard
        reminders = select(Notification.status).where(Notification.kind.startswith("reminder"))
        assert "pending" in db.scalars(reminders).all()
        logged = [entry.facts.get("spoke_with", "") for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        assert logged[-1] == spoke_with


def test_a_letter_goes_to_who_acts_and_one_that_comes_back_marks_that_address_alone(database: Database) -> None:
    """The next one goes to the resident; and another letter of before the first came back says nothing of theirs."""
    appointment_id = book(database, resident=replace(ROBIN, phone=""), representative=ADA)

    def reader() -> tuple[str, str]:
        with database.reading() as db:
            planning = planning_input(db, appointment_id)
        deliveries = deliveries_for(planning.contacts, "confirmation", planning.rules)
        assert not isinstance(deliveries, Withheld)
        (found,) = deliveries
        return found.channel, found.address

    assert reader() == ("letter", "2 Oak Road\nN12 0GA")
    for returned_at in (NOW + timedelta(days=3), NOW + timedelta(days=4)):
        with database.writing() as db:
            letter = db.scalars(select(Notification).where(Notification.kind == "confirmation")).one()
            mark_address(db, letter, NOW, returned_at)
        assert reader() == ("letter", "1 Elm Road\nNW11 9QS")
    with database.writing() as db:
        assert db.scalar(select(Representative.letter_returned_at)) is not None
        assert db.scalar(select(Resident.letter_returned_at)) is None
        mark_address(db, db.get_one(Notification, letter.id), NOW + timedelta(days=5), NOW + timedelta(days=9))
        assert db.scalar(select(Resident.letter_returned_at)) is not None


def test_a_letter_from_before_a_move_says_nothing_of_the_new_address(database: Database) -> None:
    book(database, resident=replace(ROBIN, phone=""))
    with database.writing() as db:
        letter = db.scalars(select(Notification).where(Notification.kind == "confirmation")).one()
        robin, later = db.scalars(select(Resident)).one(), NOW + timedelta(days=2)
        subject = ("resident", robin.id)
        record(db, Actor.system(), "resident_changed", subject, authority_id=robin.authority_id, now=later)
        mark_address(db, letter, NOW, NOW + timedelta(days=5))
        assert robin.letter_returned_at is None
        mark_address(db, letter, NOW + timedelta(days=3), NOW + timedelta(days=8))
        assert robin.letter_returned_at is not None


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ({"contact_preference": "letter", "address": "9 Lime Walk"}, ("letter", None, "9 Lime Walk\nNW11 9QS")),
        ({"contact_preference": "call", "leave_no_message": True}, ("call", True, None)),
        ({}, (None, None, None)),
    ],
    ids=["letter", "ring me", "as on record"],
)
def test_what_somebody_known_asks_for_online_counts_for_that_visit_and_leaves_the_record(
    database: Database, asked: dict[str, Any], own: tuple[Any, ...]
) -> None:
    known, runtime, world = replace(ROBIN, email="robin@example.org"), make_runtime(database), make_world(database)
    make_appointment(runtime, world, WHEN, resident=known)
    booked = make_appointment(runtime, world, WHEN + timedelta(days=1), resident=replace(known, **asked))
    with database.reading() as db:
        row = db.get_one(Appointment, booked.appointment_id)
        assert (row.contact_preference, row.contact_leave_no_message, row.contact_postal) == own
        resident = db.scalars(select(Resident)).one()
        assert (resident.contact_preference, resident.address) == ("email", "1 Elm Road")
