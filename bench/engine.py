"""How quick the availability engine is, alone: medians in milliseconds over plain values, no database.

The shape is the larger search of `make bench`: 15 sites, 60 desks, 28 days of which 20 are open 09:00-17:00,
appointments of 30 minutes, and half of everything booked (9,600 rows).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from time import perf_counter

from booking.availability import engine
from booking.availability.busy import BusyRow
from booking.availability.values import (
    EngineResource,
    Requirement,
    ResourceDay,
    Search,
    ServiceShape,
    SiteDay,
    Window,
)
from core.wall_clock import days_between

SITES, DESKS, DAYS = 15, 4, 28
NINE, FIVE, HALF_HOUR = 108, 204, 6
FIRST_DATE = date(2026, 11, 23)
SERVICE = ServiceShape(1, HALF_HOUR, 0, (Requirement("desk"),), HALF_HOUR)
ROUNDS = 25


def run() -> list[tuple[str, float]]:
    """Each workload with its median time in milliseconds."""
    site_days, rows = site_plans(), busy_rows()
    busy, search = engine.busy_index(rows), search_of(site_days)
    one_site = [site_day for site_day in site_days if site_day.site_id == 0]
    one_rows = [row for row in rows if row[0] < DESKS]

    def everything(site_days: list[SiteDay], rows: list[BusyRow]) -> None:
        engine.find_slots(search, site_days, engine.busy_index(rows))

    return [
        ("busy_index, 9,600 rows", milliseconds(lambda: engine.busy_index(rows))),
        ("find_slots, 60 desks, 9,600 slots", milliseconds(lambda: engine.find_slots(search, site_days, busy))),
        ("find_slots with busy_index, 60 desks", milliseconds(lambda: everything(site_days, rows))),
        ("find_slots with busy_index, new plans", milliseconds(lambda: everything(site_plans(), rows))),
        ("find_slots with busy_index, 4 desks", milliseconds(lambda: everything(one_site, one_rows))),
        ("find_slots, the first 50", milliseconds(lambda: engine.find_slots(search, site_days, busy, limit=50))),
        ("count_by_day, 60 desks", milliseconds(lambda: engine.count_by_day(search, site_days, busy))),
        ("first_slot_by_site, 60 desks", milliseconds(lambda: engine.first_slot_by_site(search, site_days, busy))),
    ]


def milliseconds(work: Callable[[], object]) -> float:
    """The median time of `work`."""
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return 1000 * median(times)


def site_plans() -> list[SiteDay]:
    """The plans of all sites and days, nothing remembered yet."""
    window = Window(NINE, FIVE, frozenset({SERVICE.service_id}), FIVE)
    desks = [EngineResource(desk, "desk", 1) for desk in range(SITES * DESKS)]
    return [
        SiteDay(
            site,
            day,
            frozenset({"step-free"}),
            tuple(
                ResourceDay(desk, (window,) if day.date.weekday() < 5 else ())
                for desk in desks[site * DESKS : (site + 1) * DESKS]
            ),
        )
        for day in days_between(FIRST_DATE, FIRST_DATE + timedelta(days=DAYS - 1), "Europe/London")
        for site in range(SITES)
    ]


def busy_rows() -> list[BusyRow]:
    """Half of all half-hours, scattered so that every half-hour keeps a free desk at each site."""
    return [
        (site * DESKS + desk, 0, day.base_unit + tick, day.base_unit + tick + HALF_HOUR)
        for day in days_between(FIRST_DATE, FIRST_DATE + timedelta(days=DAYS - 1), "Europe/London")
        if day.date.weekday() < 5
        for site in range(SITES)
        for desk in range(DESKS)
        for tick in range(NINE, FIVE, HALF_HOUR)
        if (desk + tick // HALF_HOUR) % 2
    ]


def search_of(site_days: list[SiteDay]) -> Search:
    """Everything in the period, as residents see it."""
    first, last = site_days[0].day, site_days[-1].day
    return Search((SERVICE,), first.base_unit, last.end_unit, first.base_unit, for_public=True)


if __name__ == "__main__":
    for name, time in run():
        print(f"{name:40} {time:8.2f} ms")
