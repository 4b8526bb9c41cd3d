"""To whom an appointment went that was handed over."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.references import meant_reference
from booking.tables import Appointment, HandOver
from people.residents.tables import Resident


def handed_to(db: Session, authority_id: int, resident_id: int, reference: str) -> str:
    """The name of whose the appointment is that this resident had before; empty when they never had it, or have it."""
    found = db.scalar(
        select(Resident.name)
        .join(Appointment, Appointment.resident_id == Resident.id)
        .join(HandOver, HandOver.appointment_id == Appointment.id)
        .where(
            Appointment.authority_id == authority_id,
            Appointment.reference == meant_reference(db, authority_id, reference),
            Appointment.resident_id != resident_id,
            HandOver.from_resident_id == resident_id,
        )
        .limit(1)
    )
    return found or ""
