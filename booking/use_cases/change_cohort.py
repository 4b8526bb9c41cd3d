"""A list that is invited wave by wave is paused, goes on or is stopped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.invitations.cohort_queries import cohort_view
from booking.invitations.cohort_rules import AFTER, MOVES, CohortChange, CohortState
from booking.invitations.invitation_rules import InvitationState
from booking.invitations.tables import Cohort, Invitation
from core.audit import Actor, record
from core.errors import Stale
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id

_ENDS = {
    CohortChange.STOP: (InvitationState.WAITING.value,),
    CohortChange.WITHDRAW: (InvitationState.WAITING.value, InvitationState.OPEN.value),
}


def change_cohort(
    runtime: Runtime,
    authority_id: int,
    cohort_id: int,
    change: CohortChange,
    version: int,
    *,
    actor: Actor,
    served: Collection[int] | None,
) -> None:
    """Do it to the list as it was at `version`; the same a second time changes nothing. Raises: NotFound, Stale."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        cohort_view(db, catalogue_by_id(db, authority_id), cohort_id, served)
        row = db.scalars(
            select(Cohort).where(Cohort.id == cohort_id).with_for_update(),
            execution_options={"populate_existing": True},
        ).one()
        if row.version != version or change not in MOVES[CohortState(row.state)]:
            raise Stale.because("cohort_changed")
        row.state, row.version = AFTER[change].value, row.version + 1
        ended = _end(db, row, change, now)
        if change is CohortChange.RESUME:
            row.next_wave_at = row.next_wave_at or now
        facts: dict[str, Any] = {"change": change.value} | ({"people": ended} if ended else {})
        record(db, actor, "list_changed", ("cohort", row.id), authority_id=authority_id, now=now, **facts)

    run_with_retries(runtime.database, operation)


def _end(db: Session, row: Cohort, change: CohortChange, now: datetime) -> int:
    """How many invitations end by it."""
    states = _ENDS.get(change)
    if states is None:
        return 0
    row.next_wave_at = None
    values = {"state": InvitationState.WITHDRAWN.value, "closed_at": now, "remind_at": None}
    ids = select(Invitation.id).where(Invitation.cohort_id == row.id, Invitation.state.in_(states))
    found = db.scalars(ids.order_by(Invitation.id).with_for_update()).all()
    if found:
        db.execute(update(Invitation).where(Invitation.id.in_(found)).values(values))
    return len(found)
