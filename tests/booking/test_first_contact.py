"""First contact counts: it is kept once, goes with what follows from it, and nothing that comes later changes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.queries.appointments import by_reference
from booking.urgent.tables import UrgentRequest
from booking.urgent.urgent_rules import UrgentAsk
from booking.use_cases.book import Booked
from booking.use_cases.first_contact import record_approach
from booking.use_cases.hand_over import NewOwner, hand_over
from booking.use_cases.urgent_requests import keep_urgent
from core.database import Database
from core.runtime import Runtime
from people.residents.approach import Approach
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import FirstContact
from reminders.appointment_queries import message_facts
from tests.support.factories import AGENT, NOW, World, catalogue, make_appointment, make_runtime, make_world

FIRST = Approach(NOW - timedelta(days=3), "phone", "I am to be out by Friday.", asked_by="Wanda Sample")
LATER = Approach(NOW, "online", "Somewhere to sleep? No")


@pytest.fixture
def world(database: Database) -> World:
    """Two desks."""
    return make_world(database, desks=2)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


def booked(runtime: Runtime, world: World, resident: int, day: int, approach: Approach | None) -> Booked:
    """A visit at ten, so many days from now."""
    starts_at = NOW + timedelta(days=day, hours=2)
    return make_appointment(
        runtime, world, starts_at, resident=resident, channel="phone", actor=AGENT, approach=approach
    )


def test_an_urgent_request_goes_to_the_right_person_with_the_appointment(runtime: Runtime, world: World) -> None:
    with runtime.database.writing() as db:
        wrong, right = (
            create_resident(db, world.authority_id, ResidentDetails(name), NOW)
            for name in ("Robin Sample", "Percy Sample")
        )
    yesterday = make_runtime(runtime.database, NOW - timedelta(days=1))
    for when, key in ((yesterday, "their own"), (runtime, "of this call")):
        ask = UrgentAsk(key, "housing", "phone", ("homeless_tonight",), "No", wrong)
        keep_urgent(when, world.authority_id, ask, actor=AGENT)
    appointment = booked(runtime, world, wrong, 1, None)
    hand_over(runtime, world.authority_id, appointment.reference, NewOwner(wrong, right, ()), actor=AGENT)
    with runtime.database.reading() as db:
        found = db.execute(select(UrgentRequest.asked_key, UrgentRequest.resident_id)).all()
    assert dict(found) == {"their own": wrong, "of this call": right}


def test_the_first_contact_stays_and_goes_with_what_follows_from_it_alone(runtime: Runtime, world: World) -> None:
    database = runtime.database
    with database.writing() as db:
        resident, other = (
            create_resident(db, world.authority_id, ResidentDetails(name), NOW)
            for name in ("Robin Sample", "Percy Sample")
        )
    record_approach(runtime, world.authority_id, resident, FIRST, actor=AGENT)
    of_it, not_of_it = booked(runtime, world, resident, 1, LATER), booked(runtime, world, resident, 2, None)
    kept = Approach(FIRST.asked_at, FIRST.channel, FIRST.words, FIRST.asked_by, taken_by=AGENT.name)
    with database.reading() as db:
        views = [by_reference(db, catalogue(database, world), one.reference) for one in (of_it, not_of_it)]
        facts = message_facts(db, [of_it.appointment_id, not_of_it.appointment_id])
    assert [view.first_contact for view in views] == [kept, None]
    asked = {key: one.asked_at for key, one in facts.items()}
    assert asked == {of_it.appointment_id: FIRST.asked_at, not_of_it.appointment_id: None}
    owner = NewOwner(resident, other, ())
    hand_over(runtime, world.authority_id, of_it.reference, owner, actor=AGENT)
    with database.reading() as db:
        assert by_reference(db, catalogue(database, world), of_it.reference).first_contact == kept
        assert db.scalars(select(FirstContact.resident_id)).all() == [other]
