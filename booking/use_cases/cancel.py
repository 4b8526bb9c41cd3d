"""Cancels an appointment, by its resident or by the authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from booking.appointment_repository import check_link, check_seen
from booking.rebooking import RebookState
from booking.states import BY_COUNCIL, BY_RESIDENT, State, can_move
from booking.tables import Appointment
from booking.use_cases.appointment_changes import (
    check_changeable,
    is_late,
    lock_appointment,
    occupied_by,
    raise_version,
    record_change,
    release_or_keep,
    site_id_of,
)
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.rebook_items import close_rebook_items, is_to_rebook
from core.audit import Actor
from core.errors import IllegalMove, Invalid
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id

By = Literal["resident", "authority"]


def cancel(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    by: By,
    reason: str = "",
    enforce_cutoff: bool,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, cancelled; its time is free for others at once, or for those who wait. The version rises.

    The resident themselves can say that they do not come until it begins; the audit says when that was past the cut-off.
    Raises: TooSoon past the cut-off when that is enforced, IllegalMove, LinkEnded, Stale when it is not as `seen` any
    more, Invalid without a reason from the authority, NotFound.

    What cannot take place as booked is cancelled by the council, whoever says so: it does not count against the resident.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        check_link(row, actor, now)
        is_by_resident = by == BY_RESIDENT and not is_to_rebook(db, row.id)
        requested_state = State.CANCELLED_BY_RESIDENT if is_by_resident else State.CANCELLED_BY_AUTHORITY
        has_begun = actor.kind == "resident" and row.starts_at <= now
        if has_begun or not can_move(State(row.state), requested_state):
            raise IllegalMove(row.state, requested_state)
        if by == BY_COUNCIL and not reason.strip():
            raise Invalid.in_field("reason", "no_reason_for_cancelling")
        check_changeable(db, row, now, enforce_cutoff=enforce_cutoff)
        check_seen(row, seen)
        late = {"late": True} if is_by_resident and is_late(db, row, now) else {}
        occupied = end_appointment(db, row, requested_state, reason.strip(), now)
        facts: dict[str, Any] = {"by": BY_RESIDENT if is_by_resident else BY_COUNCIL, "occupied": occupied} | late
        record_change(db, row, actor, "cancelled", now, reason, **facts)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def end_appointment(db: Session, row: Appointment, state: State, reason: str, now: datetime) -> list[list[int]]:
    """Write that the appointment is cancelled, and free its time; what it occupied. The caller has locked it."""
    occupied = occupied_by(db, row.id)
    row.state, row.state_reason = state.value, reason
    raise_version(row)
    row.changed_at = now
    release_or_keep(db, catalogue_by_id(db, row.authority_id), row, now)
    close_rebook_items(db, row.id, now, RebookState.CANCELLED)
    return occupied
