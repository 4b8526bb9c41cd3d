"""Whom words after a visit would be told to, and how."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from locations.model import AuthorityFacts
from reminders.after_kinds import SUMMARY
from reminders.due_times import Owed
from reminders.expected import Expected, expected
from reminders.expected_queries import planning_of
from reminders.history_queries import reason_for_silence
from reminders.queue import pauses_on
from reminders.summaries_owed import OF_USE, TOLD_AFTER


def expected_of_summary(
    db: Session, council: AuthorityFacts, appointment_id: int, now: datetime, kind: str = SUMMARY
) -> tuple[Expected, ...]:
    """What the appointment would be owed when something is said after its visit, or noted (`kind`)."""
    planning, silence = planning_of(db, [appointment_id])[appointment_id], reason_for_silence(db, appointment_id)
    owed = [Owed(f"{kind}_1", now + TOLD_AFTER, now + TOLD_AFTER + OF_USE)]
    return expected(planning, owed, council, now, silence=silence, pauses=pauses_on(db, now, council.id))
