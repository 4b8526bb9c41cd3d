"""Small random worlds for the engine: a few sites, one or two days, and what is planned and booked there.

Half of the days are those on which the clocks change, and most sessions lie about the changed hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from hypothesis import strategies as st

from booking.availability.bits import span
from booking.availability.values import (
    EngineResource,
    Requirement,
    ResourceDay,
    Search,
    ServiceShape,
    Share,
    SiteDay,
    Window,
)
from core.wall_clock import LocalDay, days_between, tick_at

ZONE = "Europe/London"
CLOCK_CHANGES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2027, 3, 28),
    date(2027, 10, 31),
    date(2028, 3, 26),
    date(2028, 10, 29),
]
PLAIN_DAYS = [date(2026, 11, 24), date(2027, 7, 1), date(2028, 2, 29)]
KINDS = ["desk", "desk", "adviser"]
SKILLS = ["benefits", "bsl", "loop"]
BOTH = frozenset({1, 2})
NEEDS = ["bsl", "loop", "step-free"]


@dataclass(frozen=True)
class World:
    search: Search
    site_days: list[SiteDay]
    rows: list[tuple[int, int, int, int]]


def some(values: list[str]) -> st.SearchStrategy[frozenset[str]]:
    """A set of the values, more often empty than not."""
    one, two = st.sampled_from(values).map(lambda value: frozenset({value})), st.frozensets(st.sampled_from(values))
    return st.sampled_from([st.just(frozenset()), st.just(frozenset()), one, two]).flatmap(lambda chosen: chosen)


REQUIREMENTS = st.builds(Requirement, st.sampled_from(KINDS), some(SKILLS))
SHAPES = st.builds(
    ServiceShape,
    service_id=st.sampled_from([1, 2]),
    duration_ticks=st.integers(1, 9),
    turnaround_ticks=st.integers(0, 5),
    requirements=st.sampled_from([1, 1, 2, 2, 3]).flatmap(lambda pools: st.tuples(*[REQUIREMENTS] * pools)),
    grid_ticks=st.sampled_from([1, 2, 3, 6, 12]),
    list_comes_first=st.booleans(),
    is_same_day_open=st.booleans(),
)

SESSIONS = st.one_of(
    st.tuples(st.integers(0, 24), st.integers(12, 60)),  # from midnight or 02:00 at the latest, to 01:00 or 05:00
    st.tuples(st.integers(0, 24), st.integers(12, 60)),
    st.tuples(st.integers(240, 270), st.integers(271, 288)),  # up to midnight
    st.tuples(st.integers(0, 288), st.integers(0, 288)).map(sorted),
)


@st.composite
def shares(draw: st.DrawFn, day: LocalDay, seats: int) -> Share:
    """A part of a window that is released later, other ticks of each seat."""
    stretches = st.tuples(st.integers(0, 60), st.integers(1, 80))
    is_rolling = draw(st.booleans())
    return Share(
        tuple(span(first, first + length) for first, length in (draw(stretches) for _ in range(seats))),
        None if is_rolling else day.base_unit + draw(st.integers(-40, 50)),
        draw(st.sampled_from([0, 12, 288])) if is_rolling else 0,
        draw(st.integers(1, 12)),
        is_same_day=not is_rolling and draw(st.booleans()),
    )


@st.composite
def windows(draw: st.DrawFn, day: LocalDay, seats: int) -> Window:
    """A session as staff would write it, by the clock on the wall."""
    first, last = (wall_tick(day, step) for step in draw(SESSIONS))
    last = max(first, last)
    kept = draw(st.booleans())
    return Window(
        first,
        last,
        draw(st.sampled_from([BOTH, BOTH, BOTH, frozenset({1}), frozenset({2})])),
        draw(st.integers(first, last)) if kept else last,
        draw(st.sampled_from([0, 1, 12, 40, 288, 4000])) if kept else 0,
        draw(st.integers(1, 12)),
        tuple(draw(st.lists(shares(day, seats), max_size=3))) if draw(st.integers(0, 2)) == 0 else (),
        draw(st.sampled_from([0, 0, 0, day.base_unit + 3])),
    )


def wall_tick(day: LocalDay, step: int) -> int:
    """The tick of the `step`-th five minutes that the clock shows; 288 is the end of the day."""
    return day.ticks if step == 288 else tick_at(day, time(step // 12, step % 12 * 5), ZONE)


@st.composite
def resource_days(draw: st.DrawFn, facts: EngineResource, day: LocalDay) -> ResourceDay:
    closed = 0
    for first in draw(st.lists(st.integers(0, 60), max_size=2)):
        for tick in range(first, first + draw(st.integers(1, 12))):
            closed |= 1 << tick
    drawn = draw(st.lists(windows(day, facts.seats), min_size=draw(st.sampled_from([1, 1, 1, 1, 0])), max_size=3))
    return ResourceDay(facts, tuple(drawn), closed)


@st.composite
def worlds(draw: st.DrawFn, most_sites: int = 2, most_services: int = 2) -> World:
    start = draw(st.sampled_from(CLOCK_CHANGES + PLAIN_DAYS)) - timedelta(days=draw(st.integers(0, 1)))
    days = days_between(start, start + timedelta(days=draw(st.integers(0, 1))), ZONE)
    search = draw(searches(days, most_services))
    site_days, facts = [], []
    for site_id in range(1, draw(st.integers(1, most_sites)) + 1):
        requirements = [requirement for shape in search.visit for requirement in shape.requirements][:3]
        requirements += [Requirement(draw(st.sampled_from(KINDS))) for _ in range(draw(st.integers(0, 2)))]
        here = [draw(resources(10 * site_id + n, requirement)) for n, requirement in enumerate(requirements)]
        features = draw(some(NEEDS))
        facts += here
        site_days += [SiteDay(site_id, day, features, tuple(draw(resource_days(f, day)) for f in here)) for day in days]
    rows = draw(st.lists(bookings(facts, days), max_size=10))
    return World(search, site_days, rows)


@st.composite
def resources(draw: st.DrawFn, resource_id: int, requirement: Requirement) -> EngineResource:
    """A resource that would do for `requirement`, or for something else after all."""
    skills = draw(st.frozensets(st.sampled_from(SKILLS))) | (
        requirement.skills if draw(st.integers(0, 4)) else frozenset()
    )
    return EngineResource(resource_id, requirement.kind, draw(st.sampled_from([1, 1, 1, 2, 3])), skills)


@st.composite
def bookings(draw: st.DrawFn, facts: list[EngineResource], days: list[LocalDay]) -> tuple[int, int, int, int]:
    """A row of a booking: about the changed hour, about midnight, or anywhere."""
    resource = draw(st.sampled_from(facts))
    day = draw(st.sampled_from(days))
    first = day.base_unit + draw(st.one_of(st.integers(-6, 60), st.integers(0, 48), st.integers(250, 300)))
    return resource.resource_id, draw(st.integers(0, resource.seats - 1)), first, first + draw(st.integers(1, 24))


@st.composite
def searches(draw: st.DrawFn, days: list[LocalDay], most_services: int) -> Search:
    begin, end = days[0].base_unit, days[-1].end_unit
    whole = draw(st.booleans())
    return Search(
        visit=tuple(draw(st.lists(SHAPES, min_size=1, max_size=most_services))),
        earliest_unit=begin if whole else begin + draw(st.integers(-10, 60)),
        latest_unit=end if whole else begin + draw(st.integers(20, 330)),
        now_unit=begin + draw(st.integers(-30, 40)),
        for_public=draw(st.booleans()),
        needs=draw(some(NEEDS)) if draw(st.booleans()) else frozenset(),
        extra_ticks=draw(st.sampled_from([0, 0, 0, 3])),
        for_list=draw(st.booleans()),
        adviser=draw(st.sampled_from([0, 0, 0, 10, 11, 20])),
    )
