"""How long the page of an appointment can be read by its link."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.documents.progress_steps import PAGE_OUTLIVES, has_page_ended
from booking.queries.appointments import AppointmentView
from booking.visits.visit_queries import words_after

WORDS_OUTLIVE = timedelta(days=21)
"""How long after a visit what was said of it can be read: seven days to write it, and the way of a letter."""


def is_page_over(db: Session, view: AppointmentView, now: datetime) -> bool:
    """Whether nobody can read it any more: later where something was said or noted of the visit."""
    if not has_page_ended(view.ends_at, view.progress, now):
        return False
    if view.tells_progress and now < view.ends_at + PAGE_OUTLIVES:
        return False  # a message that takes a step back leads here, and they can end the messages
    return now >= view.ends_at + WORDS_OUTLIVE or not words_after(db, view.id)
