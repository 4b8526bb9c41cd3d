"""The steps of a visit, one click each: called again, seen, parked, missed, back to the queue, ended, left; and undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_by_id
from booking.states import NEEDS_REASON, State, can_correct
from booking.tables import Appointment
from booking.use_cases.call_next import desk_of
from booking.use_cases.outcomes import set_state
from booking.use_cases.text_when_called import tell_called
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.tables import DayVisit
from booking.visits.undone_end_repository import take_back_end
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import enter_state, visit_for_change
from booking.visits.visit_states import (
    APPOINTMENT_STATES,
    AT_DESK,
    HERE,
    VisitState,
    can_move_visit,
    can_recall,
    can_step_back,
)
from core.audit import Actor, record
from core.errors import CapacityConflict, IllegalMove, Invalid, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id

ACTIONS = {
    VisitState.CALLED: "visit_called",
    VisitState.WAITING: "visit_waits_again",
    VisitState.PARKED: "visit_parked",
    VisitState.MISSED: "visit_missed",
    VisitState.BEING_SEEN: "visit_begun",
    VisitState.ENDED: "visit_ended",
    VisitState.NOT_COMPLETED: "visit_not_completed",
    VisitState.LEFT: "visit_left",
    VisitState.WITHDRAWN: "visit_withdrawn",
}


@dataclass(frozen=True)
class VisitStep:
    """What somebody clicked: the state to move to, at which desk (its slug), why, and the stamp of what they saw."""

    state: VisitState
    desk: str = ""
    reason: str = ""
    seen: str | None = None


def move_visit(
    runtime: Runtime,
    authority_id: int,
    site: str,
    visit_id: int,
    step: VisitStep,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """Move the visit of the site, and its appointment with it.

    Raises: Stale when it is not any more as it was seen, IllegalMove, Invalid for a desk that is not here or a reason that
    is missing, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        place = catalogue_by_id(db, authority_id).site(site)
        desk = desk_of(place, step.desk).id if step.desk else None
        row = visit_for_change(db, authority_id, place.id, visit_id)
        booked = appointment_by_id(db, row.appointment_id) if row.appointment_id else None
        if step.seen is not None and step.seen != visit_stamp(row, booked):
            raise Stale.because("visit_changed")
        _check(row, step, now)
        if step.state is VisitState.BEING_SEEN and row.state not in HERE:
            take_back_end(db, row, actor, now)
        if booked is not None:
            _move_appointment(db, booked, step, actor, now)
        _enter(row, step, desk, now)
        _flush(db)
        follow_desks(db, authority_id, place.id, now)
        record(
            db, actor, ACTIONS[step.state], ("visit", row.id), authority_id=authority_id, now=now, reason=step.reason
        )
        if step.state is VisitState.CALLED:
            tell_called(db, row.id)
        return {"visit_id": row.id}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def _enter(row: DayVisit, step: VisitStep, desk: int | None, now: datetime) -> None:
    """Write the step, unless the appointment has brought the visit there already, and the desk."""
    if row.state != step.state or step.state is VisitState.CALLED:
        enter_state(row, step.state, now)
    if desk and step.state in AT_DESK:
        row.resource_id = desk


def _flush(db: Session) -> None:
    """Write what has changed. Raises: CapacityConflict when another part of the same ticket is called."""
    try:
        db.flush()
    except IntegrityError as error:
        raise CapacityConflict from error


def _check(row: DayVisit, step: VisitStep, now: datetime) -> None:
    """Raises: IllegalMove, Invalid."""
    current = VisitState(row.state)
    steps_back = can_step_back(current, step.state, changed_at=row.changed_at, now=now)
    is_recall_too_many = current is step.state and not can_recall(row.times_called)
    if is_recall_too_many or not (steps_back or can_move_visit(current, step.state)):
        raise IllegalMove(current, step.state)
    if APPOINTMENT_STATES[step.state] in NEEDS_REASON and not step.reason.strip():
        raise Invalid.in_field("reason", "no_reason_not_completed")
    if steps_back and not step.reason.strip():
        raise Invalid.in_field("reason", "no_reason_for_correction")


def _move_appointment(db: Session, booked: Appointment, step: VisitStep, actor: Actor, now: datetime) -> None:
    """Bring the appointment of the visit to the state that the step stands for."""
    current, requested = State(booked.state), APPOINTMENT_STATES[step.state]
    if current is requested:
        return
    is_correction = can_correct(current, requested, changed_at=booked.changed_at, now=now)
    set_state(db, booked, requested, actor, now, step.reason, "corrected" if is_correction else "moved")
