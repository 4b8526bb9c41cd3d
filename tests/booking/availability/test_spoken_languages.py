"""The meeting in Welsh: the times of whoever speaks it, and on other days those for which an interpreter can be found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from booking.availability import engine
from booking.availability.bits import ticks_of
from booking.availability.busy import NOTHING_BUSY, Busy
from booking.availability.values import Search, SlotCheck
from tests.booking.availability.engine_inputs import World, worlds
from tests.booking.availability.random_inputs import ADVISER, BASE, booked, drawn, plan, resource, search, service, site

WELSH = frozenset({"welsh"})
SPEAKER, OTHER = plan(resource(1, "adviser", "welsh"), "..####......"), plan(resource(2, "adviser"), "############")
IN_WELSH = replace(search(service(2, ADVISER)), spoken=WELSH, interpreted_from=BASE + 6)
BOTH_IN_WELSH = replace(search(service(2, ADVISER), service(2, ADVISER, service_id=2)), spoken=WELSH)


@pytest.mark.parametrize(
    ("searched", "busy", "starts"),
    [
        (IN_WELSH, NOTHING_BUSY, "..###......."),
        (IN_WELSH, booked(r1="..xx........"), "....#......."),
        (IN_WELSH, booked(r1="...xx......."), "......#####."),
        (IN_WELSH, booked(r1="...xx.......", r2="......xxx..."), ".........##."),
        (replace(IN_WELSH, interpreted_from=0), booked(r1="...xx......."), "###########."),
        (BOTH_IN_WELSH, NOTHING_BUSY, "..#........."),
        (BOTH_IN_WELSH, booked(r1="..x........."), "#########..."),  # one of the two is no meeting in Welsh
    ],
)
def test_the_times_of_a_day(searched: Search, busy: Busy, starts: str) -> None:
    assert drawn(engine.day_starts(searched, site(SPEAKER, OTHER), busy), 12) == starts


@pytest.mark.parametrize(
    ("tick", "busy", "check", "adviser"),
    [
        (2, NOTHING_BUSY, SlotCheck.FREE, 1),
        (2, booked(r1="..xx........"), SlotCheck.TAKEN, None),  # it was there until somebody took it
        (0, NOTHING_BUSY, SlotCheck.TOO_SOON, None),  # for an interpreter
        (7, NOTHING_BUSY, SlotCheck.FREE, 2),  # shown before the speaker was free again
        (7, booked(r2=".......x...."), SlotCheck.TAKEN, None),
    ],
)
def test_at_booking_either_will_do(tick: int, busy: Busy, check: SlotCheck, adviser: int | None) -> None:
    day = site(SPEAKER, OTHER)
    assert engine.check_slot(IN_WELSH, day, busy, BASE + tick) is check
    found = engine.assign(IN_WELSH, day, busy, BASE + tick)
    assert [seats[0].resource_id for seats in found[:1]] == ([adviser] if adviser else [])


def test_a_place_where_everybody_speaks_it_needs_no_skill() -> None:
    day = site(OTHER, features=("welsh",))
    assert drawn(engine.day_starts(IN_WELSH, day, NOTHING_BUSY), 12) == "###########."


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(worlds())
def test_no_time_is_found_that_cannot_be_booked_nor_counted_otherwise(world: World) -> None:
    """Every answer of the engine agrees; and with interpreters at once nobody who asks for Welsh loses a whole day."""
    busy = engine.busy_index(world.rows)
    asked = replace(world.search, spoken=frozenset({"loop"}))
    days = {(day.site_id, day.day.date): day for day in world.site_days}
    found = engine.find_slots(asked, world.site_days, busy)
    starts = {key: len(ticks_of(engine.day_starts(asked, day, busy))) for key, day in days.items()}
    assert engine.count_by_day(asked, world.site_days, busy) == starts
    assert sum(starts.values()) == len(found)
    plain = engine.count_by_day(world.search, world.site_days, busy)
    assert {key for key, count in starts.items() if count} == {key for key, count in plain.items() if count}
    for slot in found[::7]:
        of_site = [day for day in days.values() if day.site_id == slot.site_id and day.day.base_unit <= slot.start_unit]
        day = max(of_site, key=lambda day: day.day.base_unit)
        assert engine.check_slot(asked, day, busy, slot.start_unit) is SlotCheck.FREE
        assert engine.assign(asked, day, busy, slot.start_unit, most=1)
