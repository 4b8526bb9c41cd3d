"""The free slots as the page of a call shows them: the grid, suggestions, and what to change when nothing is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.nearest_sites import sites_by_distance, sites_of_own_area
from booking.queries.slots import SlotQuery, modes_at, next_slot
from booking.queries.starts_of_week import (
    NoneFree,
    Starts,
    last_date,
    starts_between,
    why_none,
)
from booking.slot_tokens import Counts, prefix
from core.wall_clock import unit_of
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from people.residents.details import WELSH, needs_asked, wants_extra_time
from web.agent.call_request import CallState
from web.agent.call_visit import CallVisit, NumberField
from web.agent.caller_adviser import AdviserView
from web.agent.choices import Option, options_of
from web.agent.nothing_free import RelaxedFilter, nothing_is_free
from web.agent.slot_grid import (
    DAYS_SHOWN,
    Cell,
    Grid,
    GridRowSpec,
    Time,
    all_times,
    days_shown,
    make_grid,
    place_label,
    row_specs,
    units_of,
    week_from,
)
from web.agent.suggestions import Suggestion, firsts_of, suggestions_of
from web.labels import MODES, MODES_IN_SENTENCE, NEEDS, NEEDS_NOT_MET, NONE_FREE, label_of, labels_of
from web.page_context import StaffContext
from web.request_language import format_day_short

HELD_HERE = _l("Held for this call")


@dataclass(frozen=True)
class OpenedCell:
    """All times of one cell."""

    title: str
    times: tuple[Time, ...]


@dataclass(frozen=True)
class SearchView:
    """Everything about free slots that the page shows. `earlier` and `later` are queries of other weeks.

    `welsh_query` is that of the same search for a meeting in Welsh, or not in Welsh any more.
    """

    grid: Grid
    suggestions: tuple[Suggestion, ...]
    opened: OpenedCell | None
    nothing_free: str
    relaxed: tuple[RelaxedFilter, ...]
    earlier: str
    later: str
    period: str
    near: str
    near_is_unknown: bool
    needs: tuple[str, ...]
    asked_needs: tuple[str, ...]
    welsh_query: str
    mode: str
    counts: Counts
    numbers: tuple[NumberField, ...]
    adviser: AdviserView | None

    @property
    def filters_text(self) -> str:
        """What the times are filtered by, and that it can be changed."""
        parts = [
            _("near %(code)s", code=self.near) if self.near else "",
            label_of(MODES_IN_SENTENCE, self.mode) if self.mode else "",
            self.needs_text,
        ]
        chosen = ", ".join(part for part in parts if part)
        text = _("Change what the times fit: %(filters)s", filters=chosen) if chosen else _("Change what the times fit")
        return str(text)

    @property
    def needs_text(self) -> str:
        """The labels of the support needs; empty when there are none."""
        return labels_of(NEEDS, self.needs)

    def is_held_here(self, cell: Cell) -> bool:
        """Whether nothing is free there only because of the slot that is held for this call."""
        return not cell.free and cell.text == HELD_HERE

    @property
    def mode_options(self) -> tuple[Option, ...]:
        """The modes to filter by."""
        return options_of(MODES, self.mode)

    @property
    def need_options(self) -> tuple[Option, ...]:
        """The support needs to filter by."""
        return options_of({code: NEEDS[code] for code in self.asked_needs}, *self.needs)


def search_view(
    context: StaffContext,
    state: CallState,
    visit: CallVisit,
    near: str,
    held_on: tuple[int, date] | None = None,
    today_at: frozenset[int] | None = None,
) -> SearchView:
    """The free slots for a visit to the selected services, nearest to the postcode `near` first.

    `held_on` is the site and the day on which a slot is held for this call. Whoever must come today is shown the rest of
    today at the sites `today_at`, and nothing else.
    """
    query = _slot_query(context, state, visit, today_at)
    place = locate(near) if near else None
    only_today = today_at is not None
    dates, last = ([context.today], context.today) if only_today else _week_asked(context, state, query)
    starts = starts_between(context.db, context.catalogue, query, dates, context.now)
    rows = _rows(context, query, place)
    is_first_week = dates[0] == context.today
    is_seen = only_today or (starts and is_first_week)
    soonest = None if is_seen else next_slot(context.db, context.catalogue, query, context.now)
    why_none = None if starts else nothing_is_free(context, state, query, dates, soonest, only_today=only_today)
    days = days_shown(starts, dates)
    reasons = _reasons(context, query, {row.site.id: row.site for row in rows}.values(), days, starts, held_on)
    view = SearchView(
        grid=make_grid(rows, starts, days, context.zone, reasons),
        suggestions=suggestions_of(rows, firsts_of(starts), soonest, context.zone),
        opened=_opened_cell(context, state, rows, starts),
        nothing_free=why_none[0] if why_none else "",
        relaxed=tuple(why_none[1]) if why_none else (),
        earlier="" if is_first_week else _week(context, state, dates[0] - timedelta(days=DAYS_SHOWN), last),
        later=_week(context, state, dates[-1] + timedelta(days=1), last),
        period=_("%(first)s to %(last)s", first=format_day_short(dates[0]), last=format_day_short(dates[-1])),
        near=near,
        near_is_unknown=bool(near) and place is None,
        **_facts_of_visit(context, state, visit),
    )
    return _without_times(view) if visit.has_wrong_number else view


def _facts_of_visit(context: StaffContext, state: CallState, visit: CallVisit) -> dict[str, Any]:
    """What the search shows of the visit, as it is asked for."""
    return {
        "mode": state.mode,
        "needs": visit.needs,
        "asked_needs": needs_asked(context.authority.first_language, visit.needs),
        "welsh_query": state.but(needs=_with_welsh_changed(visit.needs)).query,
        "counts": visit.counts,
        "numbers": visit.numbers,
        "adviser": visit.adviser,
    }


def _with_welsh_changed(needs: Sequence[str]) -> tuple[str, ...]:
    """These needs with a meeting in Welsh, or without it where they have it."""
    return tuple(need for need in NEEDS if (need in needs) != (need == WELSH))


def _without_times(view: SearchView) -> SearchView:
    """The search of a visit whose length is not known."""
    grid = replace(view.grid, rows=())
    return replace(view, grid=grid, suggestions=(), opened=None, nothing_free="", relaxed=())


def _week_asked(context: StaffContext, state: CallState, query: SlotQuery) -> tuple[list[date], date]:
    """The week that was asked for, from today on, and the last date that can be booked."""
    last = last_date(context.catalogue, query, context.now)
    return week_from(min(max(state.first_date or context.today, context.today), last)), last


def _slot_query(
    context: StaffContext, state: CallState, visit: CallVisit, today_at: frozenset[int] | None
) -> SlotQuery:
    served = context.served_sites
    sites = served if today_at is None else today_at if served is None else today_at & served
    return SlotQuery(
        tuple(context.catalogue.service(slug).id for slug in state.services),
        site_ids=None if sites is None else tuple(sorted(sites)),
        mode=state.mode or None,
        needs=frozenset(visit.needs),
        for_public=False,
        extra_time=wants_extra_time(frozenset(visit.needs)),
        counts=visit.counts,
        adviser=visit.adviser.resource_id if visit.adviser else 0,
    )


def _reasons(
    context: StaffContext,
    query: SlotQuery,
    sites: Iterable[SiteFacts],
    days: Sequence[date],
    starts: Starts,
    held_on: tuple[int, date] | None,
) -> dict[tuple[int, date], str]:
    """Why each site has nothing free on each of `days` without a start.

    A site that is full only because of the slot held for this call is said to be held.
    """
    texts = {reason: str(label) for reason, label in NONE_FREE.items()}
    needs = {need: str(label) for need, label in NEEDS_NOT_MET.items()}
    shortest = min(context.catalogue.service_by_id(id_).duration_minutes for id_ in query.service_ids)
    from_unit = unit_of(context.now + timedelta(minutes=shortest))
    reasons: dict[tuple[int, date], str] = {}
    for site in sites:
        for day in days:
            if (site.id, day) not in starts:
                reason, need = why_none(site, day, context.zone, query, from_unit)
                reasons[site.id, day] = needs.get(need, texts[reason])
                if reason is NoneFree.FULL and held_on == (site.id, day):
                    reasons[site.id, day] = str(HELD_HERE)
    return reasons


def _rows(context: StaffContext, query: SlotQuery, place: PostcodePlace | None) -> list[GridRowSpec]:
    own = sites_of_own_area(context.catalogue, query, place.postcode if place else "")
    sites = [
        (site, miles, modes_at(context.catalogue, query, site))
        for site, miles in sites_by_distance(context.catalogue, query, place)
    ]
    how = partial(prefix, extra_time=query.extra_time, counts=query.counts or (), adviser=query.adviser)
    return row_specs(sites, context.authority.id, query.service_ids, how, own)


def _week(context: StaffContext, state: CallState, first: date, last: date) -> str:
    """The query of the week from `first`; nothing beyond the last date that can be booked."""
    if first > last:
        return ""
    return state.but(first_date=first if first > context.today else None).query


def _opened_cell(
    context: StaffContext, state: CallState, rows: Sequence[GridRowSpec], starts: Starts
) -> OpenedCell | None:
    for row in rows if state.cell else ():
        for (site_id, day), (base_unit, bits) in starts.items():
            if site_id == row.site.id and state.cell == f"{site_id}.{row.mode}.{day.isoformat()}":
                title = f"{place_label(row.site, row.mode)}, {format_day_short(day)}"
                return OpenedCell(title, tuple(all_times(row, units_of(base_unit, bits), context.zone)))
    return None
