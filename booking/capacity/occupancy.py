"""Reads which seats are occupied; the only module that reads allocations for the engine.

The people of a council work at several sites, so their visits elsewhere are read as well: at a site they are busy for these
and for the travel time on both sides of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from booking.availability.busy import AwayRow, Busy, BusyRow, away_rows, busy_index
from booking.availability.values import SeatAllocation, SiteDay
from booking.tables import Allocation
from core.database import connection_of, integer_rows, table_of
from core.wall_clock import TICK_MINUTES
from locations.model import Catalogue
from locations.travel import LONGEST_MINUTES

# A turnaround, or the travel to another site, may run past midnight: 4 hours (48 units of 5 minutes) of the days beside
# this one are read as well.
MIDNIGHT_MARGIN = 48
LONGEST_TRAVEL = LONGEST_MINUTES // TICK_MINUTES
LONGEST_ALLOCATION = 300  # units: no visit is longer than the longest day

MOST_KNOWN = (
    32  # searches whose rows are remembered for a council: a page or two of memory each, a megabyte at the most
)
# Written once: putting a statement together takes as long as running it. Plain columns, because rows by the thousand
# pass the mapper for nothing. All those of _BUSY are in one index, which is all that is read.
_allocations = table_of(Allocation).c
_IN_PERIOD = (_allocations.first_unit >= bindparam("first"), _allocations.first_unit < bindparam("last"))
_AT_SITES = _allocations.site_id.in_(bindparam("sites", expanding=True))
_OF_PEOPLE = _allocations.resource_id.in_(bindparam("people", expanding=True))
_ELSEWHERE = (_OF_PEOPLE, _allocations.site_id != bindparam("site"))
_NOT_EXPIRED = or_(_allocations.expires_at.is_(None), _allocations.expires_at > bindparam("now"))
_SEATS = (_allocations.resource_id, _allocations.seat, _allocations.first_unit, _allocations.last_unit)
_OWNERS = (_allocations.expires_at, _allocations.appointment_id, _allocations.hold_id, _allocations.id)
_BUSY = select(*_SEATS).where(_AT_SITES, *_IN_PERIOD, _NOT_EXPIRED)
_BUSY_PEOPLE = select(_allocations.site_id, *_SEATS).where(_OF_PEOPLE, *_IN_PERIOD, _NOT_EXPIRED)
_OCCUPIED = select(_allocations.site_id, *_SEATS, *_OWNERS).where(_AT_SITES, *_IN_PERIOD)
_OCCUPIED_PEOPLE = select(_allocations.site_id, *_SEATS, *_OWNERS).where(*_ELSEWHERE, *_IN_PERIOD)
_NEAR = select(_allocations.site_id, *_SEATS).where(*_ELSEWHERE, *_IN_PERIOD)


def busy_of(
    db: Session,
    catalogue: Catalogue,
    days: Sequence[SiteDay],
    now: datetime,
    *,
    exclude: Collection[BusyRow] = frozenset(),
) -> Busy:
    """The seats occupied on `days` by appointments, and by holds that have not expired at `now`; not those in `exclude`.

    One statement, and a second one where people work who may be elsewhere. Where both give the same rows as before, what
    was worked out of them before is given again.
    """
    if not days:
        return busy_index(())
    period = _period_of(days) | {"now": now}
    site_ids = sorted({day.site_id for day in days})
    rows = integer_rows(db, _BUSY, period | {"sites": site_ids})
    if exclude:
        rows = [row for row in rows if _seat(row) not in exclude]
    people = _people_at(catalogue, site_ids)
    theirs = integer_rows(db, _BUSY_PEOPLE, period | {"people": people}) if people else []
    if exclude:
        theirs = [row for row in theirs if _seat(row[1:5]) not in exclude]
    key = (tuple(site_ids), period["first"], period["last"])
    known = _known_busy(catalogue).get(key)
    if known is not None and known[0] == rows and known[1] == theirs:
        return known[2]
    busy = busy_index(rows, period["first"], _away(catalogue, theirs, site_ids) if people else ())
    _remember(catalogue, key, (rows, theirs, busy))
    return busy


def _known_busy(catalogue: Catalogue) -> dict[Any, tuple[list[Any], list[Any], Busy]]:
    known: dict[Any, tuple[list[Any], list[Any], Busy]] = catalogue.memory.setdefault("busy", {})
    return known


def _remember(catalogue: Catalogue, key: Any, value: tuple[list[Any], list[Any], Busy]) -> None:
    """Keep it with the catalogue, which is another one as soon as the council's set-up changes."""
    known = _known_busy(catalogue)
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[key] = value


def seats_of(db: Session, *, hold_id: int | None = None, appointment_id: int | None = None) -> frozenset[BusyRow]:
    """The seats that a hold or an appointment occupies."""
    is_owner = _allocations.hold_id == hold_id if hold_id is not None else _allocations.appointment_id == appointment_id
    return frozenset(_seat(row) for row in connection_of(db).execute(select(*_SEATS).where(is_owner)).all())


@dataclass(frozen=True)
class OccupiedDay:
    """What is occupied at a site on a day, and when its people are elsewhere; `expired` are allocations of expired holds."""

    first_unit: int
    here: tuple[BusyRow, ...]
    away: tuple[AwayRow, ...]
    expired: tuple[int, ...]

    def busy(self, more: Iterable[BusyRow] = ()) -> Busy:
        """The occupied seats, with `more`."""
        return busy_index([*self.here, *more], self.first_unit, self.away)


def occupied_on(
    db: Session,
    catalogue: Catalogue,
    day: SiteDay,
    now: datetime,
    *,
    exclude: Collection[int] = (),
    exclude_holds: Collection[int] = (),
) -> OccupiedDay:
    """What is occupied on one day at `now`, without these appointments, and without what these holds have at the site.

    Their own time is free to those that move.
    """
    period = _period_of([day])
    connection = connection_of(db)
    rows = list(connection.execute(_OCCUPIED, period | {"sites": [day.site_id]}))
    if people := _people_at(catalogue, [day.site_id]):
        rows += connection.execute(_OCCUPIED_PEOPLE, period | {"people": people, "site": day.site_id})
    expired = {row.id for row in rows if row.expires_at is not None and row.expires_at <= now}
    others = [row for row in rows if row.id not in expired and row.appointment_id not in exclude]
    at_site = (row for row in others if row.site_id == day.site_id and row.hold_id not in exclude_holds)
    here = tuple(_seat(row[1:5]) for row in at_site)
    elsewhere = [row[:5] for row in others if row.site_id != day.site_id]
    return OccupiedDay(period["first"], here, tuple(_away(catalogue, elsewhere, [day.site_id])), tuple(expired))


def is_person_at_another_site(db: Session, catalogue: Catalogue, site_id: int, seats: Sequence[SeatAllocation]) -> bool:
    """Whether a person of `seats` is elsewhere then, or too late elsewhere to be at the site in time.

    Every row counts: those of expired holds have been deleted before by the writer that is about to claim the seats.
    """
    period = {
        "first": min(seat.first_unit for seat in seats) - LONGEST_ALLOCATION - LONGEST_TRAVEL,
        "last": max(seat.last_unit for seat in seats) + LONGEST_TRAVEL,
    }
    people = sorted({seat.resource_id for seat in seats})
    rows = integer_rows(db, _NEAR, period | {"people": people, "site": site_id})
    return any(
        resource_id == seat.resource_id and first_unit < seat.last_unit and seat.first_unit < last_unit
        for _, resource_id, _, first_unit, last_unit in _away(catalogue, rows, [site_id])
        for seat in seats
    )


def _people_at(catalogue: Catalogue, site_ids: Iterable[int]) -> list[int]:
    """The people who work at any of the sites and may work elsewhere, too."""
    if not catalogue.people:
        return []
    return sorted(frozenset[int]().union(*(catalogue.site_by_id(site_id).council_wide_ids for site_id in site_ids)))


def _away(catalogue: Catalogue, rows: Iterable[Sequence[int]], site_ids: Sequence[int]) -> list[AwayRow]:
    """When the people of `rows` (site, resource, seat, first and last unit) cannot be at each of `site_ids`."""
    return away_rows([(row[0], _seat(row[1:5])) for row in rows], site_ids, catalogue.travel.ticks)


def _seat(row: Sequence[int]) -> BusyRow:
    return row[0], row[1], row[2], row[3]


def _period_of(days: Sequence[SiteDay]) -> dict[str, Any]:
    return {
        "first": min(day.day.base_unit for day in days) - MIDNIGHT_MARGIN,
        "last": max(day.day.end_unit for day in days) + MIDNIGHT_MARGIN,
    }
