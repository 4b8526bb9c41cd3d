"""Every message that an appointment was owed: sent when, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.delivery_decisions import SENT, WITHHELD
from reminders.reasons import SILENCE
from reminders.recipients import family_of
from reminders.tables import DeliveryAttempt, Notification


@dataclass(frozen=True)
class MessageHistoryEntry:
    """One message: its kind without a number and with it, its status, and why, as in `reminders.reasons`.

    `at` (UTC) is when it was closed, else when it is due.
    """

    kind: str
    status: str
    at: datetime
    reason: str
    maybe_twice: bool
    full_kind: str
    channel: str
    version: int
    due_at: datetime
    sent_at: datetime | None
    tries: int
    instead_of: tuple[str, ...] = ()  # the channels that failed before


def reason_for_silence(db: Session, appointment_id: int) -> str:
    """Why nobody gets a message about the appointment, whatever its contact says; empty where messages go out."""
    silent = (Notification.status == WITHHELD, Notification.reason.in_(SILENCE))
    about = (
        select(Notification.reason)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Appointment.id == appointment_id, Notification.version >= Appointment.owner_since, *silent)
    )
    return db.scalar(about.limit(1)) or ""


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
        MessageHistoryEntry(
            kind=family_of(row.kind),
            status=row.status,
            at=row.closed_at or row.due_at,
            reason=row.reason,
            maybe_twice=maybe_twice,
            full_kind=row.kind,
            channel=row.channel,
            version=row.version,
            due_at=row.due_at,
            sent_at=row.closed_at if row.status == SENT else None,
            tries=row.tries,
            instead_of=tuple(row.instead_of.split(",")) if row.instead_of else (),
        )
        for row, maybe_twice in db.execute(statement)
    ]
