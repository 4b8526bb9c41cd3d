"""A message to whoever has sent a paper that cannot be used: why, and that it is owed, with the decision."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.documents.document_owner import DocumentOwner, Review
from booking.tables import Appointment
from booking.use_cases.review_files import write_review
from core.audit import Actor
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from reminders.outbox import write_rows
from reminders.site_messages import Reader, plan_readers
from reminders.tables import SiteMessage


def ask_again(runtime: Runtime, owner: DocumentOwner, file_id: int, reason: str, *, actor: Actor, was: str) -> None:
    """Have the paper sent again, and owe a message with the reason to whoever the appointment is for.

    The message does not say which paper it is: others may read it. Raises: InvalidValue without a reason, Stale, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        if not write_review(db, owner, file_id, Review.AGAIN, reason, actor=actor, now=now, was=was):
            return
        row = db.get_one(Appointment, owner.appointment_id)
        zone = ZoneInfo(catalogue_by_id(db, owner.authority_id).authority.zone)
        message = SiteMessage(
            authority_id=owner.authority_id,
            site_id=row.site_id,
            appointment_id=row.id,
            local_date=row.starts_at.astimezone(zone).date(),
            text=words_for(reason),
            text_cy="",  # the reason is as staff typed it, and the message says that it is in English
            sent_by=actor.name,
            created_at=now,
        )
        db.add(message)
        db.flush()
        for planned in plan_readers(db, {row.id: row.resident_id}, message.id, now):
            write_rows(db, planned.rows)

    run_with_retries(runtime.database, operation)


def words_for(reason: str) -> str:
    """What the message says."""
    return f"We cannot use a paper that you sent: {reason.rstrip('.')}. Please send it again, or bring it."


def reader_of(db: Session, appointment_id: int, now: datetime) -> Reader:
    """Who would be told, and how, if a paper of the appointment was wanted again now."""
    resident_id = db.scalars(select(Appointment.resident_id).where(Appointment.id == appointment_id)).one()
    (planned,) = plan_readers(db, {appointment_id: resident_id}, 0, now)
    return planned.reader
