"""Ringing somebody about their appointment: one agent has them for a while, and nobody else rings them meanwhile.

It is one claim for each appointment, whatever they are rung about: another time, or what no message has told them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.ringing.tables import Ringing
from booking.tables import Appointment
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.rebook_items import is_to_rebook
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.transactions import lock_by_name, run_with_retries

RINGING_PERIOD = timedelta(minutes=10)


def start_ringing(runtime: Runtime, authority_id: int, reference: str, staff_id: int, *, actor: Actor) -> bool:
    """Whether this member of staff has them for ten minutes from now; False when somebody else has. Raises: NotFound."""

    def operation(db: Session) -> bool:
        appointment = _to_rebook(db, authority_id, reference)
        return take_to_ring(db, appointment, staff_id, actor, runtime.clock.database_now(db))

    return run_with_retries(runtime.database, operation)


def stop_ringing(
    runtime: Runtime, authority_id: int, reference: str, staff_id: int, *, actor: Actor, nobody_answered: bool
) -> None:
    """Let others ring them again. What belongs to somebody else by now stays as it is. Raises: NotFound."""

    def operation(db: Session) -> None:
        appointment = _to_rebook(db, authority_id, reference)
        now = runtime.clock.database_now(db)
        leave_rung(db, appointment, staff_id, actor, now, nobody_answered=nobody_answered)

    run_with_retries(runtime.database, operation)


def take_to_ring(db: Session, appointment: Appointment, staff_id: int, actor: Actor, now: datetime) -> bool:
    """Whether this member of staff has them for ten minutes from now; not while a colleague has them, whatever about.

    Call it in the transaction that locked the appointment: several of one person are locked in order of id, and then taken.
    Whoever takes the same person at the same moment, about another appointment, waits until this transaction ends.
    """
    lock_by_name(db, f"ringing {appointment.resident_id}")
    if is_with_colleague(db, appointment.resident_id, staff_id, now):
        return False
    row = db.get(Ringing, appointment.id) or Ringing(
        appointment_id=appointment.id,
        authority_id=appointment.authority_id,
        staff_id=0,
        until=now,
        tries=0,
        tried_at=None,
    )
    is_new = row.staff_id != staff_id or row.until <= now
    row.staff_id, row.until = staff_id, now + RINGING_PERIOD
    db.add(row)
    if is_new:
        subject = ("appointment", appointment.id)
        record(db, actor, "ringing_started", subject, authority_id=appointment.authority_id, now=now)
    return True


def is_with_colleague(db: Session, resident_id: int, staff_id: int, now: datetime) -> bool:
    """Whether somebody else has this person now, about any of their appointments."""
    db.flush()
    others = exists().where(
        Ringing.appointment_id == Appointment.id,
        Appointment.resident_id == resident_id,
        Ringing.staff_id != staff_id,
        Ringing.until > now,
    )
    return bool(db.scalar(select(others)))


def had_last(db: Session, resident_id: int, staff_id: int, now: datetime) -> bool:
    """Whether this member of staff has taken this person, and nobody else has since."""
    of_person = select(Ringing.staff_id).join(Appointment, Appointment.id == Ringing.appointment_id)
    newest = of_person.where(Appointment.resident_id == resident_id).order_by(Ringing.until.desc()).limit(1)
    return not is_with_colleague(db, resident_id, staff_id, now) and db.scalar(newest) == staff_id


def leave_rung(
    db: Session, appointment: Appointment, staff_id: int, actor: Actor, now: datetime, *, nobody_answered: bool
) -> bool:
    """Whether they had them last, and nobody has taken them since: others may ring them again. Under the appointment's lock.

    A claim that is over stays as it is: what comes a second time is counted once.
    """
    row = db.get(Ringing, appointment.id)
    if row is None or row.staff_id != staff_id:
        return False
    if row.until <= now:
        return True
    row.until = now
    if nobody_answered:
        row.tries, row.tried_at = row.tries + 1, now
        subject = ("appointment", appointment.id)
        record(db, actor, "nobody_answered", subject, authority_id=appointment.authority_id, now=now)
    return True


def _to_rebook(db: Session, authority_id: int, reference: str) -> Appointment:
    """The appointment, locked, which must be on a list of people to rebook. Raises: NotFound."""
    appointment = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
    if not is_to_rebook(db, appointment.id):
        raise NotFound
    return appointment
