"""What is taken: the one place that reads allocations for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from booking.availability.busy import Busy, busy_index
from booking.availability.values import SiteDay
from booking.tables import Allocation
from core.database import connection_of, integer_rows, table_of

# A turnaround may run past midnight: 4 hours (48 units of 5 minutes) of the neighbouring days are read as well.
MIDNIGHT_MARGIN = 48

# Written once: putting a statement together takes as long as running it. Plain columns, because rows by the thousand
# pass the mapper for nothing. All those of _BUSY are in one index, which is all that is read.
_taken = table_of(Allocation).c
_IN_PERIOD = (
    _taken.site_id.in_(bindparam("sites", expanding=True)),
    _taken.first_unit >= bindparam("first"),
    _taken.first_unit < bindparam("last"),
)
_SEATS = (_taken.resource_id, _taken.seat, _taken.first_unit, _taken.last_unit)
_BUSY = select(*_SEATS).where(*_IN_PERIOD, or_(_taken.expires_at.is_(None), _taken.expires_at > bindparam("now")))
_TAKEN = select(*_SEATS, _taken.expires_at, _taken.appointment_id, _taken.id).where(*_IN_PERIOD)


def busy_of(db: Session, days: Sequence[SiteDay], now: datetime) -> Busy:
    """What is taken on `days`: allocations of appointments, and of holds that are alive at `now`."""
    if not days:
        return busy_index(())
    period = _period_of(days)
    return busy_index(integer_rows(db, _BUSY, period | {"now": now}), period["first"])


def taken_on(
    db: Session, day: SiteDay, now: datetime, *, exclude_appointment_id: int | None = None
) -> tuple[Busy, tuple[int, ...]]:
    """What is taken on one day, and the ids of the allocations whose holds are dead at `now`.

    `exclude_appointment_id` leaves out one appointment, whose own time is free to itself when it moves.
    """
    rows = connection_of(db).execute(_TAKEN, _period_of([day])).all()
    dead = {row.id for row in rows if row.expires_at is not None and row.expires_at <= now}
    others = [
        row
        for row in rows
        if row.id not in dead and (exclude_appointment_id is None or row.appointment_id != exclude_appointment_id)
    ]
    busy = busy_index([(row.resource_id, row.seat, row.first_unit, row.last_unit) for row in others])
    return busy, tuple(dead)


def _period_of(days: Sequence[SiteDay]) -> dict[str, Any]:
    return {
        "sites": sorted({day.site_id for day in days}),
        "first": min(day.day.base_unit for day in days) - MIDNIGHT_MARGIN,
        "last": max(day.day.end_unit for day in days) + MIDNIGHT_MARGIN,
    }
