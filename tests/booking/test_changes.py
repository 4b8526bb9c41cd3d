"""Moving, cancelling and correcting appointments; closures that touch them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.events import AppointmentChange, appointment_changed
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.booked_visits import count_ahead
from booking.queries.own_changes import can_change
from booking.states import Contact, State
from booking.tables import RebookItem
from booking.use_cases.book import Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.closures import list_touched
from booking.use_cases.holds import hold_slot
from booking.use_cases.outcomes import correct, record_outcome
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from core.database import Database
from core.errors import HoldExpired, IllegalMove, Invalid, NotFound, SlotTaken, TooSoon
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    catalogue,
    make_appointment,
    make_runtime,
    make_world,
    slot_key_at,
    slots_of,
)

TEN = NOW + timedelta(hours=2)  # 10:00
TOMORROW = TEN + timedelta(days=1)


def read(database: Database, world: World, reference: str) -> AppointmentView:
    """The appointment as a screen sees it."""
    with database.reading() as db:
        return by_reference(db, catalogue(database, world), reference)


def close(runtime: Runtime, world: World, starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    """A new closure of the site: its id, and how many appointments went on its list."""
    with runtime.database.writing() as db:
        bump_plan(db, world.authority_id, [world.site_id])
        row = Closure(
            authority_id=world.authority_id,
            site_id=world.site_id,
            slug=f"boiler-{starts_at:%H%M}",
            starts_at=starts_at,
            ends_at=ends_at,
            reason="Boiler",
        )
        db.add(row)
        db.flush()
        return row.id, list_touched(db, row.id, NOW)


def test_rescheduling_keeps_the_reference_and_raises_the_version(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    moved = reschedule(
        runtime,
        world.authority_id,
        booked.reference,
        Move(slot_key_at(world, TOMORROW)),
        actor=RESIDENT,
        enforce_cutoff=True,
    )
    view = read(database, world, booked.reference)
    assert (moved.reference, moved.version, view.starts_at) == (booked.reference, 2, TOMORROW)
    free = {slot.starts_at for slot in slots_of(database, world)}
    assert TEN in free
    assert TOMORROW not in free


def test_moving_half_an_hour_may_overlap_with_its_own_old_time(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, support_needs=("extra-time",))
    later = TEN + timedelta(minutes=30)
    reschedule(
        runtime,
        world.authority_id,
        booked.reference,
        Move(slot_key_at(world, later)),
        actor=RESIDENT,
        enforce_cutoff=True,
    )
    view = read(database, world, booked.reference)
    assert (view.starts_at, view.ends_at) == (later, later + timedelta(minutes=45))


def test_a_failed_move_leaves_the_old_time_kept(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    make_appointment(runtime, world, TOMORROW)
    with pytest.raises(SlotTaken):
        reschedule(
            runtime,
            world.authority_id,
            booked.reference,
            Move(slot_key_at(world, TOMORROW)),
            actor=RESIDENT,
            enforce_cutoff=True,
        )
    assert read(database, world, booked.reference).starts_at == TEN
    assert TEN not in {slot.starts_at for slot in slots_of(database, world)}


def test_moving_to_a_held_time_uses_the_hold(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    kept = hold_slot(runtime, slot_key_at(world, TOMORROW), for_public=False)
    reschedule(runtime, world.authority_id, booked.reference, Move(hold=kept.token), actor=AGENT, enforce_cutoff=False)
    assert read(database, world, booked.reference).starts_at == TOMORROW
    assert TEN in {slot.starts_at for slot in slots_of(database, world)}


def test_another_services_slot_is_refused(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    with pytest.raises(Invalid):
        reschedule(
            runtime,
            world.authority_id,
            booked.reference,
            Move(slot_key_at(world, TOMORROW, service=1)),
            actor=AGENT,
            enforce_cutoff=False,
        )


def test_cancelling_frees_the_time_and_raises_the_version(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database, TEN - timedelta(hours=24))
    booked = make_appointment(make_runtime(database), world, TEN)
    key = IdempotencyKey.of("form", "cancel", b"")
    for _ in range(2):
        answer = cancel(
            runtime,
            world.authority_id,
            booked.reference,
            actor=RESIDENT,
            by="resident",
            enforce_cutoff=True,
            idempotency=key,
        )
        assert answer.version == 2
    assert read(database, world, booked.reference).state is State.CANCELLED_BY_RESIDENT
    assert TEN in {slot.starts_at for slot in slots_of(database, world)}


def test_past_the_cutoff_only_staff_can_change_it(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    late = make_runtime(database, TEN - timedelta(minutes=119))
    assert not can_change(read(database, world, booked.reference), late.clock.now())
    with pytest.raises(TooSoon) as refused:
        cancel(late, world.authority_id, booked.reference, actor=RESIDENT, by="resident", enforce_cutoff=True)
    assert refused.value.limit_at == TEN - timedelta(hours=2)
    with pytest.raises(Invalid):
        cancel(late, world.authority_id, booked.reference, actor=AGENT, by="authority", enforce_cutoff=False)
    cancel(
        late, world.authority_id, booked.reference, actor=AGENT, by="authority", reason="Flood", enforce_cutoff=False
    )
    assert read(database, world, booked.reference).state_reason == "Flood"


def test_a_cancelled_appointment_cannot_be_moved_or_cancelled_again(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TOMORROW)
    cancel(runtime, world.authority_id, booked.reference, actor=RESIDENT, by="resident", enforce_cutoff=True)
    with pytest.raises(IllegalMove):
        cancel(runtime, world.authority_id, booked.reference, actor=RESIDENT, by="resident", enforce_cutoff=True)
    with pytest.raises(IllegalMove):
        reschedule(
            runtime,
            world.authority_id,
            booked.reference,
            Move(slot_key_at(world, TEN)),
            actor=AGENT,
            enforce_cutoff=False,
        )


def test_details_change_without_a_new_version(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    details = Details(Contact("", "07700 900789", "email", leave_no_message=False), ("hearing-loop",))
    change_details(runtime, world.authority_id, booked.reference, details, actor=RESIDENT)
    view = read(database, world, booked.reference)
    assert (view.version, view.resident.phone, view.resident.email) == (1, "07700 900789", "")
    assert view.support_needs == ("hearing-loop",)


def test_each_change_is_announced_with_its_version(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    heard: list[tuple[str, int]] = []

    def listen(db: object, change: AppointmentChange) -> None:
        heard.append((change.what, change.version))

    with appointment_changed.connected_to(listen):
        booked = make_appointment(runtime, world, TEN)
        reference = booked.reference
        reschedule(
            runtime,
            world.authority_id,
            reference,
            Move(slot_key_at(world, TOMORROW)),
            actor=AGENT,
            enforce_cutoff=False,
        )
        cancel(runtime, world.authority_id, reference, actor=RESIDENT, by="resident", enforce_cutoff=True)
    assert heard == [("booked", 1), ("rescheduled", 2), ("cancelled", 3)]


def test_the_front_desk_walks_an_appointment_to_its_end_and_back_one_step(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    reference = make_appointment(runtime, world, TEN).reference
    for state in (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED):
        record_outcome(runtime, world.authority_id, reference, state, actor=AGENT)
    with pytest.raises(Invalid):
        correct(runtime, world.authority_id, reference, State.IN_PROGRESS, actor=AGENT, reason=" ")
    correct(runtime, world.authority_id, reference, State.IN_PROGRESS, actor=AGENT, reason="Wrong row")
    with pytest.raises(Invalid):
        record_outcome(runtime, world.authority_id, reference, State.NOT_COMPLETED, actor=AGENT)
    record_outcome(
        runtime, world.authority_id, reference, State.NOT_COMPLETED, actor=AGENT, reason="No proof of address"
    )
    assert read(database, world, reference).state_reason == "No proof of address"
    with database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["booked", "moved", "moved", "moved", "corrected", "moved"]


def test_a_move_out_of_order_is_refused(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    reference = make_appointment(runtime, world, TEN).reference
    for state in (State.ATTENDED, State.DID_NOT_ATTEND, State.CANCELLED_BY_RESIDENT, State.BOOKED):
        with pytest.raises(IllegalMove):
            record_outcome(runtime, world.authority_id, reference, state, actor=AGENT)
    with pytest.raises(NotFound):
        record_outcome(runtime, world.authority_id, "22222222", State.ARRIVED, actor=AGENT)


def test_a_closure_hides_the_slots_it_touches_and_lists_who_must_be_rebooked(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    touched = make_appointment(runtime, world, TEN)
    make_appointment(runtime, world, TEN + timedelta(hours=2))
    kept = hold_slot(runtime, slot_key_at(world, TEN + timedelta(minutes=30)), for_public=True)
    closure_id, listed = close(runtime, world, TEN, TEN + timedelta(hours=1))
    assert listed == 1
    free = {slot.starts_at for slot in slots_of(database, world)}
    assert not {TEN, TEN + timedelta(minutes=30)} & free
    assert {TEN - timedelta(minutes=30), TEN + timedelta(hours=1)} <= free
    with pytest.raises(HoldExpired):
        book(runtime, Booking(world.authority_id, "online", ResidentDetails("Robin"), hold=kept.token), actor=RESIDENT)
    with database.writing() as db:
        assert list_touched(db, closure_id, NOW) == 0
    reschedule(
        runtime,
        world.authority_id,
        touched.reference,
        Move(slot_key_at(world, TOMORROW)),
        actor=AGENT,
        enforce_cutoff=False,
    )
    with database.reading() as db:
        (item,) = db.scalars(select(RebookItem)).all()
    assert (item.appointment_id, item.closed_at) == (touched.appointment_id, NOW)


def test_a_closure_that_only_touches_the_edge_takes_nobody(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    make_appointment(runtime, world, TEN)
    assert close(runtime, world, TEN + timedelta(minutes=30), TEN + timedelta(hours=1))[1] == 0
    assert close(runtime, world, TEN - timedelta(hours=1), TEN)[1] == 0


def test_appointments_ahead_are_counted_for_whatever_they_rely_on(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    make_appointment(runtime, world, TEN)
    with database.reading() as db:
        for kind, row_id in (
            ("site", world.site_id),
            ("resource", world.resource_ids[0]),
            ("service", world.service_ids[0]),
        ):
            assert count_ahead(db, kind=kind, row_id=row_id, now=NOW) == 1
            assert count_ahead(db, kind=kind, row_id=row_id, now=TOMORROW) == 0
        assert count_ahead(db, kind="service", row_id=world.service_ids[1], now=NOW) == 0
