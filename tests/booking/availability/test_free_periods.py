"""What is left of a day, in pictures of ticks."""

from __future__ import annotations

from datetime import date

import pytest

from booking.availability.bits import span
from booking.availability.busy import NOTHING_BUSY, busy_index
from booking.availability.free_periods import FreeStretch, free_stretches, runs, seat_ticks
from booking.availability.values import EngineResource, ResourceDay, SiteDay, Window
from core.wall_clock import local_day

DAY = local_day(date(2026, 11, 23), "Europe/London")
BASE = DAY.base_unit
DESK, ROOM = EngineResource(1, "desk", 1), EngineResource(2, "room", 3)


def site_day(*resources: ResourceDay) -> SiteDay:
    return SiteDay(1, DAY, frozenset(), resources)


def window(first: int, last: int, *services: int) -> Window:
    return Window(first, last, frozenset(services or (7,)), last)


def values_of(stretches: list[FreeStretch]) -> list[tuple[int, int, int, int]]:
    return [(s.resource_id, s.first_unit - BASE, s.last_unit - BASE, s.seats) for s in stretches]


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(0, []), (0b0110, [(1, 3)]), (0b1, [(0, 1)]), (0b1101, [(0, 1), (2, 4)]), (span(0, 300), [(0, 300)])],
)
def test_runs_are_half_open_and_in_order(bits: int, expected: list[tuple[int, int]]) -> None:
    assert list(runs(bits)) == expected


def test_an_open_day_without_bookings_is_one_gap() -> None:
    assert values_of(free_stretches(site_day(ResourceDay(DESK, (window(10, 20),))), NOTHING_BUSY)) == [(1, 10, 20, 1)]


def test_bookings_and_closures_cut_the_day() -> None:
    plan = ResourceDay(DESK, (window(10, 40),), closed=span(30, 35))
    busy = busy_index([(1, 0, BASE + 14, BASE + 20)])
    assert values_of(free_stretches(site_day(plan), busy)) == [(1, 10, 14, 1), (1, 20, 30, 1), (1, 35, 40, 1)]


def test_back_to_back_bookings_leave_no_gap_between_them() -> None:
    busy = busy_index([(1, 0, BASE + 10, BASE + 15), (1, 0, BASE + 15, BASE + 20)])
    assert free_stretches(site_day(ResourceDay(DESK, (window(10, 20),))), busy) == []


def test_what_is_past_is_left_out() -> None:
    plan = site_day(ResourceDay(DESK, (window(10, 20),)))
    assert values_of(free_stretches(plan, NOTHING_BUSY, BASE + 15)) == [(1, 15, 20, 1)]
    assert free_stretches(plan, NOTHING_BUSY, BASE + 20) == []
    assert free_stretches(plan, NOTHING_BUSY, DAY.end_unit + 288) == []


def test_a_room_of_several_seats_says_how_many_are_free() -> None:
    busy = busy_index([(2, 0, BASE + 10, BASE + 15), (2, 1, BASE + 12, BASE + 15), (2, 2, BASE + 14, BASE + 16)])
    found = values_of(free_stretches(site_day(ResourceDay(ROOM, (window(10, 20),))), busy))
    assert found == [(2, 10, 12, 2), (2, 12, 14, 1), (2, 15, 16, 2), (2, 16, 20, 3)]


def test_a_gap_knows_the_services_of_the_windows_it_lies_in() -> None:
    plan = site_day(ResourceDay(DESK, (window(10, 20, 1), window(20, 30, 2), window(40, 50, 3))))
    assert [stretch.service_ids for stretch in free_stretches(plan, NOTHING_BUSY)] == [{1, 2}, {3}]


def test_the_ticks_of_seats_are_counted_one_by_one() -> None:
    rooms = ResourceDay(ROOM, (window(10, 30), window(40, 50)), closed=span(25, 42))
    desk = ResourceDay(DESK, (window(20, 40),))
    rows = [(2, 0, BASE + 5, BASE + 12), (2, 1, BASE + 20, BASE + 45), (1, 0, BASE + 38, BASE + 60)]
    opened = [(2, seat, tick) for seat in range(3) for tick in (*range(10, 25), *range(42, 50))]
    opened += [(1, 0, tick) for tick in range(20, 40)]
    occupied = {(row[0], row[1], unit - BASE) for row in rows for unit in range(row[2], row[3])}
    found = seat_ticks(site_day(rooms, desk), busy_index(rows))
    assert found == (len(opened), len(occupied & set(opened)))
