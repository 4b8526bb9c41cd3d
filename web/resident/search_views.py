"""The pages of a search: support needs, place, day, time. They only read; the address holds the state of the search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import Response, request
from flask.typing import ResponseReturnValue

from booking.queries.slots import (
    FreeSlot,
    all_slots,
    bookable_dates,
    first_by_site,
    free_by_date,
    next_slot,
    open_dates,
    sites_by_distance,
)
from core.errors import NotFound
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident.day_times import TimesAt, times_by_place
from web.resident.forms import NeedsForm
from web.resident.month import Month, last_of_month, month_of, month_within
from web.resident.page_rendering import searched_place, show
from web.resident.search_state import (
    SearchState,
    day_of,
    first_of_month,
    modes_of,
    read_search_state,
    services_of,
    site_of,
    slot_query_of,
)
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache

REMOTE_MODES = ("phone", "video")
FORTNIGHT = timedelta(days=14)


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


def _page(template: str, context: PageContext, search: SearchState, **values: object) -> Response:
    names = " + ".join(service.name for service in services_of(context.catalogue, search))
    return allow_private_cache(Response(show(template, context, search=search, service_names=names, **values)))


@blueprint.get("/<authority:authority>/needs")
@public
def needs(authority: str) -> ResponseReturnValue:
    """The support needs. They come first, because they decide which places and times fit."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        return _needs(context, search, NeedsForm(data={"need": list(search.needs), "language": search.language}))


def _needs(context: PageContext, search: SearchState, form: NeedsForm) -> Response:
    back = f"{context.base}/services/{search.services[0]}?visit={search.visit}" if search.services else context.base
    return _page("needs", context, search, form=form, back=back)


@blueprint.get("/<authority:authority>/where")
@public
def where(authority: str) -> ResponseReturnValue:
    """The places, nearest first, each with its first free time; or by video or phone; or anywhere."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        form = NeedsForm(formdata=request.args)
        if not search.moving and not form.validate():  # an appointment that is moved has its needs already
            return _needs(context, search, form)
        found = _places(context, search)
        back = f"{context.base}/{'when' if search.moving else 'needs'}?{search.query()}"
        return _page("where", context, search, found=found, has_errors=found.is_unknown, back=back)


def _places(context: PageContext, search: SearchState) -> Places:
    """What the page about places shows: nearest first when the postcode is known."""
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


@blueprint.get("/<authority:authority>/when")
@public
def when(authority: str) -> ResponseReturnValue:
    """A month, with how much is free on each day."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        found = _month(context, search)
        back = f"{context.base}/where?{search.query(site='', mode='', month='', day='')}"
        if search.moving:
            back = f"{context.base}/appointment/{search.moving}"
        return _page("when", context, search, found=found, place=searched_place(found.site, search.mode), back=back)


def _month(context: PageContext, search: SearchState) -> MonthFound:
    """The requested month, or the one in which the next free time lies."""
    query = slot_query_of(context.catalogue, search)
    soonest = next_slot(context.db, context.catalogue, query, context.now)
    first_date, last_date = bookable_dates(context.catalogue, query, context.now)
    bounds = first_date, max(first_date, last_date)
    requested = first_of_month(search.month) or (soonest.starts_at.date() if soonest else first_date)
    first = month_within(requested, bounds)
    last = last_of_month(first)
    free = free_by_date(context.db, context.catalogue, replace(query, first_date=first, last_date=last), context.now)
    # Only these can be full: a day with something free, or out of bounds, needs no look at the opening hours.
    without_free = (day for day in _dates(max(first, bounds[0]), min(last, bounds[1])) if day not in free)
    found = month_of(first, free, bounds, open_dates(context.catalogue, query, without_free))
    return MonthFound(found, soonest, site_of(context.catalogue, search))


def _dates(first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@blueprint.get("/<authority:authority>/times")
@public
def times(authority: str) -> ResponseReturnValue:
    """The free times of one day."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        found = _day(context, search)
        back = f"{context.base}/when?{search.query(day='', month=found.on.strftime('%Y-%m'))}"
        return _page("times", context, search, found=found, place=searched_place(found.site, search.mode), back=back)


def _day(context: PageContext, search: SearchState) -> DayFound:
    """The free times of the requested day. Raises: NotFound when it is not a date."""
    requested = day_of(search.day)
    if requested is None:
        raise NotFound.because("no_day_chosen")
    query = slot_query_of(context.catalogue, search)
    on_day = replace(query, first_date=requested, last_date=requested)
    slots = all_slots(context.db, context.catalogue, on_day, context.now)
    near = locate(search.near) if search.near else None
    around = replace(query, first_date=requested - FORTNIGHT, last_date=requested + FORTNIGHT)
    days_with_free = free_by_date(context.db, context.catalogue, around, context.now)
    site = site_of(context.catalogue, search)
    return DayFound(
        requested,
        times_by_place(slots, sites_by_distance(context.catalogue, query, near)),
        earlier=max((day for day in days_with_free if day < requested), default=None),
        later=min((day for day in days_with_free if day > requested), default=None),
        site=site,
        names_places=site is None and search.mode not in REMOTE_MODES,
    )
