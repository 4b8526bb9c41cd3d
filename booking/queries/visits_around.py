"""When each of some residents comes next, and when they were here last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from booking.states import CANCELLED, State
from booking.tables import Appointment


@dataclass(frozen=True)
class VisitsAround:
    """The next appointment that is booked, and the latest one that was not cancelled."""

    next_at: datetime | None
    last_at: datetime | None


def visits_around(db: Session, residents: Sequence[int], now: datetime) -> Mapping[int, VisitsAround]:
    """For each of `residents` who has an appointment, in one statement."""
    if not residents:
        return {}
    is_next = (Appointment.starts_at >= now) & (Appointment.state == State.BOOKED.value)
    was_here = (Appointment.starts_at < now) & Appointment.state.not_in([state.value for state in CANCELLED])
    rows = db.execute(
        select(
            Appointment.resident_id,
            func.min(case((is_next, Appointment.starts_at))),
            func.max(case((was_here, Appointment.starts_at))),
        )
        .where(Appointment.resident_id.in_(residents))
        .group_by(Appointment.resident_id)
    ).all()
    return {resident: VisitsAround(next_at, last_at) for resident, next_at, last_at in rows}
