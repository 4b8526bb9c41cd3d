"""Somebody is sent on to the next service of the same visit: one ends, and they wait for the other with the same ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_by_id
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.outcomes import set_state
from booking.use_cases.take_walk_in import place_and_service
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.shown_call_queries import first_name
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import add_part, enter_state, visit_for_change
from booking.visits.visit_states import NewWalkIn, VisitState
from core.audit import Actor, record
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from people.residents.tables import Resident


@dataclass(frozen=True)
class SentOn:
    """What was clicked: the visit, the slug of the service that comes next, and the stamp of what was seen."""

    visit_id: int
    service: str
    seen: str | None = None


def send_on(
    runtime: Runtime,
    authority_id: int,
    site: str,
    sent: SentOn,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """End the visit, and let the person wait for the service, unless they do already, in the place of their ticket.

    Raises: Stale, IllegalMove when they are not being seen, Invalid for a service that nobody here does, NotFound,
    IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        place, service = place_and_service(db, authority_id, site, sent.service)
        row = visit_for_change(db, authority_id, place.id, sent.visit_id)
        booked = appointment_by_id(db, row.appointment_id) if row.appointment_id else None
        if sent.seen is not None and sent.seen != visit_stamp(row, booked):
            raise Stale.because("visit_changed")
        if row.state != VisitState.BEING_SEEN:
            raise IllegalMove(row.state, VisitState.ENDED)
        number, language = row.text_to, row.text_language  # the number goes with the end of this part
        if booked is not None and booked.state != State.ATTENDED:
            set_state(db, booked, State.ATTENDED, actor, now, "", "moved")
        else:
            enter_state(row, VisitState.ENDED, now)
        if not _waits_for(db, row, service.id):
            add_part(db, row, replace(_who(db, row, booked), text_to=number, text_language=language), service.id, now)
        db.flush()
        follow_desks(db, authority_id, place.id, now)
        record(db, actor, "visit_sent_on", ("visit", row.id), authority_id=authority_id, now=now, service=service.id)
        return {"visit_id": row.id}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def _waits_for(db: Session, row: DayVisit, service_id: int) -> bool:
    """Whether another part of the same ticket waits for the service."""
    same = (DayVisit.site_id == row.site_id, DayVisit.local_date == row.local_date, DayVisit.ticket == row.ticket)
    waits = (DayVisit.state == VisitState.WAITING.value, DayVisit.service_id == service_id)
    return db.scalar(select(DayVisit.id).where(*same, *waits).limit(1)) is not None


def _who(db: Session, row: DayVisit, booked: Appointment | None) -> NewWalkIn:
    """Who waits on. Of somebody who is booked, the first name is kept beside their record: a display calls by it."""
    if booked is None:
        return NewWalkIn(
            row.name,
            tuple(row.support_needs),
            row.is_urgent,
            row.channel,
            row.shows_name,
            answers=row.answers,
            asked_at=row.asked_at,
            resident_id=row.resident_id,
        )
    name = db.scalar(select(Resident.name).where(Resident.id == booked.resident_id)) or ""
    needs, answers = tuple(booked.support_needs), {str(ask): str(answer) for ask, answer in booked.answers.items()}
    return NewWalkIn(first_name(name), needs, row.is_urgent, answers=answers, resident_id=booked.resident_id)
