"""What a change of a council's set-up does to free times and to bookings: the set-up before, the set-up after, bookings.

A booking fits while the engine would accept it at its own time, on a day without other bookings, with the resources that
it occupies. Grid, lead time and horizon are rules for new bookings; they do not concern who is booked already. The people
of the council need time to travel between two bookings at two sites as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, partial
from typing import NamedTuple

from booking.availability.busy import NOTHING_BUSY, Busy, away_rows, busy_index
from booking.availability.engine import check_slot, find_slots
from booking.availability.site_days import modes_of_visit, search_for, site_day
from booking.availability.travel_after_plan_change import Pair, too_close, who_must_move
from booking.availability.values import NO_NAMES, BookedVisit, Requirement, Search, SiteDay, SlotCheck
from booking.slot_tokens import LAST_UNIT, Counts
from core.errors import NotFound
from core.wall_clock import days_between, local_date_of, local_day
from locations.model import Catalogue

ANYTHING = Requirement("anything")


class MisfitReason(StrEnum):
    """Why a booking does not fit the set-up."""

    MODE = "mode"
    """It can no longer be held in this mode."""
    HOURS = "hours"
    """No session is open for its services at its time."""
    CLOSED = "closed"
    """A closure or a bank holiday shuts the place, or all that could serve it."""
    SKILLS = "skills"
    """Nothing that is open then has what its services or its support needs require."""
    RESOURCE = "resource"
    """What it occupies can no longer serve it; something else at the site could."""
    TRAVEL = "travel"
    """Its adviser or interpreter has no longer time to travel to or from another booking of theirs."""


@dataclass(frozen=True, slots=True)
class NoLongerFits:
    """A booking that fitted before the change and does not fit after it, and why."""

    visit: BookedVisit
    reason: MisfitReason


class ServiceSlot(NamedTuple):
    """So many (`free`) visits for one service that could begin at a site at this unit."""

    service_id: int
    site_id: int
    start_unit: int
    free: int


@dataclass(frozen=True)
class CapacityChange:
    """The capacity that appears and disappears, by service, site and start."""

    appearing: tuple[ServiceSlot, ...]
    disappearing: tuple[ServiceSlot, ...]


def change_of_capacity(
    before: Catalogue,
    after: Catalogue,
    visits: Iterable[BookedVisit],
    dates: tuple[date, date],
    now: datetime,
    *,
    is_beyond_horizon: bool = False,
) -> CapacityChange:
    """What replacing `before` by `after` does to the staff's free times on `dates` (both included) beside `visits`.

    With `is_beyond_horizon` those count, too, that are too far ahead to be booked yet.
    """
    visits = tuple(visits)
    old, new = (_capacity(one, visits, dates, now, is_beyond_horizon=is_beyond_horizon) for one in (before, after))
    return CapacityChange(appearing=_more(new, old), disappearing=_more(old, new))


def new_misfits(
    before: Catalogue,
    after: Catalogue,
    visits: Iterable[BookedVisit],
    now: datetime,
    *,
    staying: Iterable[BookedVisit] = (),
) -> tuple[NoLongerFits, ...]:
    """Those of `visits` that fit `before` and do not fit `after`, each with its reason.

    Of two bookings of one person that are too close now, the later one does not fit; one of `staying` fits in any case.
    """
    visits, old, new = tuple(visits), PlanFit(before, now), PlanFit(after, now)
    found = ((visit, new.why_not(visit)) for visit in visits if _differs(old.facts(visit), new.facts(visit)))
    lost = [NoLongerFits(visit, reason) for visit, reason in found if reason is not None and old.why_not(visit) is None]
    others = _others(visits, lost)
    present = (*staying, *others)
    return (*lost, *_too_late(too_close(after, present) - too_close(before, present), others))


def misfits_of(
    catalogue: Catalogue, visits: Iterable[BookedVisit], now: datetime, *, staying: Iterable[BookedVisit] = ()
) -> tuple[NoLongerFits, ...]:
    """Those of `visits` that do not fit the catalogue beside those that stay, whether they ever did or not."""
    visits, fit = tuple(visits), PlanFit(catalogue, now)
    found = ((visit, fit.why_not(visit)) for visit in visits)
    lost = [NoLongerFits(visit, reason) for visit, reason in found if reason is not None]
    others = _others(visits, lost)
    return (*lost, *_too_late(too_close(catalogue, (*staying, *others)), others))


def _others(visits: Iterable[BookedVisit], lost: Iterable[NoLongerFits]) -> tuple[BookedVisit, ...]:
    gone = {found.visit for found in lost}
    return tuple(visit for visit in visits if visit not in gone)


def _too_late(pairs: Iterable[Pair], movable: Iterable[BookedVisit]) -> list[NoLongerFits]:
    return [NoLongerFits(visit, MisfitReason.TRAVEL) for visit in who_must_move(pairs, movable)]


def _differs(old: tuple[Search, SiteDay, bool] | None, new: tuple[Search, SiteDay, bool] | None) -> bool:
    return old is None or old != new


Capacity = dict[tuple[int, int, int], int]


def _capacity(
    catalogue: Catalogue,
    visits: Iterable[BookedVisit],
    dates: tuple[date, date],
    now: datetime,
    *,
    is_beyond_horizon: bool,
) -> Capacity:
    """How many visits fit beside those that are booked, by service, site and start unit."""
    zone, busy = catalogue.authority.zone, _busy(catalogue, visits)
    days = days_between(*dates, zone)
    capacity: Capacity = {}
    for service in catalogue.services:
        search = search_for(catalogue, (service.id,), now, for_public=False)
        if is_beyond_horizon:
            search = replace(search, latest_unit=LAST_UNIT)
        sites = [
            site for site in catalogue.sites if service.id in site.service_ids and set(site.modes) & set(service.modes)
        ]
        for slot in find_slots(search, [site_day(site, day, zone) for site in sites for day in days], busy):
            capacity[service.id, slot.site_id, slot.start_unit] = slot.free
    return capacity


def _busy(catalogue: Catalogue, visits: Iterable[BookedVisit]) -> Busy:
    seats = [(visit.slot.site_id, seat) for visit in visits for seat in visit.seats]
    of_people = [(site_id, seat) for site_id, seat in seats if catalogue.is_council_wide(seat[0])]
    site_ids = [site.id for site in catalogue.sites if site.council_wide_ids]
    return busy_index([seat for _, seat in seats], away=away_rows(of_people, site_ids, catalogue.travel.ticks))


def _more(one: Capacity, other: Capacity) -> tuple[ServiceSlot, ...]:
    """What `one` has more than `other`."""
    more = ((key, free - other.get(key, 0)) for key, free in one.items())
    return tuple(sorted(ServiceSlot(*key, free) for key, free in more if free > 0))


class _Day:
    """A site's day and variants of it, each worked out once for all visits of the day."""

    def __init__(self, whole: SiteDay) -> None:
        self.whole = whole
        self._own: dict[frozenset[int], SiteDay] = {}

    def own(self, resource_ids: frozenset[int]) -> SiteDay:
        """The day with these resources alone."""
        if resource_ids not in self._own:
            resources = tuple(r for r in self.whole.resources if r.resource.resource_id in resource_ids)
            self._own[resource_ids] = replace(self.whole, resources=resources)
        return self._own[resource_ids]

    @cached_property
    def without_closures(self) -> SiteDay:
        """The day as if nothing were shut."""
        return replace(self.whole, resources=tuple(replace(resource, closed=0) for resource in self.whole.resources))

    @cached_property
    def of_anything(self) -> SiteDay:
        """The same openings, of resources that all meet `ANYTHING`."""
        resources = (replace(r, resource=replace(r.resource, kind=ANYTHING.kind)) for r in self.whole.resources)
        return replace(self.whole, resources=tuple(resources))


class PlanFit:
    """Whether visits fit one set-up. It remembers the days and searches that it worked out."""

    def __init__(self, catalogue: Catalogue, now: datetime) -> None:
        self._catalogue, self._now = catalogue, now
        self._searches: dict[tuple[tuple[int, ...], bool, frozenset[str], str, Counts], Search] = {}
        self._days: dict[tuple[int, date, str], _Day] = {}
        self._days_by_start: dict[tuple[int, int, str], _Day] = {}

    def why_not(self, visit: BookedVisit) -> MisfitReason | None:
        """Why the visit does not fit, or None when it does."""
        try:
            search, day, has_mode = self._search(visit), self._day(visit), self._has_mode(visit)
        except NotFound:  # its site or one of its services is gone
            return MisfitReason.HOURS
        if not has_mode:
            return MisfitReason.MODE
        return _why_not(search, day, visit)

    def facts(self, visit: BookedVisit) -> tuple[Search, SiteDay, bool] | None:
        """The facts that decide whether the visit fits; None when its site or a service is gone."""
        try:
            return self._search(visit), self._day(visit).own(visit.resource_ids), self._has_mode(visit)
        except NotFound:
            return None

    def _search(self, visit: BookedVisit) -> Search:
        """The engine's search for the visit. Raises: NotFound."""
        key = (visit.slot.service_ids, visit.slot.extra_time, visit.needs, visit.slot.mode, visit.slot.counts)
        if key not in self._searches:
            services, extra_time, needs, mode, counts = key
            how = partial(search_for, extra_time=extra_time, mode=mode, counts=counts)
            search = how(self._catalogue, services, self._now, for_public=False, needs=needs)
            shapes = tuple(replace(shape, grid_ticks=1) for shape in search.visit)
            self._searches[key] = replace(search, visit=shapes, earliest_unit=0, latest_unit=LAST_UNIT)
        return self._searches[key]

    def _day(self, visit: BookedVisit) -> _Day:
        """The plan of the visit's site on its day, in its mode. Raises: NotFound."""
        slot, zone = visit.slot, self._catalogue.authority.zone
        key = (slot.site_id, slot.start_unit, slot.mode)
        if key not in self._days_by_start:
            local = local_day(local_date_of(slot.start_unit, zone), zone)
            if (slot.site_id, local.date, slot.mode) not in self._days:
                plan = site_day(self._catalogue.site_by_id(slot.site_id), local, zone)
                self._days[slot.site_id, local.date, slot.mode] = _Day(plan.in_mode(slot.mode))
            self._days_by_start[key] = self._days[slot.site_id, local.date, slot.mode]
        return self._days_by_start[key]

    def _has_mode(self, visit: BookedVisit) -> bool:
        """Whether the site and all services of the visit can be had in its mode. Raises: NotFound."""
        site = self._catalogue.site_by_id(visit.slot.site_id)
        return visit.slot.mode in modes_of_visit(self._catalogue, site, visit.slot.service_ids)


def _why_not(search: Search, day: _Day, visit: BookedVisit) -> MisfitReason | None:
    unit = visit.slot.start_unit
    if _can_begin(search, day.own(visit.resource_ids), unit):
        return None
    if _can_begin(search, day.whole, unit):
        return MisfitReason.RESOURCE
    if _can_begin(search, day.without_closures, unit):
        return MisfitReason.CLOSED
    if _can_begin(_for_anything(search), day.of_anything, unit):
        return MisfitReason.SKILLS
    return MisfitReason.HOURS


def _can_begin(search: Search, day: SiteDay, unit: int) -> bool:
    return check_slot(search, day, NOTHING_BUSY, unit) is SlotCheck.FREE


def _for_anything(search: Search) -> Search:
    """The same times, for which any one resource will do."""
    return replace(
        search, visit=tuple(replace(shape, requirements=(ANYTHING,)) for shape in search.visit), needs=NO_NAMES
    )
