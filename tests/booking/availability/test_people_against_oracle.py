"""People who work at several sites: the engine and a slow oracle agree about where they can be, and when.

The oracle compares appointments two by two, by their gaps; it knows of no bitmaps and widens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.availability import engine
from booking.availability.busy import Busy, away_rows
from booking.availability.free_periods import free_stretches
from booking.availability.values import EngineResource, Requirement, ResourceDay, Search, ServiceShape, SiteDay, Window
from tests.booking.availability.random_inputs import BASE, NEVER, TUESDAY

PersonRow = tuple[int, int, int, int]
"""site_id, person, first_unit, last_unit."""

PEOPLE = (71, 72)
SITES = (1, 2, 3)
TICKS = 60


@dataclass(frozen=True)
class Town:
    """Where the two people work, how far it is between the sites, and what is booked; rows may contradict each other."""

    days: dict[int, SiteDay]
    travel: dict[frozenset[int], int]
    search: Search
    rows: tuple[PersonRow, ...]

    def ticks(self, one: int, other: int) -> int:
        return self.travel[frozenset({one, other})]

    def busy(self, rows: tuple[PersonRow, ...], site_ids: tuple[int, ...]) -> Busy:
        """As `occupancy` puts it together: what is at the sites, and what their people do elsewhere."""
        here = [(person, 0, first, last) for site_id, person, first, last in rows if site_id in site_ids]
        theirs = [(site_id, (person, 0, first, last)) for site_id, person, first, last in rows]
        return engine.busy_index(here, BASE - 48, away_rows(theirs, site_ids, self.ticks))


@st.composite
def towns(draw: st.DrawFn) -> Town:
    days = {}
    for site_id in SITES:
        plans = []
        for person in PEOPLE:
            opened = draw(st.lists(st.tuples(st.integers(0, TICKS), st.integers(0, TICKS)).map(sorted), max_size=2))
            windows = tuple(Window(first, last, frozenset({1}), last) for first, last in opened)
            plans.append(ResourceDay(EngineResource(person, "adviser", 1), windows))
        days[site_id] = SiteDay(site_id, TUESDAY, frozenset(), tuple(plans))
    travel = {frozenset(pair): draw(st.integers(0, 9)) for pair in combinations(SITES, 2)}
    shape = ServiceShape(1, draw(st.integers(1, 6)), draw(st.integers(0, 3)), (Requirement("adviser"),), 1)
    search = Search((shape,), NEVER, BASE + 1000, NEVER, for_public=True)
    one_row = st.tuples(st.sampled_from(SITES), st.sampled_from(PEOPLE), st.integers(-40, TICKS), st.integers(1, 8))
    rows = tuple(
        (s, p, BASE + first, BASE + first + length) for s, p, first, length in draw(st.lists(one_row, max_size=6))
    )
    return Town(days, travel, search, rows)


def can_be_there(town: Town, rows: tuple[PersonRow, ...], site_id: int, person: int, first: int, last: int) -> bool:
    """Whether the person can be at the site from `first` to `last`, and get there from and go on to all else."""
    for where, who, begins, ends in rows:
        if who == person:
            gap = 0 if where == site_id else town.ticks(where, site_id)
            if not (ends + gap <= first or last + gap <= begins):
                return False
    return True


def is_open(plan: ResourceDay, first: int, last: int) -> bool:
    return all(any(w.first <= tick < w.last for w in plan.windows) for tick in range(first, last))


def expected_starts(town: Town, rows: tuple[PersonRow, ...], site_id: int) -> list[int]:
    (shape,) = town.search.visit
    return [
        BASE + tick
        for tick in range(TUESDAY.ticks)
        if any(
            is_open(plan, tick, tick + shape.duration_ticks)
            and can_be_there(
                town,
                rows,
                site_id,
                plan.resource.resource_id,
                BASE + tick,
                BASE + tick + shape.duration_ticks + shape.turnaround_ticks,
            )
            for plan in town.days[site_id].resources
        )
    ]


EXAMPLES = settings(
    max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@EXAMPLES
@given(towns(), st.lists(st.sampled_from(SITES), min_size=1, unique=True))
def test_starts_are_those_at_which_somebody_can_be_there(town: Town, site_ids: list[int]) -> None:
    """The same answer whether a site is searched alone or with others."""
    busy = town.busy(town.rows, tuple(site_ids))
    for site_id in site_ids:
        found = engine.find_slots(town.search, [town.days[site_id]], busy)
        assert [slot.start_unit for slot in found] == expected_starts(town, town.rows, site_id)


@EXAMPLES
@given(towns(), st.sampled_from(SITES))
def test_free_periods_leave_out_what_is_elsewhere_and_the_way(town: Town, site_id: int) -> None:
    found = free_stretches(town.days[site_id], town.busy(town.rows, (site_id,)))
    free = {(one.resource_id, unit) for one in found for unit in range(one.first_unit, one.last_unit)}
    assert free == {
        (plan.resource.resource_id, BASE + tick)
        for plan in town.days[site_id].resources
        for tick in range(TUESDAY.ticks)
        if is_open(plan, tick, tick + 1)
        and can_be_there(town, town.rows, site_id, plan.resource.resource_id, BASE + tick, BASE + tick + 1)
    }


@EXAMPLES
@given(towns(), st.data())
def test_however_it_is_filled_nobody_is_at_two_places_or_on_the_way(town: Town, data: st.DataObject) -> None:
    """Offer after offer is accepted, at any site, with any seat that the engine would give."""
    booked: tuple[PersonRow, ...] = ()
    for _ in range(12):
        site_id = data.draw(st.sampled_from(SITES))
        busy, day = town.busy(booked, (site_id,)), town.days[site_id]
        slots = engine.find_slots(town.search, [day], busy)
        if not slots:
            continue
        slot = data.draw(st.sampled_from(slots))
        (seat,) = data.draw(st.sampled_from(engine.assign(town.search, day, busy, slot.start_unit)))
        assert can_be_there(town, booked, site_id, seat.resource_id, seat.first_unit, seat.last_unit)
        booked = (*booked, (site_id, seat.resource_id, seat.first_unit, seat.last_unit))
    for number, (site_id, person, first, last) in enumerate(booked):
        assert can_be_there(town, booked[:number] + booked[number + 1 :], site_id, person, first, last)
