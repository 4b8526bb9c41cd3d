"""What the search pages show, asked of the booking queries and laid out for reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from web.resident.search_state import Steps, ask_of, day_of, first_of_month, modes_of, services_of, site_of


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


@dataclass(frozen=True)
class MonthFound:
    """A month of the search, and the next free time of all."""

    month: Month
    next: FreeSlot | None
    site: SiteFacts | None


@dataclass(frozen=True)
class DayFound:
    """The free times of a day, and the nearest days before and after it with any."""

    on: date
    places: list[TimesAt]
    earlier: date | None
    later: date | None
    site: SiteFacts | None


def places(context: PageContext, steps: Steps) -> Places:
    """The places for the visit, nearest first when the postcode is known."""
    ask = ask_of(context.catalogue, Steps(services=steps.services, needs=steps.needs, moving=steps.moving))
    place = locate(steps.near) if steps.near else None
    first = first_by_site(context.db, context.catalogue, ask, context.now)
    ordered = sites_by_distance(context.catalogue, ask, place)
    rows = [PlaceRow(site, miles, first.get(site.id)) for site, miles in ordered]
    visible = tuple(row for row in rows if not row.site.is_virtual)
    free = [row.first for row in visible if row.first]
    return Places(
        near=steps.near,
        place=place,
        # A place that lacks what somebody needs has no first time: it comes after those that can help.
        rows=tuple(sorted(visible, key=lambda row: row.first is None)),
        remote=_remote(context, steps, rows),
        soonest=min(free, key=lambda slot: slot.starts_at, default=None),
    )


def _remote(context: PageContext, steps: Steps, rows: list[PlaceRow]) -> tuple[tuple[str, FreeSlot | None], ...]:
    virtual = [row for row in rows if row.site.is_virtual]
    if not virtual:
        return ()
    first = min((row.first for row in virtual if row.first), key=lambda slot: slot.starts_at, default=None)
    modes = modes_of(services_of(context.catalogue, steps))
    return tuple((mode, first) for mode in ("phone", "video") if mode in modes)


def bounds_of(context: PageContext, ask: SlotQuery) -> tuple[date, date]:
    """The first and the last date that a resident may book, both included."""
    services = [context.catalogue.service_by_id(service_id) for service_id in ask.service_ids]
    zone = context.authority.zone
    first = local_date_of(unit_after(earliest_at(services, context.now, for_public=True)), zone)
    return first, max(first, last_bookable_date(services, context.now, zone))


def month(context: PageContext, steps: Steps) -> MonthFound:
    """The month that was asked for, or the one in which the next free time lies."""
    ask = ask_of(context.catalogue, steps)
    soonest = next_slot(context.db, context.catalogue, ask, context.now)
    bounds = bounds_of(context, ask)
    wanted = first_of_month(steps.month) or (soonest.starts_at.date() if soonest else bounds[0])
    first = month_within(wanted, bounds)
    free = _free_by_day(context, steps, first, last_of_month(first))
    return MonthFound(month_of(first, free, bounds, _opener(context, ask)), soonest, site_of(context.catalogue, steps))


def _free_by_day(context: PageContext, steps: Steps, first: date, last: date) -> dict[date, int]:
    ask = ask_of(context.catalogue, steps, first_date=first, last_date=last)
    free: dict[date, int] = {}
    for (_, day), count in day_counts(context.db, context.catalogue, ask, context.now).items():
        if count:
            free[day] = free.get(day, 0) + count
    return free


def _opener(context: PageContext, ask: SlotQuery) -> Callable[[date], bool]:
    """Says whether any place opens for the visit on a date, booked up or not."""
    sites, zone = candidate_sites(context.catalogue, ask), context.authority.zone

    def is_open(day: date) -> bool:
        return any(_opens(site, day, zone, ask.service_ids[0]) for site in sites)

    return is_open


def _opens(site: SiteFacts, day: date, zone: str, service_id: int) -> bool:
    return any(
        service_id in window.service_ids and span(window.first, window.last) & ~resource.closed
        for resource in site_day(site, local_day(day, zone), zone).resources
        for window in resource.windows
    )


def day(context: PageContext, steps: Steps) -> DayFound:
    """The free times of the day that was asked for. Raises: NotFound when it is not a date."""
    wanted = day_of(steps.day)
    if wanted is None:
        raise NotFound.because("no_day_chosen")
    ask = ask_of(context.catalogue, steps, first_date=wanted, last_date=wanted)
    slots = all_slots(context.db, context.catalogue, ask, context.now)
    near = locate(steps.near) if steps.near else None
    around = sorted(_free_by_day(context, steps, wanted - timedelta(days=14), wanted + timedelta(days=14)))
    return DayFound(
        wanted,
        times_by_place(slots, sites_by_distance(context.catalogue, ask, near)),
        earlier=max((date for date in around if date < wanted), default=None),
        later=min((date for date in around if date > wanted), default=None),
        site=site_of(context.catalogue, steps),
    )
