"""Which address a letter came back from: no more are sent there until it has changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment, HandOver
from core.audit import AuditEntry
from core.contact_values import postal_of
from people.residents.tables import Representative, Resident
from reminders.recipients import HANDED_OVER, family_of
from reminders.tables import Notification


def mark_address(db: Session, row: Notification, posted_at: datetime, now: datetime) -> None:
    """Mark the address to which this letter, handed over at `posted_at`, went: of who acts, of the visit, or the record.

    None is marked where contact details were changed since then: the letter may have come back from the ones before.
    """
    about: Appointment | HandOver | None = db.get_one(Appointment, row.appointment_id)
    if family_of(row.kind) == HANDED_OVER:
        of_version = (HandOver.appointment_id == row.appointment_id, HandOver.version == row.version)
        about = db.scalars(select(HandOver).where(*of_version)).first()
    if about is None or _changed_since(db, row, about, posted_at):
        return
    helper = db.get(Representative, about.representative_id) if about.representative_id else None
    if helper is not None and _went_to(helper, posted_at):
        helper.letter_returned_at = now
    elif about.contact_postal is None:
        db.get_one(Resident, _resident_of(about)).letter_returned_at = now
    elif isinstance(about, Appointment):
        about.contact_postal_returned_at = now
    db.flush()


def _resident_of(about: Appointment | HandOver) -> int:
    return about.resident_id if isinstance(about, Appointment) else about.from_resident_id


def _changed_since(db: Session, row: Notification, about: Appointment | HandOver, posted_at: datetime) -> bool:
    """Whether what is on record of the person, or of the visit, was changed after the letter was handed over."""
    of_record = (AuditEntry.action == "resident_changed", AuditEntry.subject_id == _resident_of(about))
    of_visit = (AuditEntry.action == "details_changed", AuditEntry.subject_id == row.appointment_id)
    either = or_(
        and_(AuditEntry.subject_kind == "resident", *of_record),
        and_(AuditEntry.subject_kind == "appointment", *of_visit),
    )
    return bool(db.scalar(select(exists().where(AuditEntry.at > posted_at, either))))


def _went_to(helper: Representative, posted_at: datetime) -> bool:
    """Whether letters of then went to who acts: they have an address, and none had come back from it yet."""
    returned_at = helper.letter_returned_at
    return bool(postal_of(helper.address, helper.postcode)) and (returned_at is None or posted_at < returned_at)
