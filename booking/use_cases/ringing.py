"""Ringing somebody about another time: one agent has them for a while, and nobody else rings them meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.ringing.tables import Ringing
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.rebook_items import is_to_rebook
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.transactions import run_with_retries

RINGING_PERIOD = timedelta(minutes=10)


def start_ringing(runtime: Runtime, authority_id: int, reference: str, staff_id: int, *, actor: Actor) -> bool:
    """Whether this member of staff has them for ten minutes from now; False when somebody else has. Raises: NotFound."""

    def operation(db: Session) -> bool:
        row, now = _row(db, runtime, authority_id, reference)
        if row.until > now and row.staff_id != staff_id:
            return False
        is_new = row.staff_id != staff_id or row.until <= now
        row.staff_id, row.until = staff_id, now + RINGING_PERIOD
        db.add(row)
        if is_new:
            subject = ("appointment", row.appointment_id)
            record(db, actor, "ringing_started", subject, authority_id=authority_id, now=now)
        return True

    return run_with_retries(runtime.database, operation)


def stop_ringing(
    runtime: Runtime, authority_id: int, reference: str, staff_id: int, *, actor: Actor, nobody_answered: bool
) -> None:
    """Let others ring them again. What belongs to somebody else by now stays as it is. Raises: NotFound."""

    def operation(db: Session) -> None:
        row, now = _row(db, runtime, authority_id, reference)
        if row.staff_id != staff_id or row.until <= now:
            return
        row.until = now
        if nobody_answered:
            row.tries, row.tried_at = row.tries + 1, now
            subject = ("appointment", row.appointment_id)
            record(db, actor, "nobody_answered", subject, authority_id=authority_id, now=now)

    run_with_retries(runtime.database, operation)


def _row(db: Session, runtime: Runtime, authority_id: int, reference: str) -> tuple[Ringing, datetime]:
    """The row of the appointment, whose own row is locked; a new one belongs to nobody. Raises: NotFound."""
    appointment = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
    if not is_to_rebook(db, appointment.id):
        raise NotFound
    now = runtime.clock.database_now(db)
    row = db.get(Ringing, appointment.id)
    return row or Ringing(
        appointment_id=appointment.id, authority_id=authority_id, staff_id=0, until=now, tries=0, tried_at=None
    ), now
