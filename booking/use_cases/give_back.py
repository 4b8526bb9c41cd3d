"""Gives back the time of an appointment that nobody has confirmed: the council cancels it, which counts against nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.states import BY_COUNCIL, State
from booking.tables import Appointment
from booking.use_cases.appointment_changes import lock_appointment, record_change, site_id_of
from booking.use_cases.cancel import end_appointment
from core.audit import Actor
from core.runtime import Runtime
from core.transactions import run_with_retries

IsLost = Callable[[Session, Appointment, datetime], bool]
"""Whether the time of the appointment, which is locked, is given back at this moment."""


def give_back(runtime: Runtime, authority_id: int, reference: str, is_lost: IsLost) -> bool:
    """Whether the time was given back, in one transaction with all that follows from it; for whoever waits first.

    `is_lost` is asked under the lock that every change of the appointment takes. Raises: NotFound.
    """

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        db.refresh(row)
        if row.state != State.BOOKED or not is_lost(db, row, now):
            return False
        row.given_back_at = now
        occupied = end_appointment(db, row, State.CANCELLED_BY_AUTHORITY, "", now)
        facts: dict[str, Any] = {"by": BY_COUNCIL, "occupied": occupied, "not_confirmed": True}
        record_change(db, row, Actor.system(), "cancelled", now, "", **facts)
        return True

    return run_with_retries(runtime.database, operation)
