"""Whether somebody has as many appointments ahead as a council lets one person have, before they try to book."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from booking.use_cases.book import coming_visits
from locations.model import ServiceFacts


def limit_reached(
    db: Session, authority_id: int, references: Collection[str], services: Iterable[ServiceFacts], now: datetime
) -> int | None:
    """The limit of one of `services` that a person has reached, known by any of their appointments; None for none."""
    wanted = list(services)
    same = (Appointment.authority_id == authority_id, Appointment.reference.in_(references))
    for resident_id in db.scalars(select(Appointment.resident_id).where(*same).distinct()).all():
        visits = coming_visits(db, (resident_id,), [service.id for service in wanted], now)
        for service in wanted:
            if len(visits[service.id]) >= service.open_limit:
                return service.open_limit
    return None
