"""The page of a search for a time: a month of days. It only reads, as `place_views` does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.availability.needs_met import never_met_at
from booking.queries.slots import (
    FreeSlot,
    SlotQuery,
    dates_with_times_left,
    free_by_date_and_soonest,
    next_slot,
    open_dates,
)
from booking.searches.search_ends import NOTHING_FREE
from locations.model import Catalogue, SiteFacts
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident.drop_in_texts import drop_ins_of_search
from web.resident.ended_pages import show_ended
from web.resident.ended_searches import count_end
from web.resident.invited_search import invitation_due, within_invitation
from web.resident.own_adviser import OwnAdviser, is_link_over, not_for_them, own_adviser
from web.resident.own_time import OwnTime, query_with_own_time
from web.resident.page_rendering import searched_place, show_search
from web.resident.search_state import (
    SearchState,
    ended_in,
    first_of_month,
    is_for_people_with_adviser,
    must_answer,
    read_search_state,
    site_of,
    slot_query_of,
)
from web.resident.triage_due import triage_due
from web.resident.urls import blueprint

FEW = 3  # starts of a day


class DayStatus(StrEnum):
    """What a day has free for a search, or why nothing."""

    FREE = "free"
    FEW = "few"
    FULL = "full"
    SHUT = "shut"
    PAST = "past"
    OVER = "over"
    LATER = "later"


@dataclass(frozen=True)
class Day:
    """One cell of the month."""

    date: date
    status: DayStatus
    free: int = 0

    @property
    def number(self) -> int:
        """The day of the month."""
        return self.date.day

    @property
    def is_free(self) -> bool:
        """Whether something can be booked."""
        return self.free > 0

    @property
    def is_past(self) -> bool:
        """Whether the day is over, or it is too late to book it."""
        return self.status in (DayStatus.OVER, DayStatus.PAST)


@dataclass(frozen=True)
class Month:
    """A month's weeks, Monday first; None stands for a day of the month before or after."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    earlier: date | None
    later: date | None

    @property
    def free(self) -> int:
        """How many starts are free in the whole month."""
        return sum(day.free for week in self.weeks for day in week if day)


@dataclass(frozen=True)
class MonthFound:
    """A month of the search, and the next free time of all. `lacks` is what is needed and the place never has."""

    month: Month
    next: FreeSlot | None
    site: SiteFacts | None
    own: OwnTime | None
    lacks: tuple[str, ...]

    @property
    def names_next_place(self) -> bool:
        """Whether the next free time has to be shown with its place."""
        return self.site is None and self.next is not None and not self.next.site.is_virtual


@blueprint.get("/<authority:authority>/when")
@public
def when(authority: str) -> ResponseReturnValue:
    """A month, with how much is free on each day."""
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
        found = _find_month(context, search, adviser)
        if found.next is None and not found.own and search.visit:
            count_end(context, search, NOTHING_FREE, is_shown_again=True)
        back = f"{context.base}/where?{search.query(site='', mode='', month='', day='')}"
        if search.moving:
            back = f"{context.base}/appointment/{search.moving}"
        place = searched_place(found.site, search.mode)
        drop_ins = drop_ins_of_search(context, search) if _drops_in(context.catalogue) else ()
        facts = {
            "found": found,
            "place": place,
            "drop_ins": drop_ins,
            "adviser": adviser,
            "link_over": adviser is None and bool(search.known) and is_link_over(context, search),
        }
        return show_search("when", context, search, back=back, **facts)


def _drops_in(catalogue: Catalogue) -> bool:
    """Whether any session of the council is for people without an appointment."""
    weekly = any(one.hours.drop_in for site in catalogue.sites for one in site.recurrences)
    return weekly or any(one.hours.drop_in for site in catalogue.sites for one in site.dated_sessions)


def _find_month(context: PageContext, search: SearchState, adviser: OwnAdviser | None) -> MonthFound:
    """The requested month, or the one in which the next free time lies."""
    query, own = query_of(context, search, adviser)
    bounds = dates_with_times_left(context.catalogue, query, context.now)
    wanted = first_of_month(search.month) or (own.starts_at.date() if own else None)
    first = month_within(wanted or bounds[0], bounds)
    free, in_month = _free_in_month(context, query, first)
    is_soonest = in_month and not own and first <= bounds[0]
    soonest = in_month if is_soonest else _soonest(context, query)
    if wanted is None and soonest and not free:
        first = month_within(soonest.starts_at.date(), bounds)
        free, _in_month = _free_in_month(context, query, first)
    last = last_of_month(first)
    # Only these can be full: a day with something free, or out of bounds, needs no look at the opening hours.
    without_free = [day for day in _dates(max(first, bounds[0]), min(last, bounds[1])) if day not in free]
    found = month_of(first, free, bounds, open_dates(context.catalogue, query, without_free), context.today)
    site = site_of(context.catalogue, search)
    return MonthFound(found, soonest, site, own, never_met_at(site, search.needs) if site else ())


def _free_in_month(context: PageContext, query: SlotQuery, first: date) -> tuple[dict[date, int], FreeSlot | None]:
    """How many times are free on each day of the month that begins on `first`, and the soonest of them."""
    month = replace(query, first_date=first, last_date=last_of_month(first))
    return free_by_date_and_soonest(context.db, context.catalogue, month, context.now)


def _soonest(context: PageContext, query: SlotQuery) -> FreeSlot | None:
    """The soonest time in any month; not one's own time, which is no other one."""
    return next_slot(context.db, context.catalogue, replace(query, own_seats=frozenset()), context.now)


def query_of(context: PageContext, search: SearchState, adviser: OwnAdviser | None) -> tuple[SlotQuery, OwnTime | None]:
    """The query of the search, and the time that whoever searches has already."""
    query, own = slot_query_of(context.catalogue, search), None
    if search.visit or search.moving:
        query, own = query_with_own_time(context, search)
    query = within_invitation(context, search, query) if search.known else query
    return (replace(query, adviser=adviser.resource_id) if adviser else query), own


def _dates(first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def month_of(
    first: date, free_by_day: Mapping[date, int], bounds: tuple[date, date], open_days: Collection[date], today: date
) -> Month:
    """The month that begins on `first`. `bounds` are the first and last date that can be booked, both included.

    Weeks that are over are left out: on a telephone they push the days that matter off the screen.
    A day on which nothing is free is full if it is among `open_days`, else shut.
    """
    last = last_of_month(first)
    days: list[Day | None] = [None] * first.weekday()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        days.append(day_cell(day, free_by_day.get(day, 0), bounds, open_days, today))
    days += [None] * (-len(days) % 7)
    every_week = (tuple(days[start : start + 7]) for start in range(0, len(days), 7))
    weeks = tuple(week for week in every_week if not _is_over(week))
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return Month(
        first,
        weeks,
        earlier=before.replace(day=1) if before >= bounds[0] else None,
        later=after if after <= bounds[1] else None,
    )


def _is_over(week: tuple[Day | None, ...]) -> bool:
    return all(day is None or day.is_past for day in week)


def day_cell(day: date, free: int, bounds: tuple[date, date], open_days: Collection[date], today: date) -> Day:
    """One day of a month, as `month_of` shows it."""
    if free:
        return Day(day, DayStatus.FEW if free <= FEW else DayStatus.FREE, free)
    if day < today:
        return Day(day, DayStatus.OVER)
    if day < bounds[0]:
        return Day(day, DayStatus.PAST)
    if day > bounds[1]:
        return Day(day, DayStatus.LATER)
    return Day(day, DayStatus.FULL if day in open_days else DayStatus.SHUT)


def last_of_month(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_within(requested: date, bounds: tuple[date, date]) -> date:
    """The first day of the month of `requested`, moved to the nearest month that can be booked."""
    return min(max(requested, bounds[0]), bounds[1]).replace(day=1)
