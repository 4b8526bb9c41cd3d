"""The days of a site as they are planned: what is booked, held, free and shut adds up, resource by resource."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from booking.queries.week_plan import DayPlan, days_of
from booking.use_cases.holds import HOLD_PERIOD, hold_slot
from core.database import Database
from core.wall_clock import dates_between
from locations.catalogue_queries import bump_plan
from locations.tables import Closure, Resource
from tests.support.factories import (
    NOW,
    World,
    catalogue,
    make_appointment,
    make_runtime,
    make_site,
    make_world,
    slot_key_at,
)

MONDAY, TUESDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 28)
TUESDAY_AT_NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def week(database: Database, world: World, now: datetime = NOW) -> dict[date, DayPlan]:
    known = catalogue(database, world)
    dates = list(dates_between(MONDAY, MONDAY + timedelta(days=6)))
    with database.reading() as db:
        return {day.date: day for day in days_of(db, known, known.site_by_id(world.site_id), dates, now)}


def close_desk(database: Database, world: World, first: datetime, last: datetime) -> None:
    with database.writing() as db:
        facts = {"resource_id": world.resource_ids[0], "starts_at": first, "ends_at": last, "reason": "Training"}
        db.add(Closure(authority_id=world.authority_id, site_id=world.site_id, slug="training", **facts))
        bump_plan(db, world.authority_id, [world.site_id])


def test_what_is_booked_and_held_is_not_free_and_the_rest_is(database: Database) -> None:
    world = make_world(database, desks=2)
    with database.writing() as db:
        db.get_one(Resource, world.resource_ids[1]).seats = 3
        bump_plan(db, world.authority_id, [world.site_id])
    runtime, random = make_runtime(database), Random(1)
    starts = [TUESDAY_AT_NINE + timedelta(minutes=30 * number) for number in random.sample(range(16), 9)]
    for starts_at in starts[:8]:
        for _ in range(random.randint(1, 3)):
            make_appointment(runtime, world, starts_at)
    hold_slot(runtime, slot_key_at(world, starts[8]), for_public=False)
    other = replace(world, site_id=make_site(database, world.authority_id, "mill-lane"))
    assert not any(day.resources for day in week(database, other).values())
    days = week(database, world)
    for day in days.values():
        for plan in day.resources:
            taken = 5 * sum(seat.last_tick - seat.first_tick for seat in plan.taken)
            assert plan.open_minutes == plan.free_minutes + taken
            assert plan.open_minutes == (0 if day.date >= SATURDAY else 480 * plan.resource.seats)
            assert len(plan.sessions) == (0 if day.date >= SATURDAY else 1)
    assert sum(plan.booked for plan in days[TUESDAY].resources) >= 8
    assert [sum(plan.held for plan in day.resources) for day in days.values()] == [0, 1, 0, 0, 0, 0, 0]
    later = week(database, world, NOW + HOLD_PERIOD)
    assert not any(plan.held for plan in later[TUESDAY].resources)


def test_what_is_shut_is_neither_open_nor_free(database: Database) -> None:
    world = make_world(database, desks=2)
    close_desk(database, world, TUESDAY_AT_NINE - timedelta(hours=1), TUESDAY_AT_NINE + timedelta(hours=2))
    shut, other = week(database, world)[TUESDAY].resources
    assert (shut.shut_minutes, shut.open_minutes, shut.free_minutes, shut.fill_percent) == (120, 360, 360, 0)
    assert (other.shut_minutes, other.open_minutes) == (0, 480)
    assert [closure.reason for closure in week(database, world)[TUESDAY].closures] == ["Training"]
    assert week(database, world)[SATURDAY].resources[0].fill_percent is None


def test_a_past_week_says_who_came(database: Database) -> None:
    world = make_world(database)
    make_appointment(make_runtime(database), world, TUESDAY_AT_NINE)
    (desk,) = week(database, world, NOW + timedelta(days=30))[TUESDAY].resources
    assert (desk.booked, desk.free_minutes) == (1, 450)
