"""How many appointments still to come rely on a place or a service: asked before it is removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from booking.model import State
from booking.tables import Allocation, Appointment, AppointmentService


def count_ahead(session: Session, *, kind: str, row_id: int, now: datetime) -> int:
    """Booked appointments to come at a site, with a resource, or for a service. Subscribes to `left_out`."""
    statement = select(func.count(distinct(Appointment.id))).where(
        Appointment.state == State.BOOKED, Appointment.ends_at > now
    )
    if kind == "site":
        statement = statement.where(Appointment.site_id == row_id)
    elif kind == "resource":
        statement = statement.join(Allocation).where(Allocation.resource_id == row_id)
    else:
        statement = statement.join(AppointmentService).where(AppointmentService.service_id == row_id)
    return session.execute(statement).scalar_one()
