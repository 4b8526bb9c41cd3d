"""Closures, holds and moves at the same moment: nobody is missed, and nothing deadlocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.states import State
from booking.tables import Allocation, Appointment, RebookItem
from booking.use_cases.book import Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.closures import list_touched
from booking.use_cases.holds import hold_slot
from booking.use_cases.reschedule import Move, reschedule
from core.database import Database
from core.errors import CapacityConflict, HoldExpired, IllegalMove, Invalid, LimitReached, SlotTaken
from core.idempotency import IdempotencyKey, IdempotencyRecord, run_once
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Closure
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    make_appointment,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_world,
    slot_key_at,
    slots_of,
)

TEN = NOW + timedelta(hours=2)  # 10:00


def close(runtime: Runtime, world: World, slug: str, resource_id: int | None = None) -> int:
    """Close the site, or one resource, from 10:00 to 11:00, as an import does; how many went on the list."""
    with runtime.database.writing() as db:
        db.scalar(select(Authority).where(Authority.id == world.authority_id).with_for_update(key_share=True))
        bump_plan(db, world.authority_id)
        row = Closure(
            authority_id=world.authority_id,
            site_id=world.site_id,
            resource_id=resource_id,
            slug=slug,
            starts_at=TEN,
            ends_at=TEN + timedelta(hours=1),
        )
        db.add(row)
        db.flush()
        return list_touched(db, row.id, NOW)


def test_a_hold_on_a_resource_that_closes_cannot_become_an_appointment(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    holds = [hold_slot(runtime, slot_key_at(world, TEN), for_public=True) for _ in range(2)]
    with database.reading() as db:
        first_desk = db.scalar(select(Allocation.resource_id).order_by(Allocation.id).limit(1))
    assert close(runtime, world, "desk", first_desk) == 0
    with pytest.raises(HoldExpired):
        book(
            runtime,
            Booking(world.authority_id, "online", ResidentDetails("Robin"), hold=holds[0].token),
            actor=RESIDENT,
        )
    assert book(
        runtime, Booking(world.authority_id, "online", ResidentDetails("Kim"), hold=holds[1].token), actor=RESIDENT
    )


def test_a_closure_beside_bookings_moves_and_cancellations_misses_nobody(database: Database) -> None:
    """Whatever the order: every booked appointment in the closed hour is on the list, and nothing breaks."""
    world, runtime = make_world(database, desks=8), make_runtime(database)
    movers = [make_appointment(runtime, world, TEN + timedelta(hours=3)).reference for _ in range(3)]
    leavers = [make_appointment(runtime, world, TEN).reference for _ in range(3)]
    away = slot_key_at(world, TEN + timedelta(hours=4))
    gate = Barrier(13)

    def run(operation: object) -> None:
        gate.wait()
        with suppress(SlotTaken, HoldExpired, IllegalMove):
            operation()  # type: ignore[operator]

    def book_now() -> None:
        make_appointment(runtime, world, TEN)

    def book_held() -> None:
        held = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
        book(runtime, Booking(world.authority_id, "online", ResidentDetails("Kim"), hold=held.token), actor=RESIDENT)

    def move(reference: str, slot_key: object) -> None:
        reschedule(runtime, world.authority_id, reference, Move(slot_key), actor=AGENT, enforce_cutoff=False)  # type: ignore[arg-type]

    operations: list[object] = [book_now, book_now, book_held, book_held]
    operations += [lambda reference=reference: move(reference, slot_key_at(world, TEN)) for reference in movers]
    operations += [lambda reference=reference: move(reference, away) for reference in leavers[:2]]
    operations += [
        lambda: cancel(
            runtime, world.authority_id, leavers[2], actor=AGENT, by="authority", reason="Flood", enforce_cutoff=False
        )
    ]
    operations += [lambda number=number: close(runtime, world, f"boiler-{number}") for number in range(3)]
    with ThreadPoolExecutor(13) as pool:
        list(pool.map(run, operations))
    with database.reading() as db:
        in_the_hour = Appointment.starts_at.between(TEN, TEN + timedelta(minutes=59))
        stranded = db.scalars(select(Appointment.id).where(in_the_hour, Appointment.state == State.BOOKED)).all()
        listed = db.scalars(select(RebookItem.appointment_id).where(RebookItem.closed_at.is_(None))).all()
    assert set(listed) == set(stranded)
    assert TEN not in {slot.starts_at for slot in slots_of(database, world)}


def test_needs_that_the_held_time_cannot_meet_are_refused(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    held = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    for needs in (("hearing-loop",), ("extra-time",)):
        booking = Booking(world.authority_id, "api", ResidentDetails("Robin"), hold=held.token, support_needs=needs)
        with pytest.raises(Invalid) as refused:
            book(runtime, booking, actor=RESIDENT)
        assert "support_needs" in refused.value.errors
    met = Booking(
        world.authority_id, "api", ResidentDetails("Robin"), hold=held.token, support_needs=("step-free", "bsl")
    )
    assert book(runtime, met, actor=RESIDENT)


def test_a_need_that_the_held_desk_meets_is_met(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    desk = make_resource(database, world.authority_id, world.site_id, "loop-desk", skills=["hearing-loop"], kind="room")
    service = make_service(database, world.authority_id, "listen", requirements=[{"kind": "room", "skills": []}])
    make_session(database, world.authority_id, world.site_id, [desk], [service], "listening")
    (slot, *_rest) = slots_of(database, world, service_ids=(service,))
    held = hold_slot(runtime, slot.slot_key, for_public=True)
    booking = Booking(
        world.authority_id, "api", ResidentDetails("Robin"), hold=held.token, support_needs=("hearing-loop",)
    )
    assert book(runtime, booking, actor=RESIDENT)


def test_another_telephone_number_does_not_get_round_the_limit(database: Database) -> None:
    world, runtime = make_world(database, desks=4), make_runtime(database)
    for number in range(2):
        person = ResidentDetails("Robin Sample", email="robin@example.org", phone=f"07700 90010{number}")
        make_appointment(runtime, world, TEN, resident=person)
    with pytest.raises(LimitReached):
        make_appointment(
            runtime,
            world,
            TEN,
            resident=ResidentDetails("Robin Sample", email="robin@example.org", phone="07700 900109"),
        )
    assert make_appointment(runtime, world, TEN, resident=ResidentDetails("Kim Sample", email="robin@example.org"))


def test_bookings_at_once_by_email_and_by_telephone_are_counted_together(database: Database) -> None:
    world, runtime = make_world(database, desks=8), make_runtime(database)
    make_appointment(
        runtime, world, TEN, resident=ResidentDetails("Robin Sample", email="robin@example.org", phone="07700 900100")
    )
    people = [
        ResidentDetails("Robin Sample", email="robin@example.org"),
        ResidentDetails("Robin Sample", phone="07700 900100"),
    ] * 3
    gate = Barrier(len(people))

    def race(person: ResidentDetails) -> bool:
        gate.wait()
        try:
            make_appointment(runtime, world, TEN, resident=person)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(len(people)) as pool:
        assert sum(pool.map(race, people)) == 1


def test_the_same_service_twice_in_one_visit_counts_twice(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    service = world.service_ids[0]
    three = slot_key_at(world, TEN).__class__(
        world.authority_id, world.site_id, (service,) * 3, "in_person", slot_key_at(world, TEN).start_unit
    )
    person = ResidentDetails("Robin Sample", email="robin@example.org")
    make_appointment(runtime, world, TEN + timedelta(hours=5), resident=person)
    with pytest.raises(LimitReached):
        make_appointment(runtime, world, TEN, resident=person, slot_key=three)


def test_a_holds_token_is_nowhere_in_the_database(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    key = IdempotencyKey.of("test", "key", b"")
    held = hold_slot(runtime, slot_key_at(world, TEN), for_public=True, idempotency=key)
    assert hold_slot(runtime, slot_key_at(world, TEN), for_public=True, idempotency=key) == held
    with database.reading() as db:
        (answer,) = db.scalars(select(IdempotencyRecord.response)).all()
    assert held.token not in str(answer)


def test_any_key_can_be_stored(database: Database) -> None:
    for text in ("x" * 5000, "a\x00b", "\ud800", ""):
        key = IdempotencyKey.of("test", text, b"")
        assert run_once(database, key, lambda db: {"n": 1}, NOW) == {"n": 1}
        assert run_once(database, key, lambda db: {"n": 2}, NOW) == {"n": 1}


def test_an_operation_that_always_loses_gives_up(database: Database) -> None:
    def loses(db: object) -> dict[str, Any]:
        raise CapacityConflict

    with pytest.raises(SlotTaken):
        run_once(database, None, loses, NOW)


def test_a_deadlock_that_the_database_ends_is_retried(postgres_url: str) -> None:
    database = Database(postgres_url)
    world = make_world(database)
    other = make_world(database, slug="elsewhere")
    gate, winner_is_done, tries = Barrier(2), Event(), []

    def operation(first: int, second: int) -> dict[str, Any]:
        def run(db: object) -> dict[str, Any]:
            tries.append(first)
            if len(tries) > 2:  # whoever was ended must not lock its first row again before the other one is through
                assert winner_is_done.wait(30)
            db.execute(update(Authority).where(Authority.id == first).values(phone="1"))  # type: ignore[attr-defined]
            if len(tries) <= 2:
                gate.wait()
            db.execute(update(Authority).where(Authority.id == second).values(phone="1"))  # type: ignore[attr-defined]
            return {}

        result = run_once(database, None, run, NOW)
        winner_is_done.set()
        return result

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(operation, world.authority_id, other.authority_id)
        two = pool.submit(operation, other.authority_id, world.authority_id)
        assert (one.result(), two.result()) == ({}, {})
    assert len(tries) == 3
    database.dispose()
