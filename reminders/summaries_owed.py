"""What is owed after a visit: its words once, a correction of what was told already, or that it is not so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, PlanningFacts
from booking.ratings.rating_repository import ask_about
from booking.ratings.rating_rules import ASKED_AGAIN_AFTER
from booking.visits.tables import DayVisit
from reminders.after_kinds import (
    CORRECTED,
    ENDED_STATES,
    NOTHING_SAID,
    OF_WORDS,
    PROGRESS,
    SUMMARY,
    WITHDRAWN_SUMMARY,
    AfterVisit,
)
from reminders.arrival_queries import may_have_arrived
from reminders.delivery_decisions import PENDING, VOID, ReadyMessage
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
    earlier = [row for row in rows if family_of(row.kind) in OF_WORDS]
    has_ended = facts.state in ENDED_STATES
    if not has_ended and not earlier:
        return []
    words = _words(db, facts.appointment_id) if has_ended else NOTHING_SAID
    has_words = bool(words)
    family = SUMMARY if has_words else WITHDRAWN_SUMMARY
    for row in earlier:
        if _waits(row) and family_of(row.kind) != family:
            row.status, row.closed_at, row.reason = VOID, change.now, SUPERSEDED
    gone = max((row for row in earlier if _may_be_read(row)), key=lambda row: number_of(row.kind), default=None)
    was_told = gone is not None and family_of(gone.kind) == SUMMARY
    if gone is not None and has_words and words.digest == gone.words_digest:
        _void_after(earlier, gone, change.now)
        return []
    if any(_waits(row) for row in earlier) or (not has_words and not was_told):
        return []
    if has_words and was_told and change.what != "summarised":
        return []  # the same words as they have
    number = 1 + max((number_of(row.kind) for row in earlier), default=0)
    if has_words and not was_told:
        ask_about(db, facts.appointment_id, change.now, partial(_was_asked, db, change.now))
    kind = (CORRECTED if was_told else SUMMARY) if has_words else WITHDRAWN_SUMMARY
    due_at = change.now + (TOLD_AFTER if has_words else WITHDRAWN_AFTER)
    return [Owed(f"{kind}_{number}", due_at, due_at + OF_USE)]


def _was_asked(db: Session, now: datetime, appointment_ids: Collection[int]) -> bool:
    """Whether a message after the visit of one of them went out within thirty days, or waits. What nobody got did not."""
    if not appointment_ids:
        return False
    theirs = select(Notification).where(Notification.appointment_id.in_(appointment_ids))
    rows = db.scalars(
        theirs.where(Notification.kind.startswith(f"{SUMMARY}_"), ~Notification.kind.startswith(CORRECTED))
    )
    since = now - ASKED_AGAIN_AFTER
    return any(row.status == PENDING or (may_have_arrived(row) and (row.closed_at or now) > since) for row in rows)


def keep_words_told(db: Session, ready: Collection[ReadyMessage]) -> None:
    """Keep with each message about a visit which words it tells."""
    for message in ready:
        family, facts = family_of(message.claimed.kind), message.facts
        if family in (SUMMARY, PROGRESS):
            told = facts.after.digest if family == SUMMARY else facts.progress.digest
            same = Notification.id == message.claimed.id
            db.execute(update(Notification).where(same).values(words_digest=told))


def _words(db: Session, appointment_id: int) -> AfterVisit:
    said = select(DayVisit.done, DayVisit.next_step).where(DayVisit.appointment_id == appointment_id)
    row = db.execute(said).first()
    return AfterVisit(row.done, row.next_step) if row is not None else NOTHING_SAID


def _void_after(rows: Collection[Notification], gone: Notification, now: datetime) -> None:
    """Void the corrections of what is said again as it was told."""
    for row in rows:
        if _waits(row) and number_of(row.kind) > number_of(gone.kind):
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED


def _waits(row: Notification) -> bool:
    """Whether it is to be sent, and nobody sends it at this moment."""
    return row.status == PENDING and row.lease_until is None


def _may_be_read(row: Notification) -> bool:
    return may_have_arrived(row) or (row.status == PENDING and row.lease_until is not None) or row.told_at is not None
