"""Keeps that something cannot wait, puts one member of staff's name on it, and closes it with what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.tables import Appointment
from booking.urgent.tables import UrgentRequest
from booking.urgent.urgent_queries import open_request
from booking.urgent.urgent_rules import BOOKED_WITHIN, LONGEST_DONE, UrgentAsk
from core.audit import Actor, record
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from core.transactions import lock_by_name, run_with_retries

CORRECTED = "The answer was corrected in the call."


def keep_urgent(runtime: Runtime, authority_id: int, ask: UrgentAsk, *, actor: Actor) -> None:
    """Keep what somebody asks for. What they answer otherwise in the same visit or call stands beside their first words.

    What is worse than what somebody has taken, or comes hours later, is a request of its own, which needs a name too.
    """

    def operation(db: Session) -> None:
        lock_by_name(db, f"urgent {authority_id} {ask.key}")
        now = runtime.clock.database_now(db)
        row = open_request(db, authority_id, ask.key, now)
        if row is None or (row.staff_id is not None and not set(ask.meanings) <= set(row.meanings)):
            row = UrgentRequest(authority_id=authority_id, asked_key=ask.key, asked_at=now, channel=ask.channel)
            row.triage, row.meanings, row.words = ask.triage, list(ask.meanings), ask.words
            row.resident_id = ask.resident_id
            db.add(row)
            db.flush()
            _record(db, row, "urgent_asked", actor, now)
        elif ask.words.startswith(f"{row.words}\n"):  # with what was said besides
            row.words = ask.words
        elif ask.words != row.words:
            row.later = ask.words
            row.meanings = list(dict.fromkeys((*row.meanings, *ask.meanings)))

    run_with_retries(runtime.database, operation)


def answered_otherwise(runtime: Runtime, authority_id: int, key: str, words: str, *, is_corrected: bool) -> None:
    """What was urgent is answered otherwise now: a wrong answer of a call is over, what a resident said stays open."""

    def operation(db: Session) -> None:
        row = open_request(db, authority_id, key, runtime.clock.database_now(db))
        if row is None:
            return
        row.later = words if words != row.words else ""
        if is_corrected and row.staff_id is None:
            row.closed_at, row.done = runtime.clock.database_now(db), CORRECTED
            _record(db, row, "urgent_closed", Actor.system(), row.closed_at)

    run_with_retries(runtime.database, operation)


def know_who_asked(
    runtime: Runtime,
    authority_id: int,
    key: str,
    *,
    resident_id: int | None = None,
    name: str = "",
    phone: str = "",
    left_page: bool = False,
) -> None:
    """Write down what is known now of who asked in this visit; nothing where nothing urgent was asked."""

    def operation(db: Session) -> None:
        row = open_request(db, authority_id, key, runtime.clock.database_now(db))
        if row is None:
            return
        row.resident_id = resident_id or row.resident_id
        row.name, row.phone = name or row.name, phone or row.phone
        row.left_page = row.left_page or left_page

    run_with_retries(runtime.database, operation)


def move_urgent_requests(db: Session, appointment: Appointment, to_resident: int) -> None:
    """What was asked in the call or visit in which this appointment was booked is of the person whose it really is."""
    open_ones = (UrgentRequest.resident_id == appointment.resident_id, UrgentRequest.closed_at.is_(None))
    theirs = (
        UrgentRequest.channel == appointment.channel,
        UrgentRequest.asked_at <= appointment.created_at,
        UrgentRequest.asked_at > appointment.created_at - BOOKED_WITHIN,
    )
    db.execute(update(UrgentRequest).where(*open_ones, *theirs).values(resident_id=to_resident))


def take_urgent(runtime: Runtime, authority_id: int, request_id: int, seen: int | None, *, actor: Actor) -> None:
    """Put the name of this member of staff on the request, which had the name of `seen`, or nobody's.

    Raises: NotFound, Stale when somebody else has taken it meanwhile.
    """

    def change(db: Session, row: UrgentRequest, now: datetime) -> None:
        if row.staff_id == actor.id:
            return
        if row.staff_id != seen:
            raise Stale
        row.staff_id, row.taken_at = actor.id, now
        _record(db, row, "urgent_taken", actor, now)

    _change(runtime, authority_id, request_id, change)


def give_back_urgent(runtime: Runtime, authority_id: int, request_id: int, *, actor: Actor) -> None:
    """Take their own name off the request. Raises: NotFound, Stale when it is not theirs any more."""

    def change(db: Session, row: UrgentRequest, now: datetime) -> None:
        if row.staff_id is None:
            return
        if row.staff_id != actor.id:
            raise Stale
        row.staff_id = row.taken_at = None
        _record(db, row, "urgent_given_back", actor, now)

    _change(runtime, authority_id, request_id, change)


def close_urgent(runtime: Runtime, authority_id: int, request_id: int, done: str, *, actor: Actor) -> None:
    """Close the request with what was done; the same a second time changes nothing.

    Raises: NotFound, Invalid without words, Stale when it is somebody else's or closed with other words.
    """
    if not done or len(done) > LONGEST_DONE:
        raise Invalid.in_field("done", "note_too_long_or_empty", longest=LONGEST_DONE)

    def change(db: Session, row: UrgentRequest, now: datetime) -> None:
        if row.staff_id != actor.id or (row.closed_at and row.done != done):
            raise Stale
        if row.closed_at is None:
            row.closed_at, row.done = now, done
            _record(db, row, "urgent_closed", actor, now)

    _change(runtime, authority_id, request_id, change, also_closed=True)


def _change(
    runtime: Runtime,
    authority_id: int,
    request_id: int,
    change: Callable[[Session, UrgentRequest, datetime], None],
    *,
    also_closed: bool = False,
) -> None:
    """Change the request under its lock; unless `also_closed`, one that is closed stays as it is. Raises: NotFound."""

    def operation(db: Session) -> None:
        here = (UrgentRequest.id == request_id, UrgentRequest.authority_id == authority_id)
        row = db.scalars(select(UrgentRequest).where(*here).with_for_update()).first()
        if row is None:
            raise NotFound
        if row.closed_at is None or also_closed:
            change(db, row, runtime.clock.database_now(db))

    run_with_retries(runtime.database, operation)


def _record(db: Session, row: UrgentRequest, action: str, actor: Actor, now: datetime) -> None:
    subject = ("urgent_request", row.id)
    record(db, actor, action, subject, authority_id=row.authority_id, now=now, channel=row.channel)
