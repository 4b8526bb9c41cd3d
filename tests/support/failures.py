"""A message that failed, for tests of what is done about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from booking.proposals.tables import Wish
from booking.proposals.wish_rules import BY_EMAIL
from booking.tables import Appointment
from core.database import Database
from people.residents.tables import Resident
from reminders.tables import Notification
from reminders.wish_kinds import LINK
from reminders.wish_tables import WishMail


def failed_wish_mail(database: Database, wish_id: int, now: datetime) -> None:
    """An email to whoever has this wish, without an appointment, that was refused just now."""
    with database.writing() as db:
        wish = db.get_one(Wish, wish_id)
        wish.told_by = BY_EMAIL
        db.get_one(Resident, wish.resident_id).email = "wanda@example.org"
        same = {"authority_id": wish.authority_id, "wish_id": wish.id, "created_at": now, "due_at": now}
        why = {"state": "failed", "closed_at": now, "reason": "550 5.1.1 nobody here"}
        db.add(WishMail(**same, **why, kind=LINK, number=1, tries=1))


def message_to_make(database: Database, reference: str, now: datetime) -> int:
    """The id of a confirmation of the appointment that staff are to make by hand."""
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        key = {"authority_id": row.authority_id, "appointment_id": row.id, "version": row.version}
        when = {"due_at": now, "next_try_at": now, "created_at": now, "useful_until": row.starts_at}
        message = Notification(
            **key, **when, kind="confirmation_9", channel="by_hand", status="pending", provider_status=""
        )
        db.add(message)
        db.flush()
        return message.id


def failed_message(database: Database, reference: str, now: datetime, *, channel: str = "email") -> None:
    """A reminder of the appointment that was refused just now."""
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        db.add(
            Notification(
                authority_id=row.authority_id,
                appointment_id=row.id,
                version=row.version,
                kind="reminder_9d",
                channel=channel,
                status="failed",
                due_at=now,
                useful_until=row.starts_at - timedelta(minutes=1),
                next_try_at=now,
                lease_until=None,
                created_at=now,
                closed_at=now,
                reason="550 5.1.1 nobody here",
                told_at=None,
                provider_status="",
            )
        )
