"""Visits' rows as changes read, lock and write them. Everything that changes a site's visits takes turns with `lock_visits`.

Lock order: the visits of the site, then the appointment.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.states import State
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from booking.visits.visit_states import HERE, NewWalkIn, VisitState, state_for
from core.errors import CapacityConflict, NotFound
from core.tokens import new_reference, parse_reference
from core.transactions import lock_by_name


def lock_visits(db: Session, site_id: int) -> None:
    """Let changes of the site's visits take turns until the transaction ends."""
    lock_by_name(db, f"visits of {site_id}")


def visit_for_change(db: Session, authority_id: int, site_id: int, visit_id: int) -> DayVisit:
    """The visit of the site, whose visits are locked. Raises: NotFound."""
    lock_visits(db, site_id)
    row = db.get(DayVisit, visit_id, populate_existing=True)
    if row is None or (row.authority_id, row.site_id) != (authority_id, site_id):
        raise NotFound.because("visit_unknown")
    return row


def walk_in_of(db: Session, authority_id: int, reference: str) -> DayVisit | None:
    """The visit of somebody without an appointment that has this reference, however it was typed; read without a lock."""
    same = (DayVisit.authority_id == authority_id, DayVisit.reference == parse_reference(reference))
    return db.scalars(select(DayVisit).where(*same)).first()


def add_walk_in(
    db: Session, new: NewWalkIn, now: datetime, *, authority_id: int, site_id: int, service_id: int, local_date: date
) -> DayVisit:
    """The visit of somebody who waits from `now` on for the service, with the next ticket of the day."""
    lock_visits(db, site_id)
    ticket = _next_ticket(db, site_id, local_date)
    where = {"authority_id": authority_id, "site_id": site_id, "local_date": local_date}
    return _added(db, _walk_in(db, new, now, ticket=ticket, part=1, service_id=service_id, **where))


def _walk_in(db: Session, new: NewWalkIn, now: datetime, **where: Any) -> DayVisit:
    """The row of somebody without an appointment who waits from `now` on."""
    return DayVisit(
        reference=_unused_reference(db),
        name=new.name,
        support_needs=sorted(set(new.support_needs)),
        channel=new.channel,
        is_urgent=new.is_urgent,
        shows_name=new.shows_name,
        answers=dict(new.answers),
        asked_at=new.asked_at,
        resident_id=new.resident_id,
        text_to=new.text_to,
        text_language=new.text_language,
        state=VisitState.WAITING.value,
        changed_at=now,
        arrived_at=now,
        **where,
    )


def add_part(db: Session, row: DayVisit, new: NewWalkIn, service_id: int, now: datetime) -> DayVisit:
    """Another part of the visit `row`, whose site's visits are locked: they wait for the service with the same ticket."""
    same = (DayVisit.site_id == row.site_id, DayVisit.local_date == row.local_date, DayVisit.ticket == row.ticket)
    part = (db.scalar(select(func.max(DayVisit.part)).where(*same)) or 0) + 1
    where = {"authority_id": row.authority_id, "site_id": row.site_id, "local_date": row.local_date}
    where |= {"ticket": row.ticket, "part": part, "service_id": service_id, "sent_from_id": row.id}
    return _added(db, _walk_in(db, new, now, **where))


def follow_appointment(db: Session, appointment: Appointment, now: datetime, noted_at: datetime | None = None) -> None:
    """Bring the visit of the appointment to where its new state says that the person is; the first time, write it.

    `noted_at` is when that happened, where it is not now.
    """
    lock_visits(db, appointment.site_id)
    row = db.scalars(select(DayVisit).where(DayVisit.appointment_id == appointment.id)).first()
    state = state_for(State(appointment.state), VisitState(row.state) if row else None)
    if state is None:
        return
    if row is None:
        row = _arrived(db, appointment, now)
    if state.value != row.state:
        enter_state(row, state, noted_at or now)
        row.changed_at = now
    db.flush()


def enter_state(row: DayVisit, state: VisitState, now: datetime, *, resource_id: int | None = None) -> None:
    """Write the new state with the time of its step. Whoever waits again keeps the place that their arrival gives them."""
    was, row.state, row.changed_at = VisitState(row.state), state.value, now
    if state is VisitState.CALLED:
        row.called_at, row.times_called, row.resource_id = now, row.times_called + 1, resource_id or row.resource_id
    elif state is VisitState.BEING_SEEN:
        row.started_at, row.ended_at, row.resource_id = row.started_at or now, None, resource_id or row.resource_id
    elif state in (VisitState.WAITING, VisitState.WITHDRAWN):
        row.times_called, row.resource_id, row.started_at, row.ended_at = 0, None, None, None
        if was is VisitState.WITHDRAWN:
            row.arrived_at = now
        if state is VisitState.WITHDRAWN:  # nobody was here of whom anything could be said
            row.done = row.next_step = ""
    elif state not in HERE:
        row.ended_at = now


def _arrived(db: Session, appointment: Appointment, now: datetime) -> DayVisit:
    """The new visit of an appointment. Who is here already for another one keeps their ticket, and how they are told."""
    same_day = (DayVisit.site_id == appointment.site_id, DayVisit.local_date == appointment.local_date)
    of_person = (
        select(DayVisit)
        .join(Appointment, Appointment.id == DayVisit.appointment_id)
        .where(*same_day, Appointment.resident_id == appointment.resident_id, DayVisit.state.in_(HERE))
    )
    other = db.scalars(of_person.order_by(DayVisit.ticket, DayVisit.part).limit(1)).first()
    ticket = other.ticket if other else None
    parts = select(func.max(DayVisit.part)).where(*same_day, DayVisit.ticket == ticket)
    row = DayVisit(
        authority_id=appointment.authority_id,
        site_id=appointment.site_id,
        local_date=appointment.local_date,
        ticket=ticket or _next_ticket(db, appointment.site_id, appointment.local_date),
        part=(db.scalar(parts) or 0) + 1,
        appointment_id=appointment.id,
        channel=appointment.channel,
        service_id=service_ids_of(db, appointment.id)[0],
        is_urgent=appointment.is_urgent,
        text_to=other.text_to if other else "",
        text_language=other.text_language if other else "",
        state=VisitState.WAITING.value,
        changed_at=now,
        arrived_at=appointment.arrived_at or now,
    )
    return _added(db, row)


def _added(db: Session, row: DayVisit) -> DayVisit:
    """The row, written. Raises: CapacityConflict when somebody else was given the ticket first."""
    db.add(row)
    try:
        db.flush()
    except IntegrityError as error:
        raise CapacityConflict from error
    return row


def _next_ticket(db: Session, site_id: int, local_date: date) -> int:
    last = select(func.max(DayVisit.ticket)).where(DayVisit.site_id == site_id, DayVisit.local_date == local_date)
    return (db.scalar(last) or 0) + 1


def _unused_reference(db: Session) -> str:
    """A reference that neither an appointment nor another walk-in has."""
    while True:
        reference = new_reference()
        of_appointment = select(Appointment.id).where(Appointment.reference == reference)
        of_visit = select(DayVisit.id).where(DayVisit.reference == reference)
        if db.scalar(of_appointment) is None and db.scalar(of_visit) is None:
            return reference
