"""Free starts of one visit in one site day, in one mode: `open & clear`, pools by OR, requirements by AND.

Where pools share resources (two advisers of one kind) an AND would count one adviser twice. Hall's theorem puts it
right: everybody can be served exactly when any two pools together have two resources, any three have three, ...
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from itertools import combinations
from typing import Any

from booking.availability.bit_counts import at_least, binary_counts, counts_at
from booking.availability.bits import NOTHING, Bits, every, span, ticks_of
from booking.availability.busy import Busy, SeatMaps
from booking.availability.releases import release_stage
from booking.availability.service_openings import Member, Option, Step, options_by_step, steps_of
from booking.availability.values import Search, SiteDay

ANY: Bits = -1
MOST_ANSWERS = 6
"""Answers of each kind that are remembered for one site day: a kilobyte each at the most."""


def steps_for(search: Search) -> tuple[Step, ...]:
    """The services of the visit that is searched, with their offsets."""
    return steps_of(search.visit, search.extra_ticks, search.needs, search.adviser)


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
    grid = grid_starts(search, site_day)
    if not grid:
        return NOTHING
    question = _question(search, steps, site_day, busy, grid)
    known: tuple[tuple[Step, ...], Bits] | None = _answers(site_day, "starts").get(question)
    if known is None:
        # `steps` stays alive with its answer, so its identity is a valid key and saves hashing it.
        known = _answers(site_day, "starts")[question] = (steps, _starts(search, steps, site_day, busy, grid))
    return known[1]


def starts_with_counts(
    search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy
) -> tuple[list[int], list[int]]:
    """The ticks of `free_starts`, and for each of them `free_at`; neither is to be changed."""
    grid = grid_starts(search, site_day)
    if not grid:
        return [], []
    question = _question(search, steps, site_day, busy, grid)
    known: tuple[tuple[Step, ...], list[int], list[int]] | None = _answers(site_day, "counts").get(question)
    if known is None:
        ticks = ticks_of(free_starts(search, steps, site_day, busy))
        counts = free_at(search, steps, site_day, busy, ticks) if ticks else []
        known = _answers(site_day, "counts")[question] = (steps, ticks, counts)
    return known[1:]


def _question(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy, grid: Bits) -> Hashable:
    """All that the day's answer depends on."""
    occupied = busy.at(site_day.site_id).pattern(site_day.resource_ids, site_day.day.base_unit)
    return id(steps), release_stage(search, site_day), grid, occupied


def _answers(site_day: SiteDay, kind: str) -> dict[Hashable, Any]:
    """What was worked out for the day last: as others book, only the days that they touch are worked out again."""
    answers: dict[Hashable, Any] = site_day.memory.setdefault(kind, {})
    if len(answers) > MOST_ANSWERS:
        answers.clear()  # while other threads read: each of them has its own answer in hand
    return answers


def _starts(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy, bits: Bits) -> Bits:
    """Those of the starts `bits` at which every service finds its resources free."""
    base_unit = site_day.day.base_unit
    for step, options in zip(steps, options_by_step(search, steps, site_day), strict=True):
        if not options:
            return NOTHING
        clear = busy.at(site_day.site_id).clear(step.blocked_length, base_unit)
        served = NOTHING
        for option in options:
            served |= _option_starts(option, clear)
        bits &= served >> step.offset
    return bits


def free_at(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy, ticks: list[int]) -> list[int]:
    """For each start in `ticks`, all of them free, how many such visits fit side by side.

    The scarcest requirement of the scarcest service decides. Where support needs leave several options, the best counts.
    """
    base_unit = site_day.day.base_unit
    lowest: list[int] | None = None
    for step, options in zip(steps, options_by_step(search, steps, site_day), strict=True):
        clear = busy.at(site_day.site_id).clear(step.blocked_length, base_unit)
        begins = [tick + step.offset for tick in ticks] if step.offset else ticks
        best: list[int] | None = None
        for option in options:
            counts = _option_counts(option, clear, begins)
            best = counts if best is None else list(map(max, best, counts))
        if best is not None:
            lowest = best if lowest is None else list(map(min, lowest, best))
    return lowest or []


def seat_starts(member: Member, clear: SeatMaps) -> list[Bits]:
    """For each seat of the resource, the starts at which it is open and free."""
    resource, open_starts, by_seat = member
    seats = clear.get(resource.resource_id)
    if by_seat:
        return [bits & seats.get(seat, ANY) if seats else bits for seat, bits in enumerate(by_seat)]
    if seats is None:
        return [open_starts] * resource.seats
    return [open_starts & seats.get(seat, ANY) for seat in range(resource.seats)]


def resource_starts(member: Member, clear: SeatMaps) -> Bits:
    """The starts at which the resource is open and any of its seats is free throughout."""
    bits = NOTHING
    for one_seat in seat_starts(member, clear):
        bits |= one_seat
    return bits


def _option_starts(option: Option, clear: SeatMaps) -> Bits:
    bits = ANY
    for pool in option.pools:
        anyone = NOTHING
        for member in pool:
            anyone |= resource_starts(member, clear)
        bits &= anyone
    if option.shared and bits:
        for places in _subsets(len(option.pools)):
            members = _union(option, places)
            bits &= at_least(len(places), (resource_starts(member, clear) for member in members))
    return bits


def _option_counts(option: Option, clear: SeatMaps, ticks: list[int]) -> list[int]:
    lowest: list[int] | None = None
    for pool in option.pools:
        counts = counts_at(binary_counts(bits for member in pool for bits in seat_starts(member, clear)), ticks)
        lowest = counts if lowest is None else list(map(min, lowest, counts))
    counts = lowest or []
    for places in _subsets(len(option.pools)) if option.shared else ():
        seats = [counts_at(binary_counts(seat_starts(m, clear)), ticks) for m in _union(option, places)]
        counts = [_side_by_side(most, free, len(places)) for most, *free in zip(counts, *seats, strict=True)]
    return counts


def _side_by_side(most: int, free: list[int], pools: int) -> int:
    """The largest number of visits, up to `most`, for which resources with `free` seats can fill `pools` places each.

    A visit takes a resource only once, so n visits use at most n seats of it.
    """
    visits = most
    while visits and sum(min(seats, visits) for seats in free) < visits * pools:
        visits -= 1
    return visits


def _union(option: Option, places: tuple[int, ...]) -> list[Member]:
    """The members of the named pools, each once."""
    return list({m.resource.resource_id: m for place in places for m in option.pools[place]}.values())


@lru_cache(maxsize=16)
def _subsets(pools: int) -> tuple[tuple[int, ...], ...]:
    """Every choice of two or more of so many pools."""
    return tuple(c for size in range(2, pools + 1) for c in combinations(range(pools), size))
