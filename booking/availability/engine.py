"""The availability engine: the one answer for the page, the API and the check at booking time.

It turns plain values (`values`) into slots: `service_openings` says what is open, `busy` what is occupied, `free_starts`
joins the two, and `seat_allocation` selects the seats.

A language is searched for day by day: where somebody who speaks it is free at a site, these are its times; on its other
days it has those for which an interpreter can be found. At booking either of them will do, since somebody who speaks it may
have become free, or not be free any more, after the times were shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter

from booking.availability.bits import NOTHING, Bits, count, first_tick
from booking.availability.busy import NOTHING_BUSY, Busy, busy_index
from booking.availability.free_starts import free_at, free_starts, starts_with_counts, steps_for
from booking.availability.seat_allocation import MOST_ALTERNATIVES, allocations
from booking.availability.service_openings import Step
from booking.availability.values import NO_NAMES, Search, SeatAllocation, SiteDay, Slot, SlotCheck

__all__ = [
    "assign",
    "busy_index",
    "check_slot",
    "count_by_day",
    "day_starts",
    "find_slots",
    "first_slot_by_site",
    "is_spoken",
]

_slot_of = partial(tuple.__new__, Slot)
_site_id = itemgetter(0)
_start_unit = itemgetter(1)


def day_starts(search: Search, site_day: SiteDay, busy: Busy) -> Bits:
    """The ticks of the day at which the whole visit could begin."""
    return _starts_of(_search_of_day(search, site_day, busy), site_day, busy)


def _starts_of(search: Search, site_day: SiteDay, busy: Busy) -> Bits:
    """The starts in any mode that is searched."""
    steps, found = steps_for(search), NOTHING
    for day in _days_of_modes(search, site_day):
        found |= free_starts(search, steps, day, busy)
    return found


def _days_of_modes(search: Search, site_day: SiteDay) -> tuple[SiteDay, ...]:
    """The day as it is in each of the modes that are searched; once, where it is the same in all."""
    if not site_day.by_mode:
        return (site_day,)
    return tuple(day for mode, day in site_day.by_mode if mode in search.modes)


@lru_cache(maxsize=256)
def _spoken_and_interpreted(search: Search) -> tuple[Search, Search]:
    """The search for whoever speaks the language, and the one for an interpreter."""
    plain = replace(search, spoken=NO_NAMES, interpreted_from=0)
    earliest = max(search.earliest_unit, search.interpreted_from)
    return replace(plain, needs=search.needs | search.spoken), replace(plain, earliest_unit=earliest)


def _search_of_day(search: Search, site_day: SiteDay, busy: Busy) -> Search:
    """The search that answers for this day of the site."""
    if not search.spoken:
        return search
    spoken, interpreted = _spoken_and_interpreted(search)
    return spoken if _starts_of(spoken, site_day, busy) else interpreted


def is_spoken(search: Search, site_day: SiteDay, busy: Busy, start_unit: int) -> bool:
    """Whether whoever speaks the language that is searched for is free for the whole visit at `start_unit`."""
    tick = start_unit - site_day.day.base_unit
    return tick >= 0 and bool(day_starts(_spoken_and_interpreted(search)[0], site_day, busy) >> tick & 1)


def find_slots(search: Search, site_days: Iterable[SiteDay], busy: Busy, limit: int | None = None) -> list[Slot]:
    """The slots of all the days, by start and then by site; with `limit`, the first so many of them."""
    steps, found = steps_for(search), list[Slot]()
    for site_day in sorted(site_days, key=lambda site_day: site_day.day.base_unit):
        if limit is not None and len(found) >= limit:
            found = _in_order(found)[:limit]
            if not found or found[-1].start_unit < site_day.day.base_unit:
                break
        found += _slots_of_day(search, steps, site_day, busy)
    return _in_order(found)[:limit]


def count_by_day(search: Search, site_days: Iterable[SiteDay], busy: Busy) -> dict[tuple[int, date], int]:
    """For each site and date, at how many different times the visit could begin."""
    return {(site_day.site_id, site_day.day.date): count(day_starts(search, site_day, busy)) for site_day in site_days}


def first_slot_by_site(search: Search, site_days: Iterable[SiteDay], busy: Busy) -> dict[int, Slot]:
    """The earliest slot of each site that has one, in the order of their starts."""
    first = dict[int, Slot]()
    for site_day in sorted(site_days, key=lambda site_day: site_day.day.base_unit):
        if site_day.site_id not in first:
            slot = _first_of_day(search, site_day, busy)
            if slot is not None:
                first[site_day.site_id] = slot
    return {slot.site_id: slot for slot in _in_order(list(first.values()))}


def _first_of_day(search: Search, site_day: SiteDay, busy: Busy) -> Slot | None:
    for_day = _search_of_day(search, site_day, busy)
    steps = steps_for(for_day)
    if site_day.by_mode:
        return next(_slots_by_mode(for_day, steps, site_day, busy), None)
    bits = free_starts(for_day, steps, site_day, busy)
    if not bits:
        return None
    ticks = [first_tick(bits)]
    (slot,) = _slots_at(search, site_day, ticks, free_at(for_day, steps, site_day, busy, ticks))
    return slot


def assign(
    search: Search,
    site_day: SiteDay,
    busy: Busy,
    start_unit: int,
    *,
    prefer: frozenset[int] | None = None,
    spread: int = 0,
    most: int = MOST_ALTERNATIVES,
) -> list[tuple[SeatAllocation, ...]]:
    """Up to `most` seatings of the visit at `start_unit`, best first; empty when it cannot begin. See `seat_allocation`."""
    tick = start_unit - site_day.day.base_unit
    for one in _spoken_and_interpreted(search) if search.spoken else (search,):
        for day in _days_of_modes(one, site_day) if tick >= 0 else ():
            if free_starts(one, steps_for(one), day, busy) >> tick & 1:
                prefer = prefer or frozenset()
                return allocations(one, steps_for(one), day, busy, tick, prefer=prefer, spread=spread, most=most)
    return []


def check_slot(search: Search, site_day: SiteDay, busy: Busy, start_unit: int) -> SlotCheck:
    """Whether the visit can begin at `start_unit`, or the first reason why not."""
    if search.spoken:
        spoken, interpreted = (check_slot(one, site_day, busy, start_unit) for one in _spoken_and_interpreted(search))
        was_free = spoken is SlotCheck.TAKEN and interpreted is SlotCheck.TOO_SOON
        return spoken if spoken is SlotCheck.FREE or was_free else interpreted
    tick = start_unit - site_day.day.base_unit
    if start_unit < search.earliest_unit:
        return SlotCheck.TOO_SOON
    if start_unit >= search.latest_unit:
        return SlotCheck.TOO_FAR
    if not 0 <= tick < site_day.day.ticks:
        return SlotCheck.CLOSED
    if tick % search.visit[0].grid_ticks:
        return SlotCheck.OFF_GRID
    if day_starts(search, site_day, busy) >> tick & 1:
        return SlotCheck.FREE
    return SlotCheck.TAKEN if day_starts(search, site_day, NOTHING_BUSY) >> tick & 1 else SlotCheck.CLOSED


def _slots_of_day(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy) -> Iterable[Slot]:
    if search.spoken:
        search = _search_of_day(search, site_day, busy)
        steps = steps_for(search)
    if site_day.by_mode:
        return _slots_by_mode(search, steps, site_day, busy)
    ticks, free = starts_with_counts(search, steps, site_day, busy)
    return _slots_at(search, site_day, ticks, free) if ticks else ()


def _slots_by_mode(search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy) -> Iterator[Slot]:
    """The slots of a day on which something is shut for one mode alone, by start; each says in which modes it can be had."""
    found: dict[int, list[tuple[str, int]]] = {}
    for mode, day in site_day.by_mode:
        if mode in search.modes:
            for tick, free in zip(*starts_with_counts(search, steps, day, busy), strict=True):
                found.setdefault(tick, []).append((mode, free))
    for tick in sorted(found):
        start, modes = site_day.day.base_unit + tick, tuple(found[tick])
        yield Slot(site_day.site_id, start, start + search.visit_ticks, max(free for _, free in modes), modes)


def _slots_at(search: Search, site_day: SiteDay, ticks: list[int], free: list[int]) -> Iterable[Slot]:
    """The slots that begin at `ticks`. By columns, because thousands of them are made for one page."""
    start_units = list(map(site_day.day.base_unit.__add__, ticks))
    end_units = map(search.visit_ticks.__add__, start_units)
    return map(_slot_of, zip(repeat(site_day.site_id), start_units, end_units, free, repeat(())))


def _in_order(slots: list[Slot]) -> list[Slot]:
    """`slots` by start and then by site; two passes on one number each are quicker than one on pairs."""
    return sorted(sorted(slots, key=_site_id), key=_start_unit)
