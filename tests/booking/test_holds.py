"""Holds keep a time for ten minutes, and die on time whatever else happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.tables import Allocation, Claim, Hold
from booking.use_cases.book import Booking, book
from booking.use_cases.cleanup import delete_expired
from booking.use_cases.holds import held, hold_slot, release_hold
from core.database import Database
from core.errors import HoldExpired, SlotTaken, TooFar, TooSoon
from core.idempotency import IdempotencyKey
from core.rate_limits import RateLimitHits, count_hit, rate_limit
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    make_runtime,
    make_world,
    slot_key_at,
    slots_of,
)

TEN = NOW + timedelta(hours=2)  # 10:00


def rows(database: Database, table: type) -> int:
    """How many rows a table has."""
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_a_held_time_is_gone_for_everybody_else(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    assert TEN not in {slot.starts_at for slot in slots_of(database, world)}
    with pytest.raises(SlotTaken):
        hold_slot(runtime, slot_key_at(world, TEN), for_public=True)


def test_a_hold_is_dead_after_ten_minutes_without_any_sweep(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    first = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    later = NOW + timedelta(minutes=10)
    assert TEN in {slot.starts_at for slot in slots_of(database, world, now=later)}
    with database.reading() as db, pytest.raises(HoldExpired):
        held(db, world.authority_id, first.token, later)
    second = hold_slot(make_runtime(database, later), slot_key_at(world, TEN), for_public=True)
    assert second.token != first.token
    with pytest.raises(HoldExpired):
        book(
            make_runtime(database, later),
            Booking(world.authority_id, "online", ResidentDetails("Robin Sample"), hold=first.token),
            actor=RESIDENT,
        )


def test_a_hold_becomes_an_appointment_with_the_same_claims(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    kept = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    claims = rows(database, Claim)
    book(
        runtime,
        Booking(world.authority_id, "online", ResidentDetails("Robin Sample"), hold=kept.token),
        actor=RESIDENT,
    )
    assert (rows(database, Hold), rows(database, Claim)) == (0, claims)
    assert TEN not in {slot.starts_at for slot in slots_of(database, world, now=NOW + timedelta(minutes=11))}


def test_a_hold_is_used_once(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    kept = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    booking = Booking(world.authority_id, "online", ResidentDetails("Robin Sample"), hold=kept.token)
    book(runtime, booking, actor=RESIDENT)
    with pytest.raises(HoldExpired):
        book(runtime, booking, actor=RESIDENT)


def test_a_released_hold_frees_its_time_at_once(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    kept = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    release_hold(runtime, world.authority_id, kept.token)
    release_hold(runtime, world.authority_id, kept.token)
    assert TEN in {slot.starts_at for slot in slots_of(database, world)}
    assert (rows(database, Hold), rows(database, Allocation), rows(database, Claim)) == (0, 0, 0)


def test_choosing_again_gives_the_first_choice_back(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    first = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    hold_slot(
        runtime,
        slot_key_at(world, TEN + timedelta(hours=1)),
        for_public=True,
        replaces=first.token,
    )
    free = {slot.starts_at for slot in slots_of(database, world)}
    assert TEN in free
    assert TEN + timedelta(hours=1) not in free


def test_one_authority_cannot_release_what_another_holds(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    other = make_world(database, slug="elsewhere")
    kept = hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    release_hold(runtime, other.authority_id, kept.token)
    assert rows(database, Hold) == 1


def test_the_same_key_holds_once(database: Database) -> None:
    world, runtime = make_world(database, desks=3), make_runtime(database)
    key = IdempotencyKey.of("test", "key-1", b"body")
    first = hold_slot(runtime, slot_key_at(world, TEN), for_public=True, idempotency=key)
    again = hold_slot(runtime, slot_key_at(world, TEN), for_public=True, idempotency=key)
    assert (again, rows(database, Hold)) == (first, 1)


def test_lead_time_binds_the_public_and_not_staff(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database, TEN - timedelta(minutes=1))
    with database.writing() as db:
        from locations.catalogue_queries import bump_plan
        from locations.tables import Authority

        db.get_one(Authority, world.authority_id).lead_minutes = 120
        bump_plan(db, world.authority_id)
    with pytest.raises(TooSoon) as refused:
        hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    assert refused.value.limit_at == TEN + timedelta(minutes=119)
    assert hold_slot(runtime, slot_key_at(world, TEN), for_public=False)


def test_beyond_the_horizon_is_too_far(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    with pytest.raises(TooFar):
        hold_slot(runtime, slot_key_at(world, TEN + timedelta(days=70)), for_public=True)


def test_a_sweep_removes_the_dead_only_and_may_run_twice(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    later = NOW + timedelta(minutes=9)
    valid = hold_slot(make_runtime(database, later), slot_key_at(world, TEN), for_public=True)
    expired_at = NOW + timedelta(minutes=10)
    assert delete_expired(make_runtime(database, expired_at)).holds == 1
    assert delete_expired(make_runtime(database, expired_at)).holds == 0
    with database.reading() as db:
        assert held(db, world.authority_id, valid.token, expired_at).slot_key == valid.slot_key


def test_the_cleanup_deletes_rate_limits_that_are_over(database: Database) -> None:
    limit = rate_limit("a secret for tests", "3/15 minutes", "somebody")
    count_hit(database, [limit], NOW)
    delete_expired(make_runtime(database, NOW + timedelta(minutes=14)))
    assert rows(database, RateLimitHits) == 1
    delete_expired(make_runtime(database, NOW + timedelta(minutes=15)))
    assert rows(database, RateLimitHits) == 0


def test_claims_of_past_days_are_swept_and_their_record_stays(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    kept = hold_slot(runtime, slot_key_at(world, TEN), for_public=False)
    book(
        runtime,
        Booking(world.authority_id, "phone", ResidentDetails("Robin Sample"), hold=kept.token),
        actor=AGENT,
    )
    assert delete_expired(make_runtime(database, TEN + timedelta(days=1))).claims == 0
    assert delete_expired(make_runtime(database, TEN + timedelta(days=4))).claims == 6
    assert rows(database, Allocation) == 1
