"""A meeting in Welsh is had with whoever speaks it; where nobody does, an interpreter is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from booking.arrangements import ArrangementState
from booking.calendar.change_lines import change_lines
from booking.calendar.need_lines import chosen_needs, need_lines
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.other_resources import other_resources
from booking.queries.proposed_changes import change_to
from booking.queries.spoken_times import spoken_at
from booking.queries.unmet_needs import spoken_in_hold
from booking.tables import Appointment
from booking.use_cases.arrange_need import Decision, arrange_need
from booking.use_cases.book import Booked
from booking.use_cases.holds import hold_slot
from booking.use_cases.reschedule import Move, reschedule
from core.database import Database
from core.errors import Stale, TooSoon
from core.language import language_for
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Closure, Resource
from people.residents.details import WELSH, needs_asked
from reminders.appointment_queries import message_facts
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    catalogue,
    make_appointment,
    make_resource,
    make_runtime,
    make_session,
    make_world,
    slot_key_at,
    slots_of,
)

SPOKEN, ASKED, CONFIRMED = ArrangementState.SPOKEN, ArrangementState.ASKED, ArrangementState.CONFIRMED
FIRST = datetime(2026, 11, 26, tzinfo=UTC)  # three days after the Monday of NOW
SOON, LATER = NOW.replace(hour=11), FIRST + timedelta(hours=11)
IN_WELSH = frozenset({WELSH})


@pytest.fixture
def world(database: Database) -> World:
    """Two desks, one with somebody who speaks Welsh, and three days to find an interpreter."""
    made = make_world(database, desks=2)
    with database.writing() as db:
        db.get_one(Authority, made.authority_id).interpreter_lead_days = 3
        db.get_one(Resource, made.resource_ids[0]).skills = [WELSH]
        bump_plan(db, made.authority_id)
    return made


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


def view_of(runtime: Runtime, world: World, booked: Booked) -> AppointmentView:
    """The appointment as pages read it, which is as messages read it."""
    with runtime.database.reading() as db:
        view = by_reference(db, catalogue(runtime.database, world), booked.reference)
        facts = message_facts(db, [view.id])[view.id]
    assert (facts.arrangements, tuple(facts.unmet_needs)) == (view.arrangements, view.unmet_needs)
    return view


def test_the_first_has_the_adviser_and_the_next_an_interpreter(runtime: Runtime, world: World) -> None:
    first, second = (make_appointment(runtime, world, LATER, support_needs=(WELSH,)) for _ in range(2))
    one, other = view_of(runtime, world, first), view_of(runtime, world, second)
    assert (one.arrangements, other.arrangements) == ({WELSH: SPOKEN}, {WELSH: ASKED})
    assert one.unmet_needs == other.unmet_needs == ()
    arrange_need(runtime, world.authority_id, second.reference, Decision(WELSH, CONFIRMED, 1), actor=AGENT)
    assert view_of(runtime, world, second).arrangements == {WELSH: CONFIRMED}
    with pytest.raises(Stale):  # there is nothing to look for
        arrange_need(runtime, world.authority_id, first.reference, Decision(WELSH, CONFIRMED, 1), actor=AGENT)


def test_a_move_to_the_adviser_needs_no_interpreter_and_back_asks_again(runtime: Runtime, world: World) -> None:
    make_appointment(runtime, world, LATER, support_needs=(WELSH,))
    booked = make_appointment(runtime, world, LATER, support_needs=(WELSH,))
    arrange_need(runtime, world.authority_id, booked.reference, Decision(WELSH, CONFIRMED, 1), actor=AGENT)
    for starts_at, state in ((LATER + timedelta(hours=1), SPOKEN), (LATER, ASKED)):
        move = Move(slot_key=slot_key_at(world, starts_at))
        reschedule(runtime, world.authority_id, booked.reference, move, actor=RESIDENT, enforce_cutoff=False)
        assert view_of(runtime, world, booked).arrangements == {WELSH: state}


def test_sooner_than_an_interpreter_only_the_adviser_is_had(runtime: Runtime, world: World) -> None:
    """Also where the time was held before anybody said that it is to be in Welsh."""
    key = slot_key_at(world, SOON)
    assert SOON in {slot.starts_at for slot in slots_of(runtime.database, world, needs=IN_WELSH)}
    hold_slot(runtime, key, for_public=True, needs=IN_WELSH)
    other = hold_slot(runtime, key, for_public=True)
    with pytest.raises(TooSoon) as refused:
        make_appointment(runtime, world, SOON, slot_key=None, hold=other.token, support_needs=(WELSH,))
    assert refused.value.limit_at == FIRST
    by_staff = {"actor": AGENT, "slot_key": None, "hold": other.token}
    booked = make_appointment(runtime, world, SOON, support_needs=(WELSH,), **by_staff)
    assert view_of(runtime, world, booked).arrangements == {WELSH: ASKED}


@pytest.mark.parametrize("is_spoken", [True, False])
def test_a_colleague_without_welsh_takes_over_only_from_another(
    runtime: Runtime, world: World, *, is_spoken: bool
) -> None:
    """Who is served by a speaker of Welsh would have nobody to speak it with, and would not be told."""
    third = make_resource(runtime.database, world.authority_id, world.site_id, "desk-3")
    make_session(runtime.database, world.authority_id, world.site_id, [third], world.service_ids, "third")
    with runtime.database.writing() as db:
        bump_plan(db, world.authority_id)
    booked = [make_appointment(runtime, world, LATER, support_needs=(WELSH,)) for _ in range(1 if is_spoken else 2)]
    view = view_of(runtime, world, booked[-1])
    with runtime.database.writing() as db:
        away = {"authority_id": world.authority_id, "site_id": world.site_id, "resource_id": view.resources[0].id}
        db.add(Closure(**away, slug="ill", starts_at=LATER, ends_at=LATER + timedelta(hours=2)))
        bump_plan(db, world.authority_id)
    with runtime.database.reading() as db:
        (found,) = other_resources(db, catalogue(runtime.database, world), [view], NOW)
    assert bool(found.resources) is not is_spoken


@pytest.mark.parametrize(
    ("booked_before", "said"), [(0, "an adviser who speaks it"), (1, "an interpreter, whom we look for")]
)
def test_it_is_said_before_the_choice_and_kept_after_it(
    runtime: Runtime, world: World, booked_before: int, said: str
) -> None:
    """By the page of a time, by a hold, and by a proposal; as the appointment says afterwards."""
    for _ in range(booked_before):
        make_appointment(runtime, world, LATER, support_needs=(WELSH,))
    mover = make_appointment(runtime, world, LATER + timedelta(hours=2), support_needs=(WELSH,))
    key, plan, english = slot_key_at(world, LATER), catalogue(runtime.database, world), language_for("en")
    with runtime.database.reading() as db:
        chosen = spoken_at(db, plan, key, IN_WELSH, NOW)
        assert said in need_lines(chosen_needs((WELSH,), "", chosen), english)[0]
        row = db.scalars(select(Appointment).where(Appointment.reference == mover.reference)).one()
        old = SimpleNamespace(**{**vars(row), "postcode": ""})
        (line,) = [one for one in change_lines(change_to(plan, old, key, (), (), chosen), english) if "Welsh" in one]
        assert said in line
    held = hold_slot(runtime, key, for_public=True, needs=IN_WELSH)
    with runtime.database.reading() as db:
        assert spoken_in_hold(db, plan.site_by_id(world.site_id), held.token) == chosen
    reschedule(
        runtime, world.authority_id, mover.reference, Move(hold=held.token), actor=RESIDENT, enforce_cutoff=False
    )
    assert view_of(runtime, world, mover).arrangements == {WELSH: SPOKEN if chosen else ASKED}


def test_it_is_asked_for_in_wales_and_kept_where_it_is_known() -> None:
    assert WELSH in needs_asked("cy")
    assert WELSH not in needs_asked("en")
    assert WELSH in needs_asked("en", [WELSH])
