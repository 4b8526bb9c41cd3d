"""Notes how far somebody's matter has come after their visit, and takes the last note back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_seen
from booking.documents.progress_steps import (
    ProgressStep,
    Step,
    may_be_noted,
    steps_from,
    stored_steps,
)
from booking.events import AppointmentChange, announce
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from core.audit import Actor, record
from core.errors import IllegalMove, Invalid, NotFound, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime

Change = Callable[[Session, Appointment, datetime], None]


def note_progress(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    step: Step,
    paper: str = "",
    *,
    actor: Actor,
    site_id: int | None = None,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, with one more step; the same again changes nothing. `site_id` is where it has to be.

    Raises: Stale when it is not as `seen`, IllegalMove where nothing can come of it, Invalid in `reason` without
    the paper that is needed, NotFound, IdempotencyMismatch.
    """
    if step is Step.PAPER_NEEDED and not paper:
        raise Invalid.in_field("reason", "no_paper_named")
    named = paper if step is Step.PAPER_NEEDED else ""

    def change(db: Session, row: Appointment, now: datetime) -> None:
        if not may_be_noted(State(row.state), is_not_needed=row.not_needed_at is not None):
            raise IllegalMove(row.state, step.value)
        steps = steps_from(row.progress)
        if steps and (steps[-1].step, steps[-1].paper) == (step, named):
            return
        row.progress = stored_steps([*steps, ProgressStep(step, now, named)])
        _record(db, row, "progress_noted", actor, step, now)

    return _changed(runtime, authority_id, reference, change, site_id, seen, idempotency)


def take_back_progress(
    runtime: Runtime, authority_id: int, reference: str, *, actor: Actor, site_id: int, seen: str
) -> Booked:
    """The appointment without the step that was noted last. Raises: Stale when that is another one by now, NotFound."""

    def change(db: Session, row: Appointment, now: datetime) -> None:
        if not row.progress:
            raise Stale.because("appointment_changed")
        *before, last = steps_from(row.progress)
        row.progress = stored_steps(before)
        _record(db, row, "progress_taken_back", actor, last.step, now)

    return _changed(runtime, authority_id, reference, change, site_id, seen, None)


def _changed(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    change: Change,
    site_id: int | None,
    seen: str | None,
    idempotency: IdempotencyKey | None,
) -> Booked:
    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = appointment_for_change(db, authority_id, reference)
        if site_id is not None and row.site_id != site_id:
            raise NotFound
        check_seen(row, seen)
        was = list(row.progress)
        change(db, row, now)
        if row.tells_progress and row.progress != was:
            announce(db, AppointmentChange(row.authority_id, row.id, row.version, "progressed", now))
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _record(db: Session, row: Appointment, action: str, actor: Actor, step: Step, now: datetime) -> None:
    record(db, actor, action, ("appointment", row.id), authority_id=row.authority_id, now=now, step=step.value)
