"""The free slots as the page of a call shows them: the grid, suggestions, and what to change when nothing is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.advisers import ADVISER
from booking.queries.nearest_sites import sites_by_distance, sites_of_own_area
from booking.queries.slots import FreeSlot, SlotQuery, modes_at, next_slot
from booking.queries.starts_of_week import (
    Dropped,
    NoneFree,
    Starts,
    filters_that_exclude,
    last_date,
    starts_between,
    why_none,
)
from booking.slot_tokens import Counts, prefix
from core.wall_clock import unit_of
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from people.residents.details import WELSH, needs_asked, wants_extra_time
from web.agent.call_request import ANY_ADVISER, CallState
from web.agent.call_visit import CallVisit, NumberField
from web.agent.caller_adviser import AdviserView
from web.agent.choices import Option, options_of
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
from web.request_language import current_language, format_day_short, format_moment_short

HELD_HERE = _l("Held for this call")


@dataclass(frozen=True)
class RelaxedFilter:
    """What to change when nothing is free, and the query that does."""

    text: str
    query: str


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
    context: StaffContext, state: CallState, visit: CallVisit, near: str, held_on: tuple[int, date] | None = None
) -> SearchView:
    """The free slots for a visit to the selected services, nearest to the postcode `near` first.

    `held_on` is the site and the day on which a slot is held for this call.
    """
    query = _slot_query(context, state, visit)
    place = locate(near) if near else None
    last = last_date(context.catalogue, query, context.now)
    dates = week_from(min(max(state.first_date or context.today, context.today), last))
    starts = starts_between(context.db, context.catalogue, query, dates, context.now)
    rows = _rows(context, query, place)
    is_first_week = dates[0] == context.today
    soonest = None if starts and is_first_week else next_slot(context.db, context.catalogue, query, context.now)
    nothing_free, relaxed = ("", ()) if starts else _nothing_free(context, state, query, dates, soonest)
    days = days_shown(starts, dates)
    reasons = _reasons(context, query, {row.site.id: row.site for row in rows}.values(), days, starts, held_on)
    view = SearchView(
        grid=make_grid(rows, starts, days, context.zone, reasons),
        suggestions=suggestions_of(rows, firsts_of(starts), soonest, context.zone),
        opened=_opened_cell(context, state, rows, starts),
        nothing_free=nothing_free,
        relaxed=tuple(relaxed),
        earlier="" if is_first_week else _week(context, state, dates[0] - timedelta(days=DAYS_SHOWN), last),
        later=_week(context, state, dates[-1] + timedelta(days=1), last),
        period=_("%(first)s to %(last)s", first=format_day_short(dates[0]), last=format_day_short(dates[-1])),
        near=near,
        near_is_unknown=bool(near) and place is None,
        needs=visit.needs,
        asked_needs=needs_asked(context.authority.first_language, visit.needs),
        welsh_query=state.but(needs=_with_welsh_changed(visit.needs)).query,
        mode=state.mode,
        counts=visit.counts,
        numbers=visit.numbers,
        adviser=visit.adviser,
    )
    return _without_times(view) if visit.has_wrong_number else view


def _with_welsh_changed(needs: Sequence[str]) -> tuple[str, ...]:
    """These needs with a meeting in Welsh, or without it where they have it."""
    return tuple(need for need in NEEDS if (need in needs) != (need == WELSH))


def _without_times(view: SearchView) -> SearchView:
    """The search of a visit whose length is not known."""
    grid = replace(view.grid, rows=())
    return replace(view, grid=grid, suggestions=(), opened=None, nothing_free="", relaxed=())


def _slot_query(context: StaffContext, state: CallState, visit: CallVisit) -> SlotQuery:
    return SlotQuery(
        tuple(context.catalogue.service(slug).id for slug in state.services),
        site_ids=None if context.served_sites is None else tuple(sorted(context.served_sites)),
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


def _nothing_free(
    context: StaffContext, state: CallState, query: SlotQuery, days: Sequence[date], soonest: FreeSlot | None
) -> tuple[str, list[RelaxedFilter]]:
    """What to say about an empty week, and what to change."""
    first, last = format_day_short(days[0]), format_day_short(days[-1])
    if soonest is not None:
        day = soonest.starts_at.date()
        show_week = _("Show the week from %(day)s", day=format_day_short(day))
        text = _("Nothing is free from %(first)s to %(last)s.", first=first, last=last)
        return text, [RelaxedFilter(show_week, state.but(first_date=day).query)]
    dropped = filters_that_exclude(context.db, context.catalogue, query, context.now)
    if dropped:
        names = current_language().one_of([_("“%(name)s”", name=_filter_name(context, drop)) for drop in dropped])
        text = _("Nothing is free that fits everything asked for. Leave out %(names)s.", names=names)
        return text, [_relaxed(context, state, query, drop) for drop in dropped]
    return _("Nothing is free at any place as far ahead as this can be booked."), []


def _filter_name(context: StaffContext, drop: Dropped) -> str:
    if drop.kind == "need":
        return label_of(NEEDS, drop.value)
    if drop.kind == "mode":
        return label_of(MODES, drop.value)
    if drop.kind == ADVISER:
        sites = context.catalogue.sites
        return next(one.name for site in sites for one in site.resources if str(one.id) == drop.value)
    return context.catalogue.service_by_id(int(drop.value)).name


def _relaxed(context: StaffContext, state: CallState, query: SlotQuery, drop: Dropped) -> RelaxedFilter:
    text = _(
        "Without “%(name)s”: %(moment)s, %(place)s",
        name=_filter_name(context, drop),
        moment=format_moment_short(drop.slot.starts_at),
        place=place_label(drop.slot.site, drop.slot.mode),
    )
    if drop.kind == "need":
        return RelaxedFilter(text, state.but(needs=tuple(sorted(query.needs - {drop.value}))).query)
    if drop.kind == "mode":
        return RelaxedFilter(text, state.but(mode="").query)
    if drop.kind == ADVISER:
        return RelaxedFilter(text, state.but(adviser=ANY_ADVISER).query)
    rest = tuple(context.catalogue.service_by_id(id_).slug for id_ in query.service_ids if str(id_) != drop.value)
    return RelaxedFilter(text, state.but(services=rest).query)
