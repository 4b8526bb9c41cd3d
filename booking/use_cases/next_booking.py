"""The next appointment of somebody at the counter: what it has from the one before, how it is booked and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_by_id
from booking.documents.kept_papers import without_ticks
from booking.documents.owner_repository import to_resident
from booking.own_contact_columns import OwnContactColumns
from booking.states import BY_RESIDENT, State, can_move
from booking.tables import Appointment
from booking.use_cases.appointment_changes import lock_appointment, record_change, site_id_of
from booking.use_cases.book import Booking, make_booking
from booking.use_cases.book_instead import with_answers
from booking.use_cases.cancel import end_appointment
from booking.use_cases.end_of_visit import AtCounter, VisitRows, visit_rows
from booking.visits.tables import DayVisit
from core.audit import Actor
from core.database import table_of
from core.errors import Stale
from core.runtime import Runtime
from core.transactions import run_with_retries

FIRST_VERSION = 1
_OWN_CONTACT = tuple(column.name for column in table_of(Appointment).columns if hasattr(OwnContactColumns, column.name))


def beside_of(booked: Appointment, *, keeps_helper: bool = True) -> dict[str, Any]:
    """The columns that say how they are reached about it, and by whom, as it was for the appointment before."""
    own = {name: getattr(booked, name) for name in _OWN_CONTACT}
    return own | {"representative_id": booked.representative_id if keeps_helper else None}


def book_next(
    db: Session,
    now: datetime,
    runtime: Runtime,
    rows: VisitRows,
    booking: Booking | None,
    missing: Sequence[str],
    actor: Actor,
) -> str:
    """The reference of what is booked after the visit; empty for nothing. Raises: what `book` raises, Stale.

    It is booked before the appointment of today is locked: a booking locks the site first.
    """
    if booking is None:
        return ""
    row = rows.row
    if row is not None and _is_next_booked(db, row):
        raise Stale.because("visit_changed")
    if missing:
        booking = replace(booking, beside={**booking.beside, "missing_before": list(missing)})
    if rows.booked is not None:
        booking = replace(
            booking,
            answers=dict(rows.booked.answers),
            paper_answers=without_ticks(rows.booked.paper_answers),
            beside={**booking.beside, "case_number": rows.booked.case_number, "case_key": rows.booked.case_key},
        )
    elif row is not None:
        booking = with_answers(booking, row)
    made = make_booking(db, now, runtime, booking, actor)
    if rows.booked is None and row is not None and row.resident_id is None:
        row.resident_id = appointment_by_id(db, made["appointment_id"]).resident_id
        to_resident(db, row.id, row.resident_id)
    return str(made["reference"])


def _is_next_booked(db: Session, row: DayVisit) -> bool:
    """Whether what was booked after the visit is booked still."""
    same = (Appointment.authority_id == row.authority_id, Appointment.reference == row.booked_next)
    state = db.scalar(select(Appointment.state).where(*same)) if row.booked_next else None
    return state == State.BOOKED


def is_as_booked(site_id: int, version: int, seen_at: int) -> bool:
    """Whether an appointment stands as it was booked at the site with the id `seen_at`, which can then cancel it."""
    return site_id == seen_at and version == FIRST_VERSION


def take_back_next(runtime: Runtime, here: AtCounter, *, actor: Actor, version: str | None = None) -> None:
    """Cancel what was booked after the visit, and nothing else. Raises: Stale, NotFound."""

    def operation(db: Session) -> None:
        cancel_next(db, visit_rows(db, here), version, actor, runtime.clock.database_now(db))

    run_with_retries(runtime.database, operation)


def cancel_next(
    db: Session, rows: VisitRows, version: str | None, actor: Actor, now: datetime, *, leaves_changed: bool = False
) -> None:
    """Cancel what was booked after the visit, if it stands as it was booked here, and as it was shown.

    What was changed since stays booked if `leaves_changed`. Raises: Stale.
    """
    row = rows.row
    if row is None or not row.booked_next:
        return
    where = site_id_of(db, row.authority_id, row.booked_next)
    booked = lock_appointment(db, row.authority_id, row.booked_next, where)
    if not can_move(State(booked.state), State.CANCELLED_BY_RESIDENT):
        row.booked_next = ""
        return
    is_as_shown, is_ours = (
        version in (None, str(booked.version)),
        is_as_booked(booked.site_id, booked.version, row.site_id),
    )
    if is_as_shown and not is_ours and leaves_changed:
        return
    if not is_as_shown or not is_ours:
        raise Stale.because("appointment_changed")
    row.booked_next = ""
    occupied = end_appointment(db, booked, State.CANCELLED_BY_RESIDENT, "", now)
    record_change(db, booked, actor, "cancelled", now, "", by=BY_RESIDENT, occupied=occupied)
