"""Whether somebody was told of a change that staff want to take back, and what is owed when it is taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import PlanningFacts
from core.errors import Stale
from reminders.delivery_decisions import PENDING, VOID, WITHHELD
from reminders.due_times import Owed
from reminders.recipients import CANCELLED, CONFIRMATION, RESCHEDULED, family_of
from reminders.tables import Notification

NOTICES = (RESCHEDULED, CANCELLED)


def check_untold(db: Session, appointment_id: int, version: int) -> None:
    """Raises: Stale when the notice of this version has gone out, or a worker or a colleague has it."""
    same = (Notification.appointment_id == appointment_id, Notification.version == version)
    rows = select(Notification).where(*same, Notification.kind.in_(NOTICES))
    for row in db.scalars(rows.order_by(Notification.id).with_for_update()):
        waits = row.status == PENDING and row.fencing_token == 0 and row.tries == 0
        if not (waits or row.status == WITHHELD) or row.told_at is not None:
            raise Stale.because("too_late_to_undo")


def owed_when_put_back(db: Session, facts: PlanningFacts, now: datetime) -> list[Owed]:
    """The confirmation once more, where the change that is taken back kept it from being sent; else nothing."""
    before = (Notification.appointment_id == facts.appointment_id, Notification.version == facts.version - 2)
    kinds = db.scalars(select(Notification.kind).where(*before, Notification.status == VOID))
    is_untold = any(family_of(kind) in (CONFIRMATION, RESCHEDULED) for kind in kinds)
    return [Owed(CONFIRMATION, now, facts.starts_at)] if is_untold else []
