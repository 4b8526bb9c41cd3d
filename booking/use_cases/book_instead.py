"""Somebody who waits without an appointment is given a time instead: it is booked, and they wait no longer, in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.use_cases.book import Booked, Booking, make_booking, run_operation
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import enter_state, visit_for_change
from booking.visits.visit_states import IN_WAITING_ROOM, VisitState
from core.audit import Actor, record
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime


@dataclass(frozen=True)
class Waits:
    """Who waits: their visit, its site, and the stamp of what the page showed of it."""

    visit_id: int
    site_id: int
    seen: str | None = None


def book_instead(
    runtime: Runtime, booking: Booking, waits: Waits, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> Booked:
    """The appointment of somebody who waited until now.

    Raises: Stale or IllegalMove when they do not wait any more, NotFound, and what `book` raises.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        _wait_no_longer(booking.authority_id, waits, actor, db, now)
        return make_booking(db, now, runtime, booking, actor)

    return run_operation(runtime, idempotency, operation)


def _wait_no_longer(authority_id: int, waits: Waits, actor: Actor, db: Session, now: datetime) -> None:
    row = visit_for_change(db, authority_id, waits.site_id, waits.visit_id)
    if waits.seen is not None and waits.seen != visit_stamp(row, None):
        raise Stale.because("visit_changed")
    if row.appointment_id is not None or row.state not in IN_WAITING_ROOM:
        raise IllegalMove(row.state, VisitState.WITHDRAWN)
    enter_state(row, VisitState.WITHDRAWN, now)
    record(db, actor, "visit_given_time", ("visit", row.id), authority_id=authority_id, now=now)
