"""What becomes of the items of the lists of people to rebook."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, announce
from booking.rebooking import RebookState
from booking.states import State
from booking.tables import Appointment, RebookItem
from booking.use_cases.proposals import end_proposal, lock_proposals
from core.database import connection_of, table_of
from locations.tables import Closure

CLOSED = "closed"  # of somebody whose closure is gone: as `booking.availability.bookings_that_fit.MisfitReason` says it


def close_rebook_items(db: Session, appointment_id: int, now: datetime, state: RebookState = RebookState.MOVED) -> None:
    """Take an appointment off every list, with what was proposed for it: it was moved or cancelled, as `state` says."""
    end_proposal(db, appointment_id, now)
    connection_of(db).execute(
        update(table_of(RebookItem))
        .where(RebookItem.appointment_id == appointment_id, RebookItem.closed_at.is_(None))
        .values(closed_at=now, state=state.value)
    )


def is_to_rebook(db: Session, appointment_id: int) -> bool:
    """Whether the appointment is on any list."""
    is_open = exists().where(RebookItem.appointment_id == appointment_id, RebookItem.closed_at.is_(None))
    return bool(db.scalar(select(is_open)))


def keep(item: RebookItem, now: datetime) -> None:
    """Close the item: what it was for stands against the appointment no more."""
    item.closed_at, item.state = now, RebookState.KEPT.value


def list_again(item: RebookItem, now: datetime) -> None:
    """Open the item again, as if it were new."""
    item.closed_at, item.created_at, item.state = None, now, RebookState.TO_RING.value
    item.sought_at = item.offers_wanted_at = None


def tell_who_keeps(db: Session, appointment_ids: Iterable[int], now: datetime) -> None:
    """Of those who are on no list any more: nothing is proposed to them, and who was told otherwise is told that they come.

    Nobody is told twice: the message has the number of the offer that it takes back.
    """
    for appointment_id in sorted(set(appointment_ids)):
        db.flush()
        if is_to_rebook(db, appointment_id):
            continue
        end_proposal(db, appointment_id, now)
        row = db.get_one(Appointment, appointment_id)
        if row.state == State.BOOKED:
            announce(db, AppointmentChange(row.authority_id, row.id, row.version, "kept", now))


def pass_on(db: Session, closure_ids: Collection[int]) -> None:
    """Put whoever is on the lists of these closures, which are about to be removed, on the list of those who do not fit.

    Their states and proposals stay. Whether they fit without the closure is for the caller to find out.
    """
    listed = select(RebookItem).where(RebookItem.closed_at.is_(None))
    known = {item.appointment_id for item in db.scalars(listed.where(RebookItem.closure_id.is_(None)))}
    open_items = listed.where(RebookItem.closure_id.in_(closure_ids)).order_by(RebookItem.id)
    items = db.scalars(open_items).all() if closure_ids else ()
    lock_proposals(db, [item.appointment_id for item in items])
    for item in items:
        if item.appointment_id not in known:
            known.add(item.appointment_id)
            item.offers_wanted_at = db.get_one(Closure, item.closure_id).offers_wanted_at
            item.closure_id, item.reason = None, CLOSED
    db.flush()
