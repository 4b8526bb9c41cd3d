"""Writes whether somebody wants to be told when it moves on after their visit."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_seen
from booking.documents.progress_steps import may_be_noted
from booking.states import State
from core.audit import Actor, record
from core.errors import IllegalMove
from core.runtime import Runtime
from core.transactions import run_with_retries


def want_progress_news(
    runtime: Runtime, authority_id: int, reference: str, *, wants: bool, actor: Actor, seen: str
) -> None:
    """Write it; the same again changes nothing. Raises: Stale, IllegalMove where nothing can come of it, NotFound."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        check_seen(row, seen)
        if not may_be_noted(State(row.state), is_not_needed=row.not_needed_at is not None):
            raise IllegalMove(row.state, State.ATTENDED)
        if row.tells_progress != wants:
            row.tells_progress, about = wants, ("appointment", row.id)
            if wants:
                record(db, actor, "progress_news_wanted", about, authority_id=authority_id, now=now)
            else:
                record(db, actor, "progress_news_ended", about, authority_id=authority_id, now=now)

    run_with_retries(runtime.database, operation)
