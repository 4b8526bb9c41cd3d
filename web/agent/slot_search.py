"""The times on offer, as the screen shows them: the grid, what to suggest at once, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from booking.queries.slots import Ask, FreeSlot, modes_at, next_slot, sites_by_distance
from booking.queries.week_grid import FULL, Dropped, Starts, filters_that_exclude, last_date, starts_between, why_none
from booking.states import MODES, NEEDS, wants_extra_time
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from web.agent.agent_context import Desk
from web.agent.call_state import CallState
from web.agent.slot_grid import (
    DAYS_SHOWN,
    Grid,
    Line,
    Time,
    all_times,
    grid_of,
    lines_of,
    place_words,
    units_of,
    week_from,
)
from web.agent.suggestions import Suggestion, firsts_of, suggestions_of
from web.request_language import format_day_short, format_time

HELD = "Held for this call"


@dataclass(frozen=True)
class Way:
    """A way out of an empty grid: what to change, and the query that does."""

    words: str
    query: str


@dataclass(frozen=True)
class Opened:
    """All times of one cell."""

    title: str
    times: tuple[Time, ...]


@dataclass(frozen=True)
class SearchView:
    """Everything about times that the screen shows."""

    grid: Grid
    suggestions: tuple[Suggestion, ...]
    opened: Opened | None
    nothing: str
    ways: tuple[Way, ...]
    earlier: str
    later: str
    period: str
    near: str
    near_is_unknown: bool
    needs: tuple[str, ...]


def search_view(
    desk: Desk,
    state: CallState,
    service_ids: tuple[int, ...],
    needs: tuple[str, ...],
    near: str,
    held_on: tuple[int, date] | None = None,
) -> SearchView:
    """The times for a visit to these services, nearest to the postcode `near` first.

    `held_on` is the site and the day on which a time is held for this call.
    """
    ask = Ask(
        service_ids,
        mode=state.mode or None,
        needs=frozenset(needs),
        for_public=False,
        extra_time=wants_extra_time(frozenset(needs)),
    )
    place = locate(near) if near else None
    last = last_date(desk.catalogue, ask, desk.now)
    days = week_from(min(max(state.first_date or desk.today, desk.today), last))
    starts = starts_between(desk.db, desk.catalogue, ask, days, desk.now)
    lines = _lines(desk, ask, place)
    grid = grid_of(lines, starts, days, desk.zone, _why_none(desk, ask, held_on))
    soonest = None if starts and days[0] == desk.today else next_slot(desk.db, desk.catalogue, ask, desk.now)
    nothing, ways = ("", ()) if starts else _nothing(desk, state, ask, days, soonest)
    return SearchView(
        grid=grid,
        suggestions=suggestions_of(lines, firsts_of(starts), soonest, desk.zone),
        opened=_opened(desk, state, lines, starts),
        nothing=nothing,
        ways=tuple(ways),
        earlier=_week(desk, state, days[0] - timedelta(days=DAYS_SHOWN), last) if days[0] > desk.today else "",
        later=_week(desk, state, days[-1] + timedelta(days=1), last),
        period=f"{format_day_short(days[0])} to {format_day_short(days[-1])}",
        near=near,
        near_is_unknown=bool(near) and place is None,
        needs=needs,
    )


def _why_none(desk: Desk, ask: Ask, held_on: tuple[int, date] | None) -> Callable[[SiteFacts, date], str]:
    """Why a place has nothing on a day; a place that is full by the time held for this call is not said to be taken."""

    def why(site: SiteFacts, day: date) -> str:
        words = why_none(site, day, desk.zone, ask)
        return HELD if words == FULL and held_on == (site.id, day) else words

    return why


def _lines(desk: Desk, ask: Ask, place: PostcodePlace | None) -> list[Line]:
    sites = sites_by_distance(desk.catalogue, ask, place)
    return lines_of(
        sites,
        lambda site: modes_at(desk.catalogue, ask, site),
        desk.authority.id,
        ask.service_ids,
        extra_time=ask.extra_time,
    )


def _week(desk: Desk, state: CallState, first: date, last: date) -> str:
    """The query of the week from `first`; nothing beyond the last date that can be booked."""
    if first > last:
        return ""
    return state.but(first_date=first if first > desk.today else None).query


def _opened(desk: Desk, state: CallState, lines: Sequence[Line], starts: Starts) -> Opened | None:
    for line in lines if state.cell else ():
        for (site_id, day), (base_unit, bits) in starts.items():
            if site_id == line.site.id and state.cell == f"{site_id}.{line.mode}.{day.isoformat()}":
                title = f"{place_words(line.site, line.mode)}, {format_day_short(day)}"
                return Opened(title, tuple(all_times(line, units_of(base_unit, bits), desk.zone)))
    return None


def _nothing(
    desk: Desk, state: CallState, ask: Ask, days: Sequence[date], soonest: FreeSlot | None
) -> tuple[str, list[Way]]:
    """What to say about an empty week, and the ways out of it."""
    period = f"from {format_day_short(days[0])} to {format_day_short(days[-1])}"
    if soonest is not None:
        first = soonest.starts_at.date()
        way = Way(f"Show the week from {format_day_short(first)}", state.but(first_date=first).query)
        return f"Nothing is free {period}.", [way]
    dropped = filters_that_exclude(desk.db, desk.catalogue, ask, desk.now)
    if dropped:
        names = " or ".join(f"“{_filter_name(desk, drop)}”" for drop in dropped)
        return f"Nothing is free that fits everything asked for. Leave out {names}.", [
            _way(desk, state, ask, drop) for drop in dropped
        ]
    return "Nothing is free at any place as far ahead as this can be booked.", []


def _filter_name(desk: Desk, drop: Dropped) -> str:
    if drop.kind == "need":
        return NEEDS[drop.value].label
    if drop.kind == "mode":
        return MODES[drop.value]
    return desk.catalogue.service_by_id(int(drop.value)).name


def _way(desk: Desk, state: CallState, ask: Ask, drop: Dropped) -> Way:
    at = f"{format_day_short(drop.slot.starts_at.date())} {format_time(drop.slot.starts_at)}"
    words = f"Without “{_filter_name(desk, drop)}”: {at}, {place_words(drop.slot.site, drop.slot.mode)}"
    if drop.kind == "need":
        return Way(words, state.but(needs=tuple(sorted(ask.needs - {drop.value}))).query)
    if drop.kind == "mode":
        return Way(words, state.but(mode="").query)
    rest = tuple(desk.catalogue.service_by_id(id_).slug for id_ in ask.service_ids if str(id_) != drop.value)
    return Way(words, state.but(services=rest).query)


def site_words(site: SiteFacts) -> str:
    """The address in one line."""
    return ", ".join(part.strip() for part in (*site.address.splitlines(), site.postcode) if part.strip())
