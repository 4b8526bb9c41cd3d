"""Every message that an appointment was owed: sent when, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from reminders.due_times import family_of
from reminders.tables import DeliveryAttempt, Notification


@dataclass(frozen=True)
class MessageHistoryEntry:
    """One message: its kind without a number, its status, and why, as in `reminders.reasons`.

    `at` (UTC) is when it was closed, else when it is due.
    """

    kind: str
    status: str
    at: datetime
    reason: str
    maybe_twice: bool


def message_history(db: Session, appointment_id: int) -> list[MessageHistoryEntry]:
    """What the appointment was owed, in the order of the due times."""
    doubled = exists().where(
        DeliveryAttempt.notification_id == Notification.id, DeliveryAttempt.maybe_duplicate.is_(True)
    )
    statement = (
        select(Notification, doubled)
        .where(Notification.appointment_id == appointment_id)
        .order_by(Notification.due_at, Notification.id)
    )
    return [
        MessageHistoryEntry(family_of(row.kind), row.status, row.closed_at or row.due_at, row.reason, maybe_twice)
        for row, maybe_twice in db.execute(statement)
    ]
