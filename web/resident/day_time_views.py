"""The page of the free times of one day. It only reads, as `time_views` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.availability.needs_met import never_met_at
from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import (
    FreeSlot,
    SlotQuery,
    dates_with_times_left,
    free_by_date,
    open_dates,
)
from booking.queries.spoken_times import spoken_at
from core.errors import NotFound
from locations.model import SiteFacts
from locations.postcodes import locate
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident.day_times import TimesAt, times_by_place
from web.resident.ended_pages import show_ended
from web.resident.invited_search import invitation_due
from web.resident.own_adviser import OwnAdviser, is_link_over, not_for_them, own_adviser, times_with_adviser
from web.resident.own_time import OwnTime
from web.resident.page_rendering import searched_place, show_search
from web.resident.search_state import (
    REMOTE_MODES,
    SearchState,
    day_of,
    ended_in,
    is_for_people_with_adviser,
    must_answer,
    read_search_state,
    site_of,
)
from web.resident.time_views import DayStatus, day_cell, query_of
from web.resident.triage_due import triage_due
from web.resident.urls import blueprint

FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True)
class DayFound:
    """The free times of a day, and the nearest days before and after it with any.

    `names_places` says whether each time has to be shown with its place, `status` why nothing is free. All times of a site
    with one adviser, or with anybody (0), are alike in what is `spoken`.
    """

    on: date
    places: list[TimesAt]
    earlier: date | None
    later: date | None
    site: SiteFacts | None
    names_places: bool
    status: DayStatus
    own: OwnTime | None
    lacks: tuple[str, ...]
    spoken: Mapping[tuple[int, int], frozenset[str]]

    def spoken_at(self, slot: FreeSlot) -> frozenset[str]:
        """The languages that are asked for and that an adviser speaks at this time."""
        return self.spoken[_whose(slot)]


@blueprint.get("/<authority:authority>/times")
@public
def times(authority: str) -> ResponseReturnValue:
    """The free times of one day."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        if search.known and (due := invitation_due(context, search)):
            return due
        if context.authority.triages and (due := triage_due(context, search)):
            return due
        if must_answer(context.catalogue, search):
            return redirect(f"{context.base}/questions?{search.query()}", code=303)
        adviser = own_adviser(context, search) if search.known or search.moving else None
        if adviser is None and is_for_people_with_adviser(context.catalogue, search):
            return not_for_them(context, search)
        found = _find_day(context, search, adviser)
        back = f"{context.base}/when?{search.query(day='', month=found.on.strftime('%Y-%m'))}"
        facts = {
            "found": found,
            "place": searched_place(found.site, search.mode),
            "adviser": adviser,
            "link_over": adviser is None and bool(search.known) and is_link_over(context, search),
        }
        return show_search("times", context, search, back=back, **facts)


def _find_day(context: PageContext, search: SearchState, adviser: OwnAdviser | None) -> DayFound:
    """The free times of the requested day. Raises: NotFound when it is not a date."""
    requested = day_of(search.day)
    if requested is None:
        raise NotFound.because("no_day_chosen")
    query, own = query_of(context, search, adviser)
    on_day = replace(query, first_date=requested, last_date=requested)
    slots = times_with_adviser(context, on_day, adviser)
    near = locate(search.near) if search.near else None
    around = replace(query, first_date=requested - FORTNIGHT, last_date=requested + FORTNIGHT)
    days_with_free = free_by_date(context.db, context.catalogue, around, context.now)
    site = site_of(context.catalogue, search)
    is_open = open_dates(context.catalogue, query, (requested,))
    bounds = dates_with_times_left(context.catalogue, query, context.now)
    status = day_cell(requested, len(slots), bounds, is_open, context.today).status
    return DayFound(
        requested,
        times_by_place(slots, sites_by_distance(context.catalogue, query, near)),
        earlier=max((day for day in days_with_free if day < requested), default=None),
        later=min((day for day in days_with_free if day > requested), default=None),
        site=site,
        names_places=site is None and search.mode not in REMOTE_MODES,
        status=status,
        own=own,
        lacks=never_met_at(site, search.needs) if site else (),
        spoken=_spoken(context, slots, query),
    )


def _whose(slot: FreeSlot) -> tuple[int, int]:
    return slot.site.id, slot.slot_key.adviser


def _spoken(context: PageContext, slots: Sequence[FreeSlot], query: SlotQuery) -> dict[tuple[int, int], frozenset[str]]:
    """The languages of the query that are spoken at each site, with each adviser who is wanted: a day is of one kind."""
    first = {_whose(slot): slot.slot_key for slot in reversed(slots)}
    db, catalogue, seats = context.db, context.catalogue, query.own_seats
    return {
        whose: spoken_at(db, catalogue, key, query.needs, context.now, own_seats=seats) for whose, key in first.items()
    }
