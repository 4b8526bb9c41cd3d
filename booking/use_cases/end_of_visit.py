"""The rows of a visit at the counter, as what ends it locks and moves them, with an appointment or without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.appointments import stamp_of_row
from booking.queries.references import meant_reference
from booking.states import State, can_correct
from booking.tables import Appointment
from booking.use_cases.outcomes import set_state
from booking.visits.tables import DayVisit
from booking.visits.undone_end_repository import take_back_end
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import enter_state, follow_appointment, lock_visits, walk_in_of
from booking.visits.visit_states import HERE, VisitState, can_step_back
from core.audit import Actor
from core.errors import IllegalMove, NotFound, Stale
from core.wall_clock import local_date_of, unit_of
from locations.catalogue_queries import catalogue_by_id

ORDER = (State.BOOKED, State.ARRIVED, State.IN_PROGRESS)
"""What somebody has gone through whose visit ends at the counter."""


@dataclass(frozen=True)
class AtCounter:
    """A visit by its reference, its site, and the stamp of what the page showed of it."""

    authority_id: int
    site_id: int
    reference: str
    seen: str | None = None


@dataclass
class VisitRows:
    """The rows of a visit: its appointment, or None, and its day here, or None while nobody was marked as here."""

    booked: Appointment | None
    row: DayVisit | None
    here: AtCounter

    @property
    def stamp(self) -> str:
        """The stamp that pages show."""
        if self.row is not None:
            return visit_stamp(self.row, self.booked)
        return stamp_of_row(self.booked) if self.booked is not None else ""

    def check_seen(self) -> None:
        """Raises: Stale when they are not as the page showed them."""
        if self.here.seen is not None and self.here.seen != self.stamp:
            raise Stale.because("visit_changed")

    def check_today(self, db: Session, requested: VisitState, now: datetime) -> None:
        """Raises: IllegalMove for a visit of another day."""
        zone = catalogue_by_id(db, self.here.authority_id).authority.zone
        place = self.booked or self.row
        if place is None or place.local_date != local_date_of(unit_of(now), zone):
            raise IllegalMove(place.state if place else "", requested)


def visit_rows(db: Session, here: AtCounter) -> VisitRows:
    """The rows, with the visits of the site locked, but not the appointment. Raises: NotFound, Stale."""
    lock_visits(db, here.site_id)
    meant = meant_reference(db, here.authority_id, here.reference)
    same = (Appointment.authority_id == here.authority_id, Appointment.reference == meant)
    found = select(Appointment).where(*same).execution_options(populate_existing=True)
    booked = db.scalars(found).first()
    row = _visit_of(db, booked.id) if booked is not None else walk_in_of(db, here.authority_id, here.reference)
    place = booked or row
    if place is None or place.site_id != here.site_id:
        raise NotFound.because("visit_unknown")
    if row is not None:
        db.refresh(row)
    rows = VisitRows(booked, row, here)
    rows.check_seen()
    return rows


def end_visit(
    db: Session, rows: VisitRows, requested: State, actor: Actor, now: datetime, *, reason: str = ""
) -> DayVisit:
    """The visit's row after it has ended so, however far it was; the same again changes nothing.

    Raises: IllegalMove when it is over otherwise or of another day, Stale.
    """
    ends = VisitState.ENDED if requested is State.ATTENDED else VisitState.NOT_COMPLETED
    if rows.booked is not None:
        db.refresh(rows.booked, with_for_update=True)
        rows.check_seen()
    rows.check_today(db, ends, now)
    if rows.booked is None:
        row = _visit(rows.row)
        if row.state not in (*HERE, ends):
            raise IllegalMove(row.state, ends)
        if row.state != ends and row.state != VisitState.BEING_SEEN:
            enter_state(row, VisitState.BEING_SEEN, now)
        if row.state != ends:
            enter_state(row, ends, now)
        return row
    booked = rows.booked
    if booked.state in ORDER:
        for state in (*ORDER[ORDER.index(State(booked.state)) + 1 :], requested):
            set_state(db, booked, state, actor, now, reason, "moved")
    elif booked.state != requested:
        raise IllegalMove(booked.state, requested)
    follow_appointment(db, booked, now)
    return _visit(_visit_of(db, booked.id))


def reopen_visit(db: Session, rows: VisitRows, actor: Actor, now: datetime, *, reason: str) -> None:
    """Let them be at the desk again, with all that ended taken back. Raises: IllegalMove when that is too late."""
    row = _visit(rows.row)
    take_back_end(db, row, actor, now)
    if rows.booked is None:
        if not can_step_back(VisitState(row.state), VisitState.BEING_SEEN, changed_at=row.changed_at, now=now):
            raise IllegalMove(row.state, VisitState.BEING_SEEN)
        enter_state(row, VisitState.BEING_SEEN, now)
        return
    booked = rows.booked
    db.refresh(booked, with_for_update=True)
    current = State(booked.state)
    if not can_correct(current, State.IN_PROGRESS, changed_at=booked.changed_at, now=now):
        raise IllegalMove(current, State.IN_PROGRESS)
    set_state(db, booked, State.IN_PROGRESS, actor, now, reason, "corrected")


def _visit_of(db: Session, appointment_id: int) -> DayVisit | None:
    return db.scalars(select(DayVisit).where(DayVisit.appointment_id == appointment_id)).first()


def _visit(row: DayVisit | None) -> DayVisit:
    if row is None:
        raise NotFound.because("visit_unknown")
    return row
