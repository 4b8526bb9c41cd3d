"""The account of every message that an appointment was owed, in words for staff: sent when, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from reminders.outbox import FAILED, LATE, PENDING, SENT, VOID, WITHHELD
from reminders.plan import CANCELLED, CONFIRMATION, CONTACT_CHANGED, MANAGE_LINK, RESCHEDULED, family_of
from reminders.tables import DeliveryAttempt, Notification


@dataclass(frozen=True)
class Entry:
    """One message. `at` is when it was settled, or else when it is due; aware, in UTC."""

    what: str
    state: str
    at: datetime
    reason: str
    maybe_twice: bool


def account_of(db: Session, appointment_id: int) -> list[Entry]:
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
        Entry(_what(row.kind), _state(row.state), row.settled_at or row.due_at, row.reason, maybe_twice)
        for row, maybe_twice in db.execute(statement)
    ]


def _what(kind: str) -> str:
    if kind.startswith(MANAGE_LINK):
        return str(_("Link to manage the appointment"))
    words = {
        CONFIRMATION: _("Confirmation"),
        CONTACT_CHANGED: _("Word of other contact details"),
        RESCHEDULED: _("New time"),
        CANCELLED: _("Cancellation"),
    }
    return str(words.get(family_of(kind)) or _("Reminder"))


def _state(state: str) -> str:
    words = {
        PENDING: _("Waiting"),
        SENT: _("Sent"),
        FAILED: _("Could not be sent"),
        VOID: _("Not needed any more"),
        LATE: _("Too late to be of use"),
        WITHHELD: _("Not sent"),
    }
    return str(words[state])
