"""What booking does when the plan changes: subscribers of `locations.events`, inside the change's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Allocation, Appointment, AppointmentService
from booking.use_cases.closures import list_touched


def list_for_rebooking(db: Session, *, closure_id: int, now: datetime) -> int:
    """Put the appointments that a closure touches on its list; how many were added."""
    return list_touched(db, closure_id, now)


def count_ahead(db: Session, *, kind: str, row_id: int, now: datetime) -> int:
    """How many booked appointments still to come rely on a site, a resource or a service."""
    statement = select(func.count(Appointment.id.distinct())).where(
        Appointment.state == State.BOOKED, Appointment.ends_at > now
    )
    if kind == "site":
        statement = statement.where(Appointment.site_id == row_id)
    elif kind == "resource":
        statement = statement.join(Allocation, Allocation.appointment_id == Appointment.id).where(
            Allocation.resource_id == row_id
        )
    else:
        statement = statement.join(AppointmentService, AppointmentService.appointment_id == Appointment.id).where(
            AppointmentService.service_id == row_id
        )
    return db.scalar(statement) or 0
