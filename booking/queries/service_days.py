"""The appointments for a service on a day, for who knows neither a name nor a reference."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView, of_ids
from booking.tables import Appointment, AppointmentService
from locations.model import Catalogue


def of_service_day(
    db: Session, catalogue: Catalogue, service_id: int, local_date: date, site_ids: Collection[int]
) -> list[AppointmentView]:
    """The appointments for a service on a date at these sites, in the order of the day."""
    ids = select(Appointment.id).join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
    there_then = (Appointment.site_id.in_(site_ids), Appointment.local_date == local_date)
    found = db.scalars(ids.where(*there_then, AppointmentService.service_id == service_id)).all()
    views = of_ids(db, catalogue, found).values()
    return sorted(views, key=lambda view: (view.starts_at, view.resident.name, view.id))
