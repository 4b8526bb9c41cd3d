"""Whoever is back at a desk that had sent them on does not wait for the next service at the same time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.visits.tables import DayVisit
from booking.visits.visit_repository import enter_state
from booking.visits.visit_states import AT_DESK, IN_WAITING_ROOM, VisitState
from core.audit import Actor, record
from core.errors import IllegalMove


def take_back_sent_on(db: Session, row: DayVisit, actor: Actor, now: datetime) -> None:
    """Withdraw the part for which they were sent on from the visit `row`, whose site's visits are locked.

    Raises: IllegalMove when a desk has called them for it meanwhile.
    """
    open_states = {*IN_WAITING_ROOM, *AT_DESK}
    sent_on = select(DayVisit).where(DayVisit.sent_from_id == row.id, DayVisit.state.in_(open_states))
    for part in db.scalars(sent_on.execution_options(populate_existing=True)):
        if part.state in AT_DESK:
            raise IllegalMove(row.state, VisitState.BEING_SEEN)
        enter_state(part, VisitState.WITHDRAWN, now)
        about: tuple[str, int] = ("visit", part.id)
        record(db, actor, "visit_withdrawn", about, authority_id=row.authority_id, now=now, sent_from=row.id)


def take_back_sent_on_from(db: Session, appointment_id: int, actor: Actor, now: datetime) -> None:
    """The same for the visit of an appointment. Raises: IllegalMove."""
    row = db.scalars(select(DayVisit).where(DayVisit.appointment_id == appointment_id)).first()
    if row is not None:
        take_back_sent_on(db, row, actor, now)
