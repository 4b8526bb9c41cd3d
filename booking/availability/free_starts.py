"""Free starts of one visit in one site day: `open & clear`, pools by OR, requirements by AND.

Where pools share resources (two advisers of one kind) an AND would count one adviser twice. Hall's theorem puts it
right: everybody can be served exactly when any two pools together have two resources, any three have three, ...
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from booking.availability.bit_counts import at_least, counts_at, tally
from booking.availability.bits import NOTHING, Bits, every, span
from booking.availability.busy import Busy, SeatMaps
from booking.availability.service_openings import Member, Step, Way, steps_of, ways_by_step
from booking.availability.values import Search, SiteDay

ANY: Bits = -1


def steps_for(search: Search) -> tuple[Step, ...]:
    """The services of the visit that is searched, with their offsets."""
    return steps_of(search.visit, search.extra_ticks, search.needs)


def grid_starts(search: Search, site_day: SiteDay) -> Bits:
    """The starts that the grid of the first service, the lead time and the horizon leave in this day."""
    day = site_day.day
    first = max(search.earliest_unit - day.base_unit, 0)
    last = min(search.latest_unit - day.base_unit, day.ticks)
    if first >= last:
        return NOTHING
    return span(first, last) & every(search.visit[0].grid_ticks, day.ticks)


def free_starts(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy) -> Bits:
    """The starts of the day at which every service of the visit finds its resources free."""
    bits = grid_starts(search, site_day)
    if not bits:
        return NOTHING
    base_unit = site_day.day.base_unit
    for step, ways in zip(steps, ways_by_step(search, steps, site_day), strict=True):
        if not ways:
            return NOTHING
        clear = busy.at(site_day.site_id).clear(step.blocked_length, base_unit)
        served = NOTHING
        for way in ways:
            served |= _way_starts(way, clear)
        bits &= served >> step.offset
    return bits


def free_at(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy, ticks: list[int]) -> list[int]:
    """For each start in `ticks`, all of them free, how many such visits fit side by side.

    The scarcest requirement of the scarcest service decides. Where support needs leave several ways, the best counts.
    """
    base_unit = site_day.day.base_unit
    lowest: list[int] | None = None
    for step, ways in zip(steps, ways_by_step(search, steps, site_day), strict=True):
        clear = busy.at(site_day.site_id).clear(step.blocked_length, base_unit)
        begins = [tick + step.offset for tick in ticks] if step.offset else ticks
        best: list[int] | None = None
        for way in ways:
            counts = _way_counts(way, clear, begins)
            best = counts if best is None else list(map(max, best, counts))
        if best is not None:
            lowest = best if lowest is None else list(map(min, lowest, best))
    return lowest or []


def seat_starts(member: Member, clear: SeatMaps) -> list[Bits]:
    """For each seat of the resource, the starts at which it is open and free."""
    resource, open_starts = member
    seats = clear.get(resource.resource_id)
    if seats is None:
        return [open_starts] * resource.seats
    return [open_starts & seats.get(seat, ANY) for seat in range(resource.seats)]


def resource_starts(member: Member, clear: SeatMaps) -> Bits:
    """The starts at which the resource is open and any of its seats is free throughout."""
    bits = NOTHING
    for one_seat in seat_starts(member, clear):
        bits |= one_seat
    return bits


def _way_starts(way: Way, clear: SeatMaps) -> Bits:
    bits = ANY
    for pool in way.pools:
        anyone = NOTHING
        for member in pool:
            anyone |= resource_starts(member, clear)
        bits &= anyone
    if way.shared and bits:
        for together in _subsets(len(way.pools)):
            members = _union(way, together)
            bits &= at_least(len(together), (resource_starts(member, clear) for member in members))
    return bits


def _way_counts(way: Way, clear: SeatMaps, ticks: list[int]) -> list[int]:
    lowest: list[int] | None = None
    for pool in way.pools:
        counts = counts_at(tally(bits for member in pool for bits in seat_starts(member, clear)), ticks)
        lowest = counts if lowest is None else list(map(min, lowest, counts))
    counts = lowest or []
    for together in _subsets(len(way.pools)) if way.shared else ():
        seats = [counts_at(tally(seat_starts(m, clear)), ticks) for m in _union(way, together)]
        counts = [_side_by_side(most, free, len(together)) for most, *free in zip(counts, *seats, strict=True)]
    return counts


def _side_by_side(most: int, free: list[int], pools: int) -> int:
    """The largest number of visits, up to `most`, for which resources with `free` seats can fill `pools` places each.

    A visit takes a resource only once, so n visits use at most n seats of it.
    """
    visits = most
    while visits and sum(min(seats, visits) for seats in free) < visits * pools:
        visits -= 1
    return visits


def _union(way: Way, together: tuple[int, ...]) -> list[Member]:
    """The members of the named pools, each once."""
    return list({m.resource.resource_id: m for place in together for m in way.pools[place]}.values())


@lru_cache(maxsize=16)
def _subsets(pools: int) -> tuple[tuple[int, ...], ...]:
    """Every choice of two or more of so many pools."""
    return tuple(c for size in range(2, pools + 1) for c in combinations(range(pools), size))
