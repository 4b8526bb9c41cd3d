"""Searches for free slots, for pages, the API and commands: rows and the catalogue go to the engine, slots come back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.availability.bits import Bits, span
from booking.availability.busy import NOTHING_BUSY, Busy, BusyRow
from booking.availability.engine import count_by_day, day_starts, find_slots, first_slot_by_site
from booking.availability.notice import earliest_at
from booking.availability.search_periods import growing_periods
from booking.availability.site_days import counts_or_ones, last_bookable_date, modes_of_visit, search_for, site_day
from booking.availability.values import Search, SiteDay, Slot
from booking.capacity.occupancy import busy_of
from booking.slot_tokens import Counts, SlotKey, encode
from core.wall_clock import days_between, instant_of, local_date_of, local_day, unit_after
from locations.model import Catalogue, SiteFacts

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class SlotQuery:
    """A search for slots. No site means all, no mode any mode, no dates all between lead time and horizon.

    `own_seats` are those of a hold or appointment of whoever searches: free to them. `for_list`: for the waiting list.
    Without `counts` it is for one of whatever its services count. `adviser` is the resource that is to serve it, or 0.
    `within` are the first and the last date of somebody who is invited: no search of theirs goes beyond them.
    """

    service_ids: tuple[int, ...]
    site_ids: tuple[int, ...] | None = None
    mode: str | None = None
    needs: frozenset[str] = frozenset()
    first_date: date | None = None
    last_date: date | None = None
    for_public: bool = True
    extra_time: bool = False
    own_seats: frozenset[BusyRow] = frozenset()
    for_list: bool = False
    counts: Counts | None = None
    adviser: int = 0
    within: tuple[date, date] | None = None


@dataclass(frozen=True)
class FreeSlot:
    """A start that could be booked, ready to show. Times are aware, in the authority's zone."""

    slot_key: SlotKey
    token: str
    site: SiteFacts
    mode: str
    starts_at: datetime
    ends_at: datetime
    free: int


@dataclass(frozen=True)
class _Scope:
    """A search with the sites and dates that it covers."""

    search: Search
    sites: tuple[SiteFacts, ...]
    dates: tuple[date, date] | None

    def __bool__(self) -> bool:
        return bool(self.sites) and self.dates is not None


def modes_at(catalogue: Catalogue, query: SlotQuery, site: SiteFacts) -> tuple[str, ...]:
    """The modes of the query in which the visit can be held at `site`."""
    modes = modes_of_visit(catalogue, site, query.service_ids)
    return modes if query.mode is None else tuple(mode for mode in modes if mode == query.mode)


def candidate_sites(catalogue: Catalogue, query: SlotQuery) -> tuple[SiteFacts, ...]:
    """The sites of the query that offer every service of the visit in one of its modes."""
    return tuple(
        site
        for site in catalogue.sites
        if (query.site_ids is None or site.id in query.site_ids)
        and set(query.service_ids) <= site.service_ids
        and modes_at(catalogue, query, site)
    )


def bookable_dates(catalogue: Catalogue, query: SlotQuery, now: datetime) -> tuple[date, date]:
    """The dates of the first and the last instant that may be booked, whatever is open; the last may be before the first."""
    services = [catalogue.service_by_id(service_id) for service_id in query.service_ids]
    zone = catalogue.authority.zone
    earliest = earliest_at(catalogue.authority, services, now, for_public=query.for_public, needs=query.needs)
    first, last = local_date_of(unit_after(earliest), zone), last_bookable_date(services, now, zone)
    if query.within is not None:
        first, last = max(first, query.within[0]), min(last, query.within[1])
    return first, last


def open_dates(catalogue: Catalogue, query: SlotQuery, dates: Iterable[date]) -> frozenset[date]:
    """Those of `dates` on which any site of the query is open for its first service, whether it is booked up or not."""
    sites, zone = candidate_sites(catalogue, query), catalogue.authority.zone
    return frozenset(day for day in dates if any(_opens(site, day, zone, query.service_ids[0]) for site in sites))


def dates_with_times_left(catalogue: Catalogue, query: SlotQuery, now: datetime) -> tuple[date, date]:
    """`bookable_dates`, but not today, when the lead time leaves none of today's opening hours; one date at least."""
    first, last = bookable_dates(catalogue, query, now)
    scope = _scope(catalogue, replace(query, first_date=first, last_date=first), now)
    could_begin = any(day_starts(scope.search, site_day, NOTHING_BUSY) for site_day in _site_days(catalogue, scope))
    if not could_begin and open_dates(catalogue, query, (first,)):
        first += timedelta(days=1)
    return first, max(first, last)


def engine_slots(
    db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime, limit: int | None = None
) -> list[Slot]:
    """The engine's slots, by start and then by site: for programs that want many. One or two statements."""
    return made_of_slots(db, catalogue, query, now, ("slots", limit), lambda slots: slots[:limit], limit).copy()


def made_of_slots(
    db: Session,
    catalogue: Catalogue,
    query: SlotQuery,
    now: datetime,
    question: tuple[Hashable, ...],
    make: Callable[[list[Slot]], Answer],
    limit: int | None = None,
) -> Answer:
    """What `make` makes of the engine's slots for `question`: while nothing else is occupied it is made once.

    It is not to be changed. `question` has all that `make` depends on besides the slots and the query.
    """
    scope = _scope(catalogue, query, now)
    if not scope:
        return make([])
    days = _site_days(catalogue, scope)
    busy = _busy(db, catalogue, query, days, now)
    question = (*question, query.needs, query.mode, query.extra_time, query.counts)
    return _answer(busy, question, scope, lambda: make(find_slots(scope.search, days, busy, limit)))


def all_slots(
    db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime, limit: int | None = None
) -> list[FreeSlot]:
    """The slots that answer `query`, by start and then by site."""
    slots = engine_slots(db, catalogue, query, now, limit)
    free_slots = [free_slot for slot in slots for free_slot in free_slots_of(catalogue, query, slot)]
    return free_slots[:limit]


def free_by_date(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> dict[date, int]:
    """At how many times the visit could begin, at all sites together, on each date in question that has any."""
    return free_by_date_and_soonest(db, catalogue, query, now)[0]


def free_by_date_and_soonest(
    db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime
) -> tuple[dict[date, int], FreeSlot | None]:
    """`free_by_date`, and the soonest of these times, from the same statement."""
    scope, free = _scope(catalogue, query, now), dict[date, int]()
    if not scope:
        return free, None
    days = _site_days(catalogue, scope)
    busy = _busy(db, catalogue, query, days, now)
    counts = _answer(busy, ("counts",), scope, partial(count_by_day, scope.search, days, busy))
    for (_, day), count in counts.items():
        if count:
            free[day] = free.get(day, 0) + count
    first = min(free, default=None)
    soonest = find_slots(scope.search, [one for one in days if one.day.date == first], busy, limit=1)
    return free, next(free_slots_of(catalogue, query, soonest[0])) if soonest else None


def starts_by_day(
    db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime
) -> dict[tuple[int, date], tuple[int, Bits]]:
    """For each site and date on which the visit could begin: the unit of midnight, and the starts in ticks after it."""
    scope = _scope(catalogue, query, now)
    if not scope:
        return {}
    days = _site_days(catalogue, scope)
    busy = _busy(db, catalogue, query, days, now)
    return dict(_answer(busy, ("starts",), scope, partial(_starts, scope.search, days, busy)))


def _starts(search: Search, days: Iterable[SiteDay], busy: Busy) -> dict[tuple[int, date], tuple[int, Bits]]:
    found = ((day, day_starts(search, day, busy)) for day in days)
    return {(day.site_id, day.day.date): (day.day.base_unit, bits) for day, bits in found if bits}


def _answer(busy: Busy, question: tuple[Hashable, ...], scope: _Scope, work_out: Callable[[], Answer]) -> Answer:
    """What `work_out` gives; of the same occupied seats, in the same scope, it is worked out once. Not to be changed."""
    return busy.answer((*question, scope.search, tuple(site.id for site in scope.sites), scope.dates), work_out)


def first_by_site(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> dict[int, FreeSlot]:
    """The first slot of each site that has one, soonest first. At most six statements."""
    scope, found = _scope(catalogue, query, now), dict[int, Slot]()
    for dates in growing_periods(scope.dates):
        sites = tuple(site for site in scope.sites if site.id not in found)
        if sites:
            days = _site_days(catalogue, replace(scope, sites=sites, dates=dates))
            busy = _busy(db, catalogue, query, days, now)
            piece = replace(scope, sites=sites, dates=dates)
            found |= _answer(busy, ("first",), piece, partial(first_slot_by_site, scope.search, days, busy))
    in_order = sorted(found.values(), key=lambda slot: (slot.start_unit, slot.site_id))
    return {slot.site_id: next(free_slots_of(catalogue, query, slot)) for slot in in_order}


def next_slot(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> FreeSlot | None:
    """The soonest slot at any site of the query."""
    scope = _scope(catalogue, query, now)
    for dates in growing_periods(scope.dates):
        days = _site_days(catalogue, replace(scope, dates=dates))
        slots = find_slots(scope.search, days, _busy(db, catalogue, query, days, now), limit=1)
        if slots:
            return next(free_slots_of(catalogue, query, slots[0]))
    return None


def _opens(site: SiteFacts, day: date, zone: str, service_id: int) -> bool:
    return any(
        service_id in window.service_ids and span(window.first, window.last) & ~resource.closed
        for resource in site_day(site, local_day(day, zone), zone).resources
        for window in resource.windows
    )


def _busy(db: Session, catalogue: Catalogue, query: SlotQuery, days: Sequence[SiteDay], now: datetime) -> Busy:
    return busy_of(db, catalogue, days, now, exclude=query.own_seats)


def _scope(catalogue: Catalogue, query: SlotQuery, now: datetime) -> _Scope:
    search = search_for(
        *(catalogue, query.service_ids, now),
        for_public=query.for_public,
        needs=query.needs,
        extra_time=query.extra_time,
        mode=query.mode,
        for_list=query.for_list,
        counts=query.counts,
    )
    search = replace(search, adviser=query.adviser)
    first, last = bookable_dates(catalogue, query, now)
    first = max(first, query.first_date) if query.first_date else first
    last = min(last, query.last_date) if query.last_date else last
    return _Scope(search, candidate_sites(catalogue, query), (first, last) if first <= last else None)


def _site_days(catalogue: Catalogue, scope: _Scope) -> list[SiteDay]:
    if scope.dates is None:
        return []
    zone = catalogue.authority.zone
    days = days_between(*scope.dates, zone)
    return [site_day(site, day, zone) for day in days for site in scope.sites]


def free_slots_of(catalogue: Catalogue, query: SlotQuery, slot: Slot) -> Iterator[FreeSlot]:
    """The engine's slot ready to show, once for each mode in which it can be had."""
    site, zone = catalogue.site_by_id(slot.site_id), ZoneInfo(catalogue.authority.zone)
    for mode, free in slot.free_by_mode or [(mode, slot.free) for mode in modes_at(catalogue, query, site)]:
        slot_key = SlotKey(
            authority_id=catalogue.authority.id,
            site_id=site.id,
            service_ids=query.service_ids,
            mode=mode,
            start_unit=slot.start_unit,
            extra_time=query.extra_time or "extra-time" in query.needs,
            counts=counts_or_ones(catalogue, query.service_ids, query.counts),
            adviser=query.adviser,
        )
        starts_at = instant_of(slot.start_unit).astimezone(zone)
        ends_at = instant_of(slot.end_unit).astimezone(zone)
        yield FreeSlot(slot_key, encode(slot_key), site, mode, starts_at, ends_at, free)
