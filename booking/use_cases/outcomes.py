"""Records the outcome of an appointment, and corrects an outcome that was recorded by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change
from booking.events import AppointmentChange, announce
from booking.states import CANCELLED, NEEDS_REASON, State, can_correct, can_move, may_be_recorded
from booking.tables import Appointment
from booking.use_cases.appointment_changes import site_id_of
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.undone_end_repository import take_back_end_of
from booking.visits.visit_repository import follow_appointment, lock_visits
from core.audit import Actor, record
from core.errors import IllegalMove, Invalid, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime

NOTED_WITHIN = timedelta(hours=24)
"""What was noted without network longer ago counts from when it was sent."""


@dataclass(frozen=True)
class Shown:
    """What the screen showed of the appointment on which somebody clicked: its state and its version, as texts.

    `noted_at` is when they clicked, where that could only be sent later.
    """

    state: str | None = None
    version: str | None = None
    noted_at: datetime | None = None


def record_outcome(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    requested_state: State,
    *,
    actor: Actor,
    reason: str = "",
    shown: Shown | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment in `requested_state`. Cancelling is another use case. `shown` is what was on the screen.

    Raises: Stale when it has been moved since, IllegalMove, Invalid when a reason is missing, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = appointment_of_day(db, authority_id, reference)
        _check_shown(row, requested_state, shown)
        noted_at = noted_time(row, shown, now)
        in_order = can_move(State(row.state), requested_state) and may_be_recorded(
            requested_state, starts_at=row.starts_at, now=noted_at or now
        )
        if requested_state in CANCELLED or not in_order:
            raise IllegalMove(row.state, requested_state)
        if requested_state in NEEDS_REASON and not reason.strip():
            raise Invalid.in_field("reason", "no_reason_not_completed")
        set_state(db, row, requested_state, actor, now, reason, "moved", noted_at)
        follow_desks(db, authority_id, row.site_id, now)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def correct(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    requested_state: State,
    *,
    actor: Actor,
    reason: str,
    shown: Shown | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, back in `requested_state`, with the reason in the audit.

    Raises: Stale, IllegalMove when that is no step back or too long ago, Invalid without a reason, NotFound,
    IdempotencyMismatch.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = appointment_of_day(db, authority_id, reference)
        _check_shown(row, requested_state, shown)
        if not can_correct(State(row.state), requested_state, changed_at=row.changed_at, now=now):
            raise IllegalMove(row.state, requested_state)
        if not reason.strip():
            raise Invalid.in_field("reason", "no_reason_for_correction")
        if requested_state is State.IN_PROGRESS:
            take_back_end_of(db, row.id, actor, now)
        set_state(db, row, requested_state, actor, now, reason, "corrected", noted_time(row, shown, now))
        follow_desks(db, authority_id, row.site_id, now)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def noted_time(row: Appointment, shown: Shown | None, now: datetime) -> datetime | None:
    """When it happened, where it was noted without network and sent later: never before what is on record already."""
    noted_at = shown.noted_at if shown else None
    if noted_at is None or not now - NOTED_WITHIN <= noted_at <= now:
        return None
    return max(noted_at, *(at for at in (row.arrived_at, row.seen_at, noted_at) if at is not None))


def _check_shown(row: Appointment, requested_state: State, shown: Shown | None) -> None:
    """Raises: Stale when the appointment has another time, IllegalMove when its state is not the one that was clicked."""
    if shown is None:
        return
    if shown.version is not None and shown.version != str(row.version) and State(row.state) not in CANCELLED:
        raise Stale.because("appointment_changed")
    if shown.state is not None and shown.state != row.state:
        raise IllegalMove(row.state, requested_state)


def appointment_of_day(db: Session, authority_id: int, reference: str) -> Appointment:
    """The appointment's row, locked after the visits of its site. Raises: NotFound."""
    lock_visits(db, site_id_of(db, authority_id, reference))
    return appointment_for_change(db, authority_id, reference)


def set_state(
    db: Session,
    row: Appointment,
    requested_state: State,
    actor: Actor,
    now: datetime,
    reason: str,
    action: str,
    noted_at: datetime | None = None,
) -> None:
    """Write the new state with its times, of the visit too, and say so to the audit and to whoever listens.

    What was noted without network happened at `noted_at`, and is on record with both times.
    """
    at = noted_at or now
    was, row.state, row.changed_at = row.state, requested_state.value, now
    # Who is put back among those who wait has waited since they arrived.
    if requested_state is State.BOOKED:
        row.arrived_at = None
    elif requested_state is State.ARRIVED and was == State.BOOKED:
        row.arrived_at = at
    if requested_state in (State.BOOKED, State.ARRIVED):
        row.seen_at = None
    elif requested_state is State.IN_PROGRESS:
        row.seen_at = row.seen_at or at
    row.state_reason = reason.strip() if requested_state in NEEDS_REASON else ""
    record(
        db,
        actor,
        action,
        ("appointment", row.id),
        authority_id=row.authority_id,
        now=now,
        reason=reason.strip(),
        was=was,
        state=requested_state.value,
        **({"noted_at": noted_at.isoformat()} if noted_at else {}),
    )
    follow_appointment(db, row, now, noted_at)
    announce(db, AppointmentChange(row.authority_id, row.id, row.version, "moved", now))
