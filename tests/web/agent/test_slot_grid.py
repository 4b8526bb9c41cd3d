"""The grid of places by days."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from booking.queries.starts_of_week import Starts
from booking.slot_tokens import decode, prefix
from core.database import Database
from core.wall_clock import local_day
from tests.support.factories import World, catalogue, make_world
from web.agent.slot_grid import FIRST_TIMES, Grid, days_shown, make_grid, row_specs, week_from

pytestmark = pytest.mark.databases("sqlite")

ZONE = "Europe/London"
NINE, TICKS = 9 * 12, 6


def starts_on(world: World, day: date, count: int, first: int = NINE) -> Starts:
    bits = sum(1 << first + TICKS * n for n in range(count))
    return {(world.site_id, day): (local_day(day, ZONE).base_unit, bits)}


def drawn(database: Database, world: World, starts: Starts, first: date) -> Grid:
    site = catalogue(database, world).site_by_id(world.site_id)
    how = partial(prefix, extra_time=False)
    rows = row_specs([(site, 1.25, ["in_person"])], world.authority_id, (world.service_ids[0],), how)
    days = days_shown(starts, week_from(first))
    return make_grid(rows, starts, days, ZONE, {(site.id, day): f"none on {day.day}" for day in days})


def test_a_cell_says_how_many_times_are_free_and_offers_the_first_few(database: Database) -> None:
    world = make_world(database)
    monday = date(2026, 11, 23)
    cell = drawn(database, world, starts_on(world, monday, 5), monday).rows[0].cells[0]
    assert (cell.free, cell.text, len(cell.times)) == (5, "5 free", FIRST_TIMES)
    assert [time.text for time in cell.times] == ["9am", "9:30am", "10am"]
    assert cell.times[0].in_full == "9am Mon 23 Nov, High Street Library"
    assert decode(cell.times[0].token).start_unit == local_day(monday, ZONE).base_unit + NINE


def test_an_empty_cell_says_why(database: Database) -> None:
    world = make_world(database)
    grid = drawn(database, world, {}, date(2026, 11, 23))
    assert [cell.text for cell in grid.rows[0].cells] == [f"none on {day}" for day in range(23, 28)]
    assert grid.free == 0


def test_a_weekend_is_shown_only_when_something_is_free(database: Database) -> None:
    world = make_world(database)
    monday, saturday = date(2026, 11, 23), date(2026, 11, 28)
    dates = week_from(monday)
    assert days_shown(starts_on(world, monday, 1), dates) == dates[:5]
    assert days_shown(starts_on(world, saturday, 1), dates)[-1] == saturday


def test_times_stay_on_the_wall_clock_when_the_clocks_change(database: Database) -> None:
    world = make_world(database)
    sunday = date(2027, 3, 28)  # the day of 23 hours: nine o'clock is eight hours after midnight
    grid = drawn(database, world, starts_on(world, sunday, 1, first=8 * 12), date(2027, 3, 26))
    cell = next(cell for cell in grid.rows[0].cells if cell.free)
    assert cell.times[0].in_full == "9am Sun 28 Mar, High Street Library"
