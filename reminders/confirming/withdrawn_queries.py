"""Questions that are not sent any more, because they were answered."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import Confirmed
from reminders.delivery_decisions import PENDING, VOID
from reminders.reasons import CONFIRMED
from reminders.recipients import TO_CONFIRM
from reminders.tables import Notification


def withdraw_questions(db: Session, confirmed: Confirmed) -> None:
    """Void what would still ask whether they come. The subscriber of `booking.events.appointment_confirmed`."""
    asked = select(Notification).where(
        Notification.appointment_id == confirmed.appointment_id,
        Notification.version == confirmed.version,
        Notification.kind.startswith(TO_CONFIRM),
        Notification.status == PENDING,
    )
    for row in db.scalars(asked.order_by(Notification.id).with_for_update()):
        row.status, row.reason, row.closed_at = VOID, CONFIRMED, confirmed.now
