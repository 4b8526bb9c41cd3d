"""Writes that somebody comes to their appointment, and of one that is urgent that nobody has to say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_link, check_seen
from booking.events import Confirmed, announce_confirmed
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.rebook_items import is_to_rebook
from core.audit import Actor, record
from core.errors import IllegalMove
from core.runtime import Runtime
from core.transactions import run_with_retries


def confirm(runtime: Runtime, authority_id: int, reference: str, *, actor: Actor, seen: str | None = None) -> None:
    """Write that they come; a second time changes nothing.

    Raises: IllegalMove when it is not booked any more or has begun, Stale when it is not as `seen`, LinkEnded, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        check_link(row, actor, now)
        if row.state != State.BOOKED or row.starts_at <= now or is_to_rebook(db, row.id):
            raise IllegalMove(row.state, State.BOOKED)
        check_seen(row, seen)
        _write(db, row, actor, now)

    run_with_retries(runtime.database, operation)


def confirm_in_transaction(db: Session, appointment_id: int, *, actor: Actor, now: datetime) -> bool:
    """Whether it was written that they come: the appointment is booked, and still to come."""
    here = (Appointment.id == appointment_id, Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    row = db.scalars(select(Appointment).where(*here).with_for_update()).first()
    if row is None or is_to_rebook(db, row.id):
        return False
    _write(db, row, actor, now)
    return True


def _write(db: Session, row: Appointment, actor: Actor, now: datetime) -> None:
    if row.confirmed_at is not None and row.confirmed_version == row.version:
        return
    row.confirmed_at, row.confirmed_version = now, row.version
    subject = ("appointment", row.id)
    record(db, actor, "confirmed", subject, authority_id=row.authority_id, now=now, version=row.version)
    announce_confirmed(db, Confirmed(row.id, row.version, now))


def mark_urgent(runtime: Runtime, authority_id: int, reference: str, *, actor: Actor, is_urgent: bool = True) -> None:
    """Write that it is not given back, whoever does not confirm it, or take that back. Raises: IllegalMove, NotFound."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        if row.state != State.BOOKED or row.starts_at <= now:
            raise IllegalMove(row.state, State.BOOKED)
        if row.is_urgent != is_urgent:
            row.is_urgent = is_urgent
            record(
                db,
                actor,
                "marked_urgent" if is_urgent else "marked_not_urgent",
                ("appointment", row.id),
                authority_id=authority_id,
                now=now,
            )

    run_with_retries(runtime.database, operation)
