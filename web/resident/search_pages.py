"""What the search pages show: the answers of the booking queries, arranged for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from booking.availability.bits import span
from booking.availability.site_days import earliest_at, last_bookable_date, site_day
from booking.queries.slots import (
    FreeSlot,
    SlotQuery,
    all_slots,
    candidate_sites,
    day_counts,
    first_by_site,
    next_slot,
    sites_by_distance,
)
from core.errors import NotFound
from core.wall_clock import local_date_of, local_day, unit_after
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from web.page_context import PageContext
from web.resident.day_times import TimesAt, times_by_place
from web.resident.month import Month, last_of_month, month_of, month_within
from web.resident.search_state import SearchState, day_of, first_of_month, modes_of, services_of, site_of, slot_query_of

REMOTE_MODES = ("phone", "video")


@dataclass(frozen=True)
class PlaceRow:
    """A place that people can go to, how far it is, and when it is first free."""

    site: SiteFacts
    miles: float | None
    first: FreeSlot | None


@dataclass(frozen=True)
class Places:
    """Everything that the page about places shows."""

    near: str
    place: PostcodePlace | None
    rows: tuple[PlaceRow, ...]
    remote: tuple[tuple[str, FreeSlot | None], ...]
    soonest: FreeSlot | None

    @property
    def is_unknown(self) -> bool:
        """Whether a postcode was typed that is not known."""
        return bool(self.near) and self.place is None

    @property
    def is_empty(self) -> bool:
        """Whether nowhere offers the visit, in person or remotely."""
        return not self.rows and not self.remote


@dataclass(frozen=True)
class MonthFound:
    """A month of the search, and the next free time of all."""

    month: Month
    next: FreeSlot | None
    site: SiteFacts | None

    @property
    def names_next_place(self) -> bool:
        """Whether the next free time has to be shown with its place."""
        return self.site is None and self.next is not None and not self.next.site.is_virtual


@dataclass(frozen=True)
class DayFound:
    """The free times of a day, and the nearest days before and after it with any.

    `names_places` says whether each time has to be shown with its place.
    """

    on: date
    places: list[TimesAt]
    earlier: date | None
    later: date | None
    site: SiteFacts | None
    names_places: bool


def places(context: PageContext, search: SearchState) -> Places:
    """The places for the visit, nearest first when the postcode is known."""
    query = slot_query_of(
        context.catalogue, SearchState(services=search.services, needs=search.needs, moving=search.moving)
    )
    place = locate(search.near) if search.near else None
    first = first_by_site(context.db, context.catalogue, query, context.now)
    ordered = sites_by_distance(context.catalogue, query, place)
    rows = [PlaceRow(site, miles, first.get(site.id)) for site, miles in ordered]
    visible = tuple(row for row in rows if not row.site.is_virtual)
    free = [row.first for row in visible if row.first]
    return Places(
        near=search.near,
        place=place,
        # A place that lacks what somebody needs has no first time: it comes after those that can help.
        rows=tuple(sorted(visible, key=lambda row: row.first is None)),
        remote=_remote(context, search, rows),
        soonest=min(free, key=lambda slot: slot.starts_at, default=None),
    )


def _remote(context: PageContext, search: SearchState, rows: list[PlaceRow]) -> tuple[tuple[str, FreeSlot | None], ...]:
    virtual = [row for row in rows if row.site.is_virtual]
    if not virtual:
        return ()
    first = min((row.first for row in virtual if row.first), key=lambda slot: slot.starts_at, default=None)
    modes = modes_of(services_of(context.catalogue, search))
    return tuple((mode, first) for mode in REMOTE_MODES if mode in modes)


def bounds_of(context: PageContext, query: SlotQuery) -> tuple[date, date]:
    """The first and the last date that a resident may book, both included."""
    services = [context.catalogue.service_by_id(service_id) for service_id in query.service_ids]
    zone = context.authority.zone
    first = local_date_of(unit_after(earliest_at(services, context.now, for_public=True)), zone)
    return first, max(first, last_bookable_date(services, context.now, zone))


def month(context: PageContext, search: SearchState) -> MonthFound:
    """The requested month, or the one in which the next free time lies."""
    query = slot_query_of(context.catalogue, search)
    soonest = next_slot(context.db, context.catalogue, query, context.now)
    bounds = bounds_of(context, query)
    requested = first_of_month(search.month) or (soonest.starts_at.date() if soonest else bounds[0])
    first = month_within(requested, bounds)
    last = last_of_month(first)
    free = _free_by_day(context, query, first, last)
    # Only these can be full: a day with something free, or out of bounds, needs no look at the opening hours.
    without_free = (day for day in _dates(max(first, bounds[0]), min(last, bounds[1])) if day not in free)
    found = month_of(first, free, bounds, _open_dates(context, query, without_free))
    return MonthFound(found, soonest, site_of(context.catalogue, search))


def _dates(first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _free_by_day(context: PageContext, query: SlotQuery, first: date, last: date) -> dict[date, int]:
    """How many starts are free on each date from `first` to `last` that has any, wherever `query` looks."""
    free: dict[date, int] = {}
    dated = replace(query, first_date=first, last_date=last)
    for (_, day), count in day_counts(context.db, context.catalogue, dated, context.now).items():
        if count:
            free[day] = free.get(day, 0) + count
    return free


def _open_dates(context: PageContext, query: SlotQuery, dates: Iterable[date]) -> frozenset[date]:
    """Those of `dates` on which any place is open for the visit, whether it is booked up or not."""
    sites, zone = candidate_sites(context.catalogue, query), context.authority.zone
    return frozenset(day for day in dates if any(_opens(site, day, zone, query.service_ids[0]) for site in sites))


def _opens(site: SiteFacts, day: date, zone: str, service_id: int) -> bool:
    return any(
        service_id in window.service_ids and span(window.first, window.last) & ~resource.closed
        for resource in site_day(site, local_day(day, zone), zone).resources
        for window in resource.windows
    )


def day(context: PageContext, search: SearchState) -> DayFound:
    """The free times of the requested day. Raises: NotFound when it is not a date."""
    requested = day_of(search.day)
    if requested is None:
        raise NotFound.because("no_day_chosen")
    query = slot_query_of(context.catalogue, search)
    on_day = replace(query, first_date=requested, last_date=requested)
    slots = all_slots(context.db, context.catalogue, on_day, context.now)
    near = locate(search.near) if search.near else None
    fortnight = timedelta(days=14)
    days_with_free = sorted(_free_by_day(context, query, requested - fortnight, requested + fortnight))
    site = site_of(context.catalogue, search)
    return DayFound(
        requested,
        times_by_place(slots, sites_by_distance(context.catalogue, query, near)),
        earlier=max((day for day in days_with_free if day < requested), default=None),
        later=min((day for day in days_with_free if day > requested), default=None),
        site=site,
        names_places=site is None and search.mode not in REMOTE_MODES,
    )
