"""What is owed after a visit: its words once, a correction of what was told already, or that it is not so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, PlanningFacts
from booking.visits.tables import DayVisit
from reminders.after_kinds import AFTER_VISIT, CORRECTED, ENDED_STATES, SUMMARY, WITHDRAWN_SUMMARY
from reminders.arrival_queries import may_have_arrived
from reminders.delivery_decisions import PENDING, VOID
from reminders.due_times import Owed
from reminders.reasons import SUPERSEDED
from reminders.recipients import family_of, number_of
from reminders.tables import Notification

TOLD_AFTER = timedelta(minutes=10)
"""So long a wrong word can be put right before anybody reads it."""
WITHDRAWN_AFTER = timedelta(hours=1)
"""So long a visit can be open again before they are told that what they read is not so."""
OF_USE = timedelta(days=7)


def owed_summary(
    db: Session, rows: Collection[Notification], facts: PlanningFacts, change: AppointmentChange
) -> list[Owed]:
    """What the change owes whoever came, with what was not sent yet and is not so any more voided. `rows` are locked."""
    earlier = [row for row in rows if family_of(row.kind) in AFTER_VISIT]
    has_ended = facts.state in ENDED_STATES
    if not has_ended and not earlier:
        return []
    has_words = has_ended and _has_words(db, facts.appointment_id)
    family = SUMMARY if has_words else WITHDRAWN_SUMMARY
    for row in earlier:
        if _waits(row) and family_of(row.kind) != family:
            row.status, row.closed_at, row.reason = VOID, change.now, SUPERSEDED
    gone = max((row for row in earlier if _may_be_read(row)), key=lambda row: number_of(row.kind), default=None)
    was_told = gone is not None and family_of(gone.kind) == SUMMARY
    if any(_waits(row) for row in earlier) or (not has_words and not was_told):
        return []
    if has_words and was_told and change.what != "summarised":
        return []  # the same words as they have
    number = 1 + max((number_of(row.kind) for row in earlier), default=0)
    kind = (CORRECTED if was_told else SUMMARY) if has_words else WITHDRAWN_SUMMARY
    due_at = change.now + (TOLD_AFTER if has_words else WITHDRAWN_AFTER)
    return [Owed(f"{kind}_{number}", due_at, due_at + OF_USE)]


def _has_words(db: Session, appointment_id: int) -> bool:
    said = select(DayVisit.done, DayVisit.next_step).where(DayVisit.appointment_id == appointment_id)
    row = db.execute(said).first()
    return row is not None and bool(row.done or row.next_step)


def _waits(row: Notification) -> bool:
    """Whether it is to be sent, and nobody sends it at this moment."""
    return row.status == PENDING and row.lease_until is None


def _may_be_read(row: Notification) -> bool:
    return may_have_arrived(row) or (row.status == PENDING and row.lease_until is not None) or row.told_at is not None
