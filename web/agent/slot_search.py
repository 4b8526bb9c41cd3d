"""The times on offer, as the screen shows them: the grid, what to suggest at once, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from booking.queries.slots import FreeSlot, SlotQuery, modes_at, next_slot, sites_by_distance
from booking.queries.week_grid import (
    Dropped,
    NoneFree,
    Starts,
    filters_that_exclude,
    last_date,
    starts_between,
    why_none,
)
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from people.residents.support_needs import wants_extra_time
from web.agent.call_state import CallState
from web.agent.slot_grid import (
    DAYS_SHOWN,
    Grid,
    Line,
    Time,
    all_times,
    grid_of,
    lines_of,
    place_label,
    units_of,
    week_from,
)
from web.agent.suggestions import Suggestion, firsts_of, suggestions_of
from web.labels import MODES, NEEDS, NEEDS_NOT_MET, NONE_FREE, label_of
from web.page_context import StaffContext
from web.request_language import current_language, format_day_short, format_moment_short


@dataclass(frozen=True)
class RelaxedFilter:
    """What to change when a grid is empty, and the query that does."""

    text: str
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
    relaxed: tuple[RelaxedFilter, ...]
    earlier: str
    later: str
    period: str
    near: str
    near_is_unknown: bool
    needs: tuple[str, ...]


def search_view(
    desk: StaffContext,
    state: CallState,
    service_ids: tuple[int, ...],
    needs: tuple[str, ...],
    near: str,
    held_on: tuple[int, date] | None = None,
) -> SearchView:
    """The times for a visit to these services, nearest to the postcode `near` first.

    `held_on` is the site and the day on which a time is held for this call.
    """
    ask = SlotQuery(
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
    nothing, relaxed = ("", ()) if starts else _nothing(desk, state, ask, days, soonest)
    return SearchView(
        grid=grid,
        suggestions=suggestions_of(lines, firsts_of(starts), soonest, desk.zone),
        opened=_opened(desk, state, lines, starts),
        nothing=nothing,
        relaxed=tuple(relaxed),
        earlier=_week(desk, state, days[0] - timedelta(days=DAYS_SHOWN), last) if days[0] > desk.today else "",
        later=_week(desk, state, days[-1] + timedelta(days=1), last),
        period=_("%(first)s to %(last)s", first=format_day_short(days[0]), last=format_day_short(days[-1])),
        near=near,
        near_is_unknown=bool(near) and place is None,
        needs=needs,
    )


def _why_none(desk: StaffContext, ask: SlotQuery, held_on: tuple[int, date] | None) -> Callable[[SiteFacts, date], str]:
    """Why a place has nothing on a day; a place that is full by the time held for this call is not said to be taken."""

    held = str(_("Held for this call"))
    reasons = {reason: str(label) for reason, label in NONE_FREE.items()}
    needs = {need: str(label) for need, label in NEEDS_NOT_MET.items()}

    def why(site: SiteFacts, day: date) -> str:
        reason, need = why_none(site, day, desk.zone, ask)
        if reason is NoneFree.FULL and held_on == (site.id, day):
            return held
        return needs.get(need, reasons[reason])

    return why


def _lines(desk: StaffContext, ask: SlotQuery, place: PostcodePlace | None) -> list[Line]:
    sites = sites_by_distance(desk.catalogue, ask, place)
    return lines_of(
        sites,
        lambda site: modes_at(desk.catalogue, ask, site),
        desk.authority.id,
        ask.service_ids,
        extra_time=ask.extra_time,
    )


def _week(desk: StaffContext, state: CallState, first: date, last: date) -> str:
    """The query of the week from `first`; nothing beyond the last date that can be booked."""
    if first > last:
        return ""
    return state.but(first_date=first if first > desk.today else None).query


def _opened(desk: StaffContext, state: CallState, lines: Sequence[Line], starts: Starts) -> Opened | None:
    for line in lines if state.cell else ():
        for (site_id, day), (base_unit, bits) in starts.items():
            if site_id == line.site.id and state.cell == f"{site_id}.{line.mode}.{day.isoformat()}":
                title = f"{place_label(line.site, line.mode)}, {format_day_short(day)}"
                return Opened(title, tuple(all_times(line, units_of(base_unit, bits), desk.zone)))
    return None


def _nothing(
    desk: StaffContext, state: CallState, ask: SlotQuery, days: Sequence[date], soonest: FreeSlot | None
) -> tuple[str, list[RelaxedFilter]]:
    """What to say about an empty week, and what to change."""
    first, last = format_day_short(days[0]), format_day_short(days[-1])
    if soonest is not None:
        day = soonest.starts_at.date()
        text = _("Show the week from %(day)s", day=format_day_short(day))
        nothing = _("Nothing is free from %(first)s to %(last)s.", first=first, last=last)
        return nothing, [RelaxedFilter(text, state.but(first_date=day).query)]
    dropped = filters_that_exclude(desk.db, desk.catalogue, ask, desk.now)
    if dropped:
        names = current_language().one_of([_("“%(name)s”", name=_filter_name(desk, drop)) for drop in dropped])
        nothing = _("Nothing is free that fits everything asked for. Leave out %(names)s.", names=names)
        return nothing, [_relaxed(desk, state, ask, drop) for drop in dropped]
    return _("Nothing is free at any place as far ahead as this can be booked."), []


def _filter_name(desk: StaffContext, drop: Dropped) -> str:
    if drop.kind == "need":
        return label_of(NEEDS, drop.value)
    if drop.kind == "mode":
        return label_of(MODES, drop.value)
    return desk.catalogue.service_by_id(int(drop.value)).name


def _relaxed(desk: StaffContext, state: CallState, ask: SlotQuery, drop: Dropped) -> RelaxedFilter:
    text = _(
        "Without “%(name)s”: %(moment)s, %(place)s",
        name=_filter_name(desk, drop),
        moment=format_moment_short(drop.slot.starts_at),
        place=place_label(drop.slot.site, drop.slot.mode),
    )
    if drop.kind == "need":
        return RelaxedFilter(text, state.but(needs=tuple(sorted(ask.needs - {drop.value}))).query)
    if drop.kind == "mode":
        return RelaxedFilter(text, state.but(mode="").query)
    rest = tuple(desk.catalogue.service_by_id(id_).slug for id_ in ask.service_ids if str(id_) != drop.value)
    return RelaxedFilter(text, state.but(services=rest).query)


def site_address(site: SiteFacts) -> str:
    """The address in one line."""
    return ", ".join(part.strip() for part in (*site.address.splitlines(), site.postcode) if part.strip())
