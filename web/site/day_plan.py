"""The day as a plan for the wall: a column for each resource, time from the top down, cut into tables that fit A4."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from booking.queries.appointments import AppointmentView
from booking.queries.day_list import SiteDayView
from booking.states import CANCELLED, State
from core.wall_clock import instant_of, unit_of
from locations.model import ResourceFacts
from web.labels import STATES
from web.request_language import all_of, format_time
from web.site.arrangement_rows import need_rows

MOST_COLUMNS = 8  # of a table on A4 on its side, at a size that can be read
QUARTER = 3  # units of five minutes
VISIT, FREE, NOTHING = "visit", "free", "nothing"


@dataclass(frozen=True)
class PlanVisit:
    """A visit in its cell."""

    times: str
    name: str
    services: str
    state: str
    needs: str
    is_to_rebook: bool


@dataclass(frozen=True)
class PlanCell:
    """A stretch of one resource, so many rows long: visits, or free, or neither."""

    kind: str
    rows: int
    visits: tuple[PlanVisit, ...] = ()


@dataclass(frozen=True)
class PlanRow:
    """A row of a table: the time where a quarter of an hour begins, and the cells that begin here."""

    time: str
    cells: tuple[PlanCell, ...]


@dataclass(frozen=True)
class PlanTable:
    """Some resources beside each other. `quarter_rows` is how many rows make a quarter of an hour."""

    resources: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    quarter_rows: int


@dataclass(frozen=True)
class _Stretch:
    """Units of one resource that are alike."""

    first: int
    last: int
    visits: tuple[AppointmentView, ...] = ()


def day_plan(day: SiteDayView) -> tuple[PlanTable, ...]:
    """The tables of the day; none when nothing is booked and nothing is free."""
    to_rebook = frozenset(person.appointment.id for person in day.to_rebook)
    columns = [(resource, list(_stretches(day, resource))) for resource in day.site.resources]
    columns = [(resource, stretches) for resource, stretches in columns if stretches]
    edges = [edge for _, stretches in columns for one in stretches for edge in (one.first, one.last)]
    if not edges:
        return ()
    first, last = min(edges) // QUARTER * QUARTER, -(-max(edges) // QUARTER) * QUARTER
    step = QUARTER if all(edge % QUARTER == 0 for edge in edges) else 1
    zone = ZoneInfo(day.zone)
    return tuple(
        _table(columns[start : start + MOST_COLUMNS], range(first, last, step), zone, to_rebook)
        for start in range(0, len(columns), MOST_COLUMNS)
    )


def _stretches(day: SiteDayView, resource: ResourceFacts) -> Iterator[_Stretch]:
    """The visits of a resource and what is free of it. Visits that overlap, in a room with many seats, share a stretch."""
    visits = [
        view
        for view in day.appointments
        if view.state not in CANCELLED and any(used.id == resource.id for used in view.resources)
    ]
    joined: list[_Stretch] = []
    for view in visits:  # by their starts
        first, last = unit_of(view.starts_at), unit_of(view.ends_at)
        if joined and first < joined[-1].last:
            before = joined.pop()
            joined.append(_Stretch(before.first, max(before.last, last), (*before.visits, view)))
        else:
            joined.append(_Stretch(first, last, (view,)))
    yield from joined
    for gap in day.gaps:
        if gap.resource_id == resource.id and not any(
            gap.first_unit < one.last and one.first < gap.last_unit for one in joined
        ):
            yield _Stretch(gap.first_unit, gap.last_unit)


def _table(
    columns: Sequence[tuple[ResourceFacts, Iterable[_Stretch]]], units: range, zone: ZoneInfo, to_rebook: Container[int]
) -> PlanTable:
    by_unit: dict[int, list[PlanCell]] = {unit: [] for unit in units}
    for _, stretches in columns:
        for unit, cell in _cells(sorted(stretches, key=lambda one: one.first), units, zone, to_rebook):
            by_unit[unit].append(cell)
    rows = tuple(
        PlanRow(format_time(instant_of(unit).astimezone(zone)) if unit % QUARTER == 0 else "", tuple(cells))
        for unit, cells in by_unit.items()
    )
    return PlanTable(tuple(resource.name for resource, _ in columns), rows, QUARTER // units.step)


def _cells(
    stretches: Sequence[_Stretch], units: range, zone: ZoneInfo, to_rebook: Container[int]
) -> Iterator[tuple[int, PlanCell]]:
    """Each cell of a column with the unit at which it begins, without a hole from the first to the last unit."""
    unit = units.start
    for stretch in stretches:
        if unit < stretch.first:
            yield unit, PlanCell(NOTHING, (stretch.first - unit) // units.step)
        rows = (stretch.last - stretch.first) // units.step
        visits = tuple(_visit(view, zone, is_to_rebook=view.id in to_rebook) for view in stretch.visits)
        yield stretch.first, PlanCell(VISIT if visits else FREE, rows, visits)
        unit = stretch.last
    if unit < units.stop:
        yield unit, PlanCell(NOTHING, (units.stop - unit) // units.step)


def _visit(view: AppointmentView, zone: ZoneInfo, *, is_to_rebook: bool) -> PlanVisit:
    first, last = (format_time(at.astimezone(zone)) for at in (view.starts_at, view.ends_at))
    return PlanVisit(
        times=f"{first}–{last}",
        name=view.resident.name,
        services=all_of(view.service_names),
        state="" if view.state is State.BOOKED else str(STATES[view.state]),
        needs=", ".join(map(str, need_rows(view, view.starts_at, may_arrange=False))),
        is_to_rebook=is_to_rebook,
    )
