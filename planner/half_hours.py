"""A day of a site by half hours: what of each resource is booked, held, free or shut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.availability.bits import NOTHING, Bits, first_tick, span
from booking.queries.week_plan import DayPlan, ResourcePlan
from core.wall_clock import instant_of
from locations.model import Catalogue
from planner.week_page import figures_of, site_notes
from web.request_language import format_time

HALF_HOUR = 6  # ticks of five minutes
MOST_COLUMNS = 8  # of a table on A4 on its side, at a size that can be read
NOT_OPEN, SHUT, FREE, ELSEWHERE = "not-open", "shut", "free", "elsewhere"
PARTLY, BOOKED, HELD = "partly", "booked", "held"


@dataclass(frozen=True)
class HalfHour:
    """What a resource is in a half hour: the kind, for its colour, and the words."""

    kind: str
    text: str


@dataclass(frozen=True)
class HalfHourTable:
    """Some resources beside each other: their names, and for each time of day their cells."""

    resources: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HalfHour, ...]], ...]


@dataclass(frozen=True)
class ResourceHours:
    """A resource with its figures and its stretches of half hours that are alike, as text; what is not open is left out."""

    name: str
    figures: tuple[str, ...]
    stretches: tuple[tuple[str, HalfHour], ...]


@dataclass(frozen=True)
class HalfHourPage:
    """The day. `notes` say what shuts the site; there is nothing in `tables` when no resource has a session."""

    notes: tuple[str, ...]
    tables: tuple[HalfHourTable, ...]
    lists: tuple[ResourceHours, ...]


def half_hour_page(catalogue: Catalogue, plan: DayPlan) -> HalfHourPage:
    """The page of the day, of the resources that have a session or a visit on it."""
    zone = ZoneInfo(catalogue.authority.zone)
    shown = [one for one in plan.resources if _ticks_of(one)]
    used = NOTHING
    for one in shown:
        used |= _ticks_of(one)
    steps = _half_hours(used)
    times = [format_time(instant_of(plan.base_unit + tick).astimezone(zone)) for tick in (*steps, steps.stop)]
    columns = [(one, [_half_hour(one, tick) for tick in steps]) for one in shown]
    return HalfHourPage(
        notes=tuple(site_notes(plan, zone)),
        tables=tuple(
            _table(columns[start : start + MOST_COLUMNS], times) for start in range(0, len(columns), MOST_COLUMNS)
        ),
        lists=tuple(
            ResourceHours(one.resource.name, tuple(figures_of(one)), tuple(_stretches(cells, times)))
            for one, cells in columns
        ),
    )


def _half_hours(used: Bits) -> range:
    """The first ticks of the half hours in which any of these ticks lies; it stops where the last one ends."""
    if not used:
        return range(0)
    first = first_tick(used) // HALF_HOUR * HALF_HOUR
    return range(first, -(-used.bit_length() // HALF_HOUR) * HALF_HOUR, HALF_HOUR)


def _ticks_of(plan: ResourcePlan) -> Bits:
    bits = plan.open_ticks | plan.shut_ticks
    for seat in plan.taken:
        bits |= span(max(seat.first_tick, 0), seat.last_tick)
    return bits


def _table(columns: Sequence[tuple[ResourcePlan, list[HalfHour]]], times: Sequence[str]) -> HalfHourTable:
    rows = zip(*(cells for _, cells in columns), strict=True)
    return HalfHourTable(tuple(plan.resource.name for plan, _ in columns), tuple(zip(times, rows, strict=False)))


def _stretches(cells: Sequence[HalfHour], times: Sequence[str]) -> Iterator[tuple[str, HalfHour]]:
    number = 0
    for cell, alike in groupby(cells):
        start = number
        number += len(list(alike))
        if cell.kind != NOT_OPEN:
            yield str(_("%(start)s to %(end)s", start=times[start], end=times[number])), cell


def _half_hour(plan: ResourcePlan, tick: int) -> HalfHour:
    part = span(tick, tick + HALF_HOUR)
    here = [seat for seat in plan.taken if seat.first_tick < tick + HALF_HOUR and tick < seat.last_tick]
    booked = len({seat.seat for seat in here if not seat.is_held})
    if plan.resource.seats > 1 and here:
        return HalfHour(
            PARTLY if plan.free_ticks & part else BOOKED,
            _("%(count)s of %(seats)s booked", count=booked, seats=plan.resource.seats),
        )
    if here and plan.free_ticks & part:
        return HalfHour(PARTLY, _("Partly booked"))
    if here:
        return HalfHour(BOOKED, _("Booked")) if booked else HalfHour(HELD, _("Held"))
    if plan.free_ticks & part:
        return HalfHour(FREE, _("Free"))
    if plan.shut_ticks & part:
        return HalfHour(SHUT, _("Shut"))
    return HalfHour(ELSEWHERE, _("At another site")) if plan.open_ticks & part else HalfHour(NOT_OPEN, "")
