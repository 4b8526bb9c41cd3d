"""Notes that somebody who was to be rung did not answer, so that whoever rings next knows how often and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.states import calls_of_time, may_note_unanswered
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.outcomes import appointment_of_day
from core.audit import Actor, record
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime


def note_unanswered(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    version: str,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, by telephone or rung instead of a video, with one call more that nobody answered.

    Raises: Stale when it has been moved since `version`, IllegalMove when nobody is rung about it now, NotFound,
    IdempotencyMismatch.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = appointment_of_day(db, authority_id, reference)
        if version != str(row.version):
            raise Stale.because("appointment_changed")
        is_rung = row.mode == "phone" or row.ring_instead_version == row.version
        calls = len(calls_of_time(row.unanswered_calls, row.starts_at))
        if not is_rung or not may_note_unanswered(row.state, row.starts_at, calls, now):
            raise IllegalMove(row.state, row.state)
        row.unanswered_calls = [*row.unanswered_calls, now.isoformat()]
        record(
            db,
            actor,
            "call_unanswered",
            ("appointment", row.id),
            authority_id=authority_id,
            now=now,
            calls=calls + 1,
        )
        return result_of(row)

    return run_operation(runtime, idempotency, operation)
