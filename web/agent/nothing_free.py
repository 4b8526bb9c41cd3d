"""What the page of a call says where no slot is free: why, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from booking.queries.advisers import ADVISER
from booking.queries.slots import FreeSlot, SlotQuery
from booking.queries.starts_of_week import Dropped, filters_that_exclude
from web.agent.call_request import ANY_ADVISER, CallState
from web.agent.slot_grid import place_label
from web.labels import MODES, NEEDS, label_of
from web.page_context import StaffContext
from web.request_language import current_language, format_day_short, format_moment_short


@dataclass(frozen=True)
class RelaxedFilter:
    """What to change when nothing is free, and the query that does."""

    text: str
    query: str


def nothing_is_free(
    context: StaffContext,
    state: CallState,
    query: SlotQuery,
    days: Sequence[date],
    soonest: FreeSlot | None,
    *,
    only_today: bool,
) -> tuple[str, list[RelaxedFilter]]:
    """What to say about an empty week, or about today for whoever must come today, and what to change."""
    if only_today:
        return _("Nothing is free there today. Offer no other day: they come all the same, or ring."), []
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
