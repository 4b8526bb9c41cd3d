"""What happens to an appointment and what it then owes, on the real database through the real use cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from booking.events import AppointmentChange, announce, appointment_changed, manage_link_requested
from booking.states import State
from booking.use_cases.cancel import cancel
from booking.use_cases.manage_links import answer_link_requests, request_manage_link
from booking.use_cases.outcomes import correct, record_outcome
from booking.use_cases.reschedule import Move, reschedule
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from reminders.loaded_data import plan_in_bulk
from reminders.outbox import plan_notifications, send_manage_link
from reminders.tables import Notification
from tests.reminders.make_bulk_notifications import notifications, outbox_of
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, make_world, slot_key_at

STARTS = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
LATER = datetime(2026, 12, 10, 10, 30, tzinfo=UTC)
REMINDED = ("reminder_7d", "reminder_1d", "reminder_2h")


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    with (
        appointment_changed.connected_to(plan_notifications),
        manage_link_requested.connected_to(send_manage_link),
    ):
        yield


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_booking_writes_what_it_owes(runtime: Runtime, world: World) -> None:
    booked = make_appointment(runtime, world, STARTS)
    assert outbox_of(runtime.database, booked.appointment_id) == {
        "confirmation/1": "pending",
        "reminder_7d/1": "pending",
        "reminder_1d/1": "pending",
        "reminder_2h/1": "pending",
    }


def test_a_reschedule_voids_what_the_old_version_still_owed(runtime: Runtime, world: World) -> None:
    booked = make_appointment(runtime, world, STARTS)
    move_to = Move(slot_key=slot_key_at(world, LATER))
    reschedule(runtime, world.authority_id, booked.reference, move_to, actor=RESIDENT, enforce_cutoff=True)
    outbox = outbox_of(runtime.database, booked.appointment_id)
    assert {outbox[f"{kind}/1"] for kind in ("confirmation", *REMINDED)} == {"void"}
    assert {outbox[f"{kind}/2"] for kind in ("rescheduled", *REMINDED)} == {"pending"}
    assert all(row.reason for row in notifications(runtime.database) if row.status == "void")


def test_a_cancellation_leaves_its_notice_alone(runtime: Runtime, world: World) -> None:
    booked = make_appointment(runtime, world, STARTS)
    cancel(runtime, world.authority_id, booked.reference, actor=RESIDENT, by="resident", enforce_cutoff=True)
    pending = [kind for kind, state in outbox_of(runtime.database, booked.appointment_id).items() if state == "pending"]
    assert pending == ["cancelled/2"]


def test_an_arrival_voids_reminders_and_a_correction_owes_them_again(runtime: Runtime, world: World) -> None:
    """A wrong click at the desk must not cost anybody their reminder."""
    booked = make_appointment(runtime, world, STARTS)
    record_outcome(runtime, world.authority_id, booked.reference, State.ARRIVED, actor=AGENT)
    assert set(outbox_of(runtime.database, booked.appointment_id).values()) == {"void"}
    correct(runtime, world.authority_id, booked.reference, State.BOOKED, reason="Wrong person", actor=AGENT)
    assert set(outbox_of(runtime.database, booked.appointment_id).values()) == {"pending"}


def test_announcing_the_same_change_twice_writes_nothing_more(runtime: Runtime, world: World) -> None:
    booked = make_appointment(runtime, world, STARTS)
    before = outbox_of(runtime.database, booked.appointment_id)
    with runtime.database.writing() as db:
        now = runtime.clock.now()
        announce(db, AppointmentChange(world.authority_id, booked.appointment_id, 1, "details", now))
    assert outbox_of(runtime.database, booked.appointment_id) == before


def announce_and_fail(runtime: Runtime, change: AppointmentChange) -> None:
    with runtime.database.writing() as db:
        announce(db, change)
        raise ZeroDivisionError


def test_what_is_owed_is_undone_with_the_booking(runtime: Runtime, world: World) -> None:
    booked = make_appointment(runtime, world, STARTS)
    before = outbox_of(runtime.database, booked.appointment_id)
    with pytest.raises(ZeroDivisionError):
        announce_and_fail(runtime, AppointmentChange(world.authority_id, booked.appointment_id, 1, "rescheduled", NOW))
    assert outbox_of(runtime.database, booked.appointment_id) == before


def test_a_lost_link_is_owed_once_more_but_not_at_every_click(runtime: Runtime, world: World) -> None:
    assert isinstance(runtime.clock, FixedClock)
    person = ResidentDetails("Robin Sample", email="robin@example.org")
    booked = make_appointment(runtime, world, STARTS, resident=person)
    for minutes in (0, 1, 10):
        runtime.clock.advance(timedelta(minutes=minutes))
        request_manage_link(runtime, world.authority_id, booked.reference, "sample")
        assert answer_link_requests(runtime) == 1
    links = [kind for kind in outbox_of(runtime.database, booked.appointment_id) if kind.startswith("manage_link")]
    assert links == ["manage_link_1/1", "manage_link_2/1"]


def test_bulk_planning_gives_loaded_appointments_their_reminders_once(runtime: Runtime, world: World) -> None:
    loaded, known = make_appointment(runtime, world, STARTS), make_appointment(runtime, world, LATER)
    with runtime.database.writing() as db:
        db.execute(delete(Notification).where(Notification.appointment_id == loaded.appointment_id))
    before = outbox_of(runtime.database, known.appointment_id)
    for expected in (3, 0):
        with runtime.database.writing() as db:
            assert plan_in_bulk(db, world.authority_id, runtime.clock.now()) == expected
    assert outbox_of(runtime.database, loaded.appointment_id) == {f"{kind}/1": "pending" for kind in REMINDED}
    assert outbox_of(runtime.database, known.appointment_id) == before
