"""Documents go with whoever came without an appointment and was given one, and back when that is taken back."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.documents.tables import CertifiedCopy, DocumentCheck, DocumentFile, DocumentReceipt, KeptOriginal
from booking.tables import Appointment
from booking.visits.tables import DayVisit

TABLES = (DocumentCheck, DocumentFile, CertifiedCopy, DocumentReceipt, KeptOriginal)


def to_appointment(db: Session, visit_id: int, booked: Appointment) -> None:
    """Let the documents of the visit be those of the appointment, and of whoever has it."""
    owner = {"visit_id": None, "appointment_id": booked.id, "resident_id": booked.resident_id}
    for table in TABLES:
        db.execute(update(table).where(table.visit_id == visit_id).values(owner))


def to_visit(db: Session, visit_id: int, booked: Appointment) -> None:
    """Let the documents of the appointment be those of the visit again."""
    known = db.scalar(select(DayVisit.resident_id).where(DayVisit.id == visit_id))
    owner = {"visit_id": visit_id, "appointment_id": None, "resident_id": known}
    for table in TABLES:
        db.execute(update(table).where(table.appointment_id == booked.id).values(owner))


def to_resident(db: Session, visit_id: int, resident_id: int) -> None:
    """Let the documents of a visit be those of whoever came, once that is known."""
    for table in TABLES:
        db.execute(update(table).where(table.visit_id == visit_id).values(resident_id=resident_id))
