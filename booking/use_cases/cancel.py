"""Cancels an appointment, by its resident or by the authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from booking.appointment_repository import check_link, check_seen
from booking.capacity.placement import release
from booking.rebooking import RebookState
from booking.states import NEEDS_REASON, State, can_move
from booking.use_cases.appointment_changes import check_changeable, is_late, lock_appointment, record_change, site_id_of
from booking.use_cases.book import Booked, result_of, run_operation
from booking.use_cases.rebook_items import close_rebook_items
from core.audit import Actor
from core.errors import IllegalMove, Invalid
from core.idempotency import IdempotencyKey
from core.runtime import Runtime

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
    """The appointment, cancelled; its time is free for others at once. The version rises.

    The resident themselves can say that they do not come until it begins; the audit says when that was past the cut-off.
    Raises: TooSoon past the cut-off when that is enforced, IllegalMove, LinkEnded, Stale when it is not as `seen` any
    more, Invalid without a reason from the authority, NotFound.
    """
    requested_state = State.CANCELLED_BY_RESIDENT if by == "resident" else State.CANCELLED_BY_AUTHORITY

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        check_link(row, actor, now)
        has_begun = actor.kind == "resident" and row.starts_at <= now
        if has_begun or not can_move(State(row.state), requested_state):
            raise IllegalMove(row.state, requested_state)
        if requested_state in NEEDS_REASON and not reason.strip():
            raise Invalid.in_field("reason", "no_reason_for_cancelling")
        check_changeable(db, row, now, enforce_cutoff=enforce_cutoff)
        check_seen(row, seen)
        row.state, row.state_reason = requested_state.value, reason.strip()
        row.version += 1
        row.changed_at = now
        release(db, appointment_id=row.id)
        close_rebook_items(db, row.id, now, RebookState.CANCELLED)
        late = {"late": True} if by == "resident" and is_late(db, row, now) else {}
        record_change(db, row, actor, "cancelled", now, reason, **late)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)
