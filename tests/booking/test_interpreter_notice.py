"""Interpreters take time to find: sooner times are hidden from the public and refused, and staff may book them knowingly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.availability.notice import arranged_from, is_short_notice
from booking.queries.slots import SlotQuery, all_slots, bookable_dates, free_by_date, next_slot
from booking.slot_tokens import SlotKey
from booking.use_cases.book import Booking, book
from booking.use_cases.holds import hold_slot
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from core.errors import Refused, TooSoon
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from people.residents.details import NEEDS, WELSH, NeedKind, ResidentDetails, interpreted_needs
from tests.booking.availability.random_set_ups import make_authority
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
)

PROGRAM = Actor("api", 1, "A program")
TODAY = NOW.date()
FIRST = datetime(2026, 11, 26, tzinfo=UTC)  # midnight, three days after the Monday of NOW
SOONER, IN_TIME = NOW + timedelta(days=2, hours=2), FIRST + timedelta(hours=10)
ARRANGED = [code for code, kind in NEEDS.items() if kind is NeedKind.ARRANGED]
INTERPRETED = interpreted_needs(NEEDS)
AT_ONCE = [code for code in NEEDS if code not in INTERPRETED and code != "hearing-loop"]
ROBIN = ResidentDetails("Robin Sample")


@pytest.fixture
def world(database: Database) -> World:
    """A council that needs three days to find an interpreter."""
    made = make_world(database, desks=3)
    with database.writing() as db:
        db.get_one(Authority, made.authority_id).interpreter_lead_days = 3
        bump_plan(db, made.authority_id)
    return made


@pytest.mark.parametrize(
    ("now", "zone", "first"),
    [
        (datetime(2026, 11, 23, 8, tzinfo=UTC), "Europe/London", datetime(2026, 11, 26, tzinfo=UTC)),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), "Europe/London", datetime(2026, 11, 26, tzinfo=UTC)),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "Europe/London", datetime(2026, 7, 4, 23, tzinfo=UTC)),
        (datetime(2026, 10, 23, 12, tzinfo=UTC), "Europe/London", datetime(2026, 10, 26, tzinfo=UTC)),
        (datetime(2026, 3, 27, 12, tzinfo=UTC), "Europe/London", datetime(2026, 3, 29, 23, tzinfo=UTC)),
    ],
)
def test_the_days_are_whole_days_on_the_wall(now: datetime, zone: str, first: datetime) -> None:
    """Across both clock changes, and where it is past midnight there and not yet in UTC."""
    assert arranged_from(replace(make_authority(), zone=zone, interpreter_lead_days=3), now) == first


def test_without_lead_days_it_is_as_soon_as_anything_else() -> None:
    authority = replace(make_authority(), interpreter_lead_days=0)
    assert arranged_from(authority, NOW) == NOW
    assert not is_short_notice(authority, ARRANGED, NOW, NOW)


@pytest.mark.parametrize("need", [code for code in NEEDS if code != WELSH])
def test_the_search_begins_when_an_interpreter_can_be_found(database: Database, world: World, need: str) -> None:
    query = SlotQuery(world.service_ids, needs=frozenset({need}))
    with database.reading() as db:
        council = catalogue(database, world)
        slots = all_slots(db, council, query, NOW)
        free = free_by_date(db, council, query, NOW)
        soonest = next_slot(db, council, query, NOW)
        for_staff = all_slots(db, council, replace(query, for_public=False), NOW)
        first_date, _last = bookable_dates(council, query, NOW)
    expected = FIRST.date() if need in ARRANGED else TODAY
    assert first_date == expected
    if need != "hearing-loop":  # which no desk here has
        assert {slot.starts_at.date() for slot in (slots[0], soonest) if slot} == {expected} == {min(free)}
        assert for_staff[0].starts_at.date() == TODAY


@pytest.mark.parametrize("need", INTERPRETED)
@pytest.mark.parametrize("actor", [RESIDENT, PROGRAM, AGENT], ids=lambda actor: actor.kind)
@pytest.mark.parametrize("way", ["slot", "hold with the need", "hold without it"])
def test_every_way_of_booking_keeps_to_it(database: Database, world: World, need: str, actor: Actor, way: str) -> None:
    runtime = make_runtime(database)

    def book_at(starts_at: datetime) -> None:
        slot, hold = slot_key_at(world, starts_at), None
        if way != "slot":
            needs = frozenset({need} if way == "hold with the need" else ())
            hold = hold_slot(runtime, slot, for_public=actor is not AGENT, needs=needs).token
        key: SlotKey | None = None if hold else slot
        booking = Booking(world.authority_id, "api", ROBIN, slot_key=key, hold=hold, support_needs=(need,))
        book(runtime, booking, actor=actor)

    book_at(IN_TIME)
    if actor is AGENT:
        book_at(SOONER)
        return
    with pytest.raises(TooSoon) as refused:
        book_at(SOONER)
    assert refused.value.limit_at == FIRST


@pytest.mark.parametrize("need", AT_ONCE)
def test_what_needs_no_arranging_is_not_held_up(database: Database, world: World, need: str) -> None:
    assert make_appointment(make_runtime(database), world, SOONER, support_needs=(need,)).version == 1


def test_a_time_that_was_held_in_time_is_still_booked_after_midnight(database: Database, world: World) -> None:
    late = datetime(2026, 11, 23, 23, 55, tzinfo=UTC)
    held = hold_slot(
        make_runtime(database, late), slot_key_at(world, IN_TIME), for_public=True, needs=frozenset({"bsl"})
    )
    after = make_runtime(database, late + timedelta(minutes=8))
    booking = Booking(world.authority_id, "online", ROBIN, hold=held.token, support_needs=("bsl",))
    assert book(after, booking, actor=RESIDENT).version == 1


@pytest.mark.parametrize("actor", [RESIDENT, PROGRAM, AGENT], ids=lambda actor: actor.kind)
@pytest.mark.parametrize("by_hold", [False, True], ids=["slot", "hold"])
def test_every_way_of_moving_keeps_to_it(database: Database, world: World, actor: Actor, by_hold: bool) -> None:
    runtime = make_runtime(database)
    booked = make_appointment(runtime, world, IN_TIME, support_needs=("bsl",))

    def move_to(starts_at: datetime) -> int:
        slot = slot_key_at(world, starts_at)
        hold = hold_slot(runtime, slot, for_public=False).token if by_hold else None
        move = Move(slot_key=None if hold else slot, hold=hold)
        return reschedule(
            runtime, world.authority_id, booked.reference, move, actor=actor, enforce_cutoff=False
        ).version

    if actor is AGENT:
        assert move_to(SOONER) == 2
        return
    with pytest.raises(Refused) as refused:
        move_to(SOONER)
    assert refused.value == TooSoon(FIRST)
    assert move_to(IN_TIME + timedelta(hours=1)) == 2


def test_the_day_of_the_fixture_is_a_monday() -> None:
    assert (TODAY, TODAY.weekday()) == (date(2026, 11, 23), 0)
