"""Which address a letter came back from: no more are sent there until it has changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment, HandOver
from core.contact_values import postal_of
from people.residents.tables import Representative, Resident
from reminders.recipients import HANDED_OVER, family_of
from reminders.tables import Notification


def mark_address(db: Session, row: Notification, posted_at: datetime, now: datetime) -> None:
    """Mark the address to which this letter, handed over at `posted_at`, went: of who acts, of the visit, or the record."""
    about: Appointment | HandOver | None = db.get_one(Appointment, row.appointment_id)
    if family_of(row.kind) == HANDED_OVER:
        of_version = (HandOver.appointment_id == row.appointment_id, HandOver.version == row.version)
        about = db.scalars(select(HandOver).where(*of_version)).first()
    if about is None:
        return
    helper = db.get(Representative, about.representative_id) if about.representative_id else None
    if helper is not None and _went_to(helper, posted_at):
        helper.letter_returned_at = now
    elif about.contact_postal is None:
        resident_id = about.resident_id if isinstance(about, Appointment) else about.from_resident_id
        db.get_one(Resident, resident_id).letter_returned_at = now
    elif isinstance(about, Appointment):
        about.contact_postal_returned_at = now
    db.flush()


def _went_to(helper: Representative, posted_at: datetime) -> bool:
    """Whether letters of then went to who acts: they have an address, and none had come back from it yet."""
    returned_at = helper.letter_returned_at
    return bool(postal_of(helper.address, helper.postcode)) and (returned_at is None or posted_at < returned_at)
