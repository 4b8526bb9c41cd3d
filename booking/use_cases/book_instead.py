"""Somebody who waits without an appointment is given a time instead: it is booked, and they wait no longer, in one.

What was found and kept of their documents goes with them. It can be taken back as a whole: the appointment is cancelled,
and they wait again with their ticket.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_by_id
from booking.documents.owner_repository import to_appointment, to_visit
from booking.states import BY_RESIDENT, State, can_move
from booking.triage.given_answers import words_of
from booking.use_cases.appointment_changes import lock_appointment, record_change, site_id_of
from booking.use_cases.book import Booked, Booking, make_booking, run_operation
from booking.use_cases.cancel import end_appointment
from booking.use_cases.changed_result import result_of
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import enter_state, visit_for_change
from booking.visits.visit_states import VisitState
from core.audit import Actor, record
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from people.residents.approach import Approach

MAY_BE_GIVEN = (VisitState.WAITING, VisitState.PARKED, VisitState.MISSED)
"""Who waits, or will again; not who is called to a desk at this moment."""


@dataclass(frozen=True)
class Waits:
    """Who waits: their visit, its site, and the stamp of what the page showed of it."""

    authority_id: int
    site_id: int
    visit_id: int
    seen: str | None = None


def book_instead(
    runtime: Runtime, booking: Booking, waits: Waits, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> Booked:
    """The appointment of somebody who waited until now.

    Raises: Stale or IllegalMove when they do not wait any more, NotFound, and what `book` raises.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = _locked(db, waits)
        _check(row, waits)
        enter_state(row, VisitState.WITHDRAWN, now)
        follow_desks(db, waits.authority_id, waits.site_id, now)
        made = make_booking(db, now, runtime, with_answers(booking, row), actor)
        row.booked_instead = made["reference"]
        to_appointment(db, row.id, appointment_by_id(db, made["appointment_id"]))
        facts = {"appointment": made["appointment_id"]}
        record(db, actor, "visit_given_time", ("visit", row.id), authority_id=waits.authority_id, now=now, **facts)
        return made

    return run_operation(runtime, idempotency, operation)


def with_answers(booking: Booking, row: DayVisit) -> Booking:
    """The booking with what they answered before they were given their ticket, and with how they asked for help, if so."""
    answers = booking.answers or dict(row.answers)
    if row.asked_at is None:
        return replace(booking, answers=answers)
    return replace(booking, answers=answers, approach=Approach(row.asked_at, row.channel, words_of(row.answers)))


def _check(row: DayVisit, waits: Waits) -> None:
    """Raises: Stale, IllegalMove."""
    if waits.seen is not None and waits.seen != visit_stamp(row, None):
        raise Stale.because("visit_changed")
    if row.appointment_id is not None or row.state not in MAY_BE_GIVEN:
        raise IllegalMove(row.state, VisitState.WITHDRAWN)


def wait_again(runtime: Runtime, waits: Waits, *, actor: Actor, version: str | None = None) -> Booked:
    """The appointment that was given instead, cancelled: they wait with the ticket that they had, since they came.

    `version` is that of the appointment as it was shown; None is not checked.
    Raises: IllegalMove when none was given, or it is not booked any more, Stale when it was changed since, NotFound.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = _locked(db, waits)
        if row.state != VisitState.WITHDRAWN or not row.booked_instead:
            raise IllegalMove(row.state, VisitState.WAITING)
        where = site_id_of(db, waits.authority_id, row.booked_instead)
        booked = lock_appointment(db, waits.authority_id, row.booked_instead, where)
        if not can_move(State(booked.state), State.CANCELLED_BY_RESIDENT):
            raise IllegalMove(booked.state, State.CANCELLED_BY_RESIDENT)
        if version is not None and version != str(booked.version):
            raise Stale.because("appointment_changed")
        to_visit(db, row.id, booked)
        occupied = end_appointment(db, booked, State.CANCELLED_BY_RESIDENT, "", now)
        record_change(db, booked, actor, "cancelled", now, "", by=BY_RESIDENT, occupied=occupied)
        arrived_at, row.booked_instead = row.arrived_at, ""
        enter_state(row, VisitState.WAITING, now)
        row.arrived_at = arrived_at
        db.flush()
        about: tuple[str, int] = ("visit", row.id)
        record(db, actor, "visit_waits_again", about, authority_id=waits.authority_id, now=now)
        return result_of(booked)

    return run_operation(runtime, None, operation)


def _locked(db: Session, waits: Waits) -> DayVisit:
    return visit_for_change(db, waits.authority_id, waits.site_id, waits.visit_id)
