"""Keeps what somebody has answered about the papers for an appointment, and which of them they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_link
from booking.queries.appointments import stamp_of_row
from booking.states import State
from core.audit import Actor, record
from core.errors import IllegalMove, Stale
from core.runtime import Runtime
from core.tokens import stamp_of
from core.transactions import run_with_retries


def papers_stamp(appointment: str, stored: Mapping[str, Any]) -> str:
    """The stamp of what a page shows of the papers, for a form that changes it; `appointment` is that of the appointment."""
    return stamp_of([appointment, sorted(stored.items())])


def keep_papers(
    runtime: Runtime, authority_id: int, reference: str, papers: dict[str, Any], *, actor: Actor, seen: str
) -> None:
    """Keep `papers` in place of what was kept.

    Raises: Stale when that is not what was `seen`, IllegalMove when the appointment is not booked any more, LinkEnded,
    NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        check_link(row, actor, now)
        if row.state != State.BOOKED or row.ends_at <= now:
            raise IllegalMove(row.state, State.BOOKED)
        if row.paper_answers == papers:
            return
        if papers_stamp(stamp_of_row(row), row.paper_answers) != seen:
            raise Stale.because("appointment_changed")
        row.paper_answers = papers
        record(db, actor, "papers_answered", ("appointment", row.id), authority_id=authority_id, now=now)

    run_with_retries(runtime.database, operation)
