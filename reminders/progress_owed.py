"""What is owed after a visit: what was said of it, and to whoever asked for it how far it has come since."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.documents.progress_steps import steps_from
from booking.events import AppointmentChange, PlanningFacts
from booking.tables import Appointment
from reminders.after_kinds import PROGRESS, PROGRESS_CORRECTED, ProgressNews
from reminders.arrival_queries import may_have_arrived
from reminders.delivery_decisions import PENDING, VOID
from reminders.due_times import Owed
from reminders.reasons import SUPERSEDED
from reminders.recipients import family_of, number_of
from reminders.summaries_owed import OF_USE, TOLD_AFTER, owed_summary
from reminders.tables import Notification


def owed_after_visit(
    db: Session, rows: Collection[Notification], facts: PlanningFacts, change: AppointmentChange
) -> list[Owed]:
    """What the change owes of what was said and noted after the visit. `rows` are locked."""
    if change.what == "progressed":
        return _owed_progress(db, rows, facts, change)
    return owed_summary(db, rows, facts, change) if change.what in ("moved", "summarised") else []


def _owed_progress(
    db: Session, rows: Collection[Notification], facts: PlanningFacts, change: AppointmentChange
) -> list[Owed]:
    """The newest step, with what was not sent yet voided: the newest message says all. `rows` are locked."""
    earlier = [row for row in rows if family_of(row.kind) == PROGRESS]
    of_it = select(Appointment.progress, Appointment.tells_progress).where(Appointment.id == facts.appointment_id)
    stored, is_wanted = db.execute(of_it).one()
    for row in earlier:
        if row.status == PENDING and row.lease_until is None:
            row.status, row.closed_at, row.reason = VOID, change.now, SUPERSEDED
    gone = max((row for row in earlier if _may_be_read(row)), key=lambda row: number_of(row.kind), default=None)
    digests = [ProgressNews.of(step).digest for step in steps_from(stored)]
    if not is_wanted or (gone is None and not digests) or (gone is not None and gone.words_digest in digests[-1:]):
        return []
    is_correction = gone is not None and gone.words_digest not in digests
    number = 1 + max((number_of(row.kind) for row in earlier), default=0)
    due_at = change.now + TOLD_AFTER
    return [Owed(f"{PROGRESS_CORRECTED if is_correction else PROGRESS}_{number}", due_at, due_at + OF_USE)]


def _may_be_read(row: Notification) -> bool:
    return may_have_arrived(row) or row.status == PENDING or row.told_at is not None
