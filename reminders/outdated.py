"""Messages of an appointment that are owed and not true any more: they are voided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import PlanningFacts
from reminders.delivery_decisions import PENDING, VOID, WITHHELD
from reminders.due_times import ARRANGEMENT, family_of, is_current, number_of
from reminders.reasons import SILENCE, SUPERSEDED
from reminders.tables import Notification


def void_outdated(db: Session, facts: PlanningFacts, now: datetime) -> tuple[dict[tuple[str, str], Notification], str]:
    """The rows of this version, after outdated ones were voided and what a wrong click voided is pending again.

    And the reason for which the owner of the address gets nothing about this appointment, if there is one.
    """
    # Locked in order of id, as the worker does: what it sends meanwhile is seen as sent, and not voided.
    owed = select(Notification).where(Notification.appointment_id == facts.appointment_id)
    rows = db.scalars(owed.order_by(Notification.id).with_for_update()).all()
    for row in rows:
        current = is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state)
        if row.status == PENDING and not current:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif row.status == VOID and current and now < row.useful_until and family_of(row.kind) != ARRANGEMENT:
            row.status, row.closed_at, row.reason = PENDING, None, ""
    db.flush()
    silence = next((row.reason for row in rows if row.status == WITHHELD and row.reason in SILENCE), "")
    return {(row.kind, row.channel): row for row in rows if row.version == facts.version}, silence


def void_arrangements(rows: Iterable[Notification], number: int, now: datetime) -> None:
    """Void what was not sent yet about decisions before the one of this number: its own message says how it is."""
    for row in rows:
        if row.status == PENDING and family_of(row.kind) == ARRANGEMENT and number_of(row.kind) < number:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
