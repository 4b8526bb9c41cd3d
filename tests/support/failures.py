"""A message that failed, for tests of what is done about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from booking.tables import Appointment
from core.database import Database
from reminders.tables import Notification


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
