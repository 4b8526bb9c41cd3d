"""Texts that people send to the provider's number: kept as they came, once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.text import one_line, received_text
from locations.tables import Authority
from people.residents.details import phone_key
from people.residents.tables import Resident
from reminders.delivery_decisions import SENT
from reminders.recipients import TEXT
from reminders.tables import InboundText, Notification

NUMBER_LENGTH, TEXT_LENGTH = 40, 2000  # of the columns; a text of ten segments has 1,530 characters at the most


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text as the provider passes it on: its own id for it, who sent it, what it says, and since when it has it."""

    provider_id: str
    from_number: str
    text: str
    received_at: datetime


def keep_text(db: Session, received: ReceivedText) -> InboundText | None:
    """The text as a row of the running transaction; None when it was kept before, or no council is served here."""
    known = select(InboundText.id).where(InboundText.provider_id == received.provider_id)
    authority_id = _authority_of(db, received.from_number)
    if authority_id is None or db.scalar(known) is not None:
        return None
    row = InboundText(
        provider_id=received.provider_id,
        authority_id=authority_id,
        from_number=one_line(received.from_number)[:NUMBER_LENGTH],
        phone_key=phone_key(received.from_number),
        text=received_text(received.text)[:TEXT_LENGTH],
        received_at=received.received_at,
    )
    db.add(row)
    db.flush()
    return row


def _authority_of(db: Session, number: str) -> int | None:
    """The council that texted this number last, else the one that knows it, else the first of this installation."""
    # By the index, which begins with the council.
    knows = (Resident.authority_id.in_(select(Authority.id)), Resident.phone_key == phone_key(number))
    texted = (
        select(Notification.authority_id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(*knows, Notification.channel == TEXT, Notification.status == SENT)
        .order_by(Notification.closed_at.desc())
        .limit(1)
    )
    known = select(Resident.authority_id).where(*knows).order_by(Resident.id.desc()).limit(1)
    first = select(Authority.id).order_by(Authority.id).limit(1)
    return next((found for one in (texted, known, first) if (found := db.scalar(one)) is not None), None)
