"""The grid of places by days, in words."""

from __future__ import annotations

from datetime import date

from booking.agent.grid import FIRST_TIMES, grid_of, lines_of, week_from
from booking.availability.values import Slot
from booking.offers import decode
from core.database import Store
from core.wall_clock import local_day
from tests.support.factories import World, catalogue, make_world

ZONE = "Europe/London"
NINE, TICKS = 9 * 12, 6


def slots_on(world: World, day: date, count: int) -> list[Slot]:
    base = local_day(day, ZONE).base_unit + NINE
    return [Slot(world.site_id, base + TICKS * n, base + TICKS * (n + 1), 1) for n in range(count)]


def drawn(store: Store, world: World, slots: list[Slot], first: date):  # type: ignore[no-untyped-def]
    site = catalogue(store, world).site_by_id(world.site_id)
    lines = lines_of(
        [(site, 1.25)], lambda _: ["in_person"], world.authority_id, (world.service_ids[0],), extra_time=False
    )
    return grid_of(lines, slots, week_from(first), ZONE, lambda _site, day: f"none on {day.day}")


def test_a_cell_says_how_many_times_are_free_and_offers_the_first_few(store: Store) -> None:
    world = make_world(store)
    monday = date(2026, 11, 23)
    cell = drawn(store, world, slots_on(world, monday, 5), monday).rows[0].cells[0]
    assert (cell.free, cell.words, len(cell.times)) == (5, "5 free", FIRST_TIMES)
    assert [time.words for time in cell.times] == ["9am", "9:30am", "10am"]
    assert cell.times[0].in_full == "9am Mon 23 Nov, High Street Library"
    assert decode(cell.times[0].token).start_unit == slots_on(world, monday, 1)[0].start_unit


def test_an_empty_cell_says_why(store: Store) -> None:
    world = make_world(store)
    grid = drawn(store, world, [], date(2026, 11, 23))
    assert [cell.words for cell in grid.rows[0].cells] == [f"none on {day}" for day in range(23, 28)]
    assert grid.free == 0


def test_a_weekend_is_shown_only_when_something_is_free(store: Store) -> None:
    world = make_world(store)
    monday, saturday = date(2026, 11, 23), date(2026, 11, 28)
    assert len(drawn(store, world, slots_on(world, monday, 1), monday).days) == 5
    assert [day for day, _ in drawn(store, world, slots_on(world, saturday, 1), monday).days][-1] == saturday


def test_times_stay_on_the_wall_clock_when_the_clocks_change(store: Store) -> None:
    world = make_world(store)
    sunday = date(2027, 3, 28)  # the day of 23 hours: nine o'clock is eight hours after midnight
    base = local_day(sunday, ZONE).base_unit + 8 * 12
    grid = drawn(store, world, [Slot(world.site_id, base, base + TICKS, 1)], date(2027, 3, 26))
    cell = next(cell for cell in grid.rows[0].cells if cell.free)
    assert cell.times[0].in_full == "9am Sun 28 Mar, High Street Library"
