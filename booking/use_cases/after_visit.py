"""After a visit: what was done and what happens next is kept with it, and the next appointment is booked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.events import AppointmentChange, announce
from booking.states import State, may_write_words
from booking.use_cases.book import Booking
from booking.use_cases.end_of_visit import AtCounter, VisitRows, end_visit, visit_rows
from booking.use_cases.next_booking import book_next
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.tables import DayVisit
from booking.visits.visit_states import SEEN, VisitState
from booking.visits.visit_words import VisitWords, is_too_early
from core.audit import Actor, record
from core.errors import IllegalMove, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.wall_clock import local_date_of, unit_of
from locations.catalogue_queries import catalogue_by_id


def write_words(
    runtime: Runtime,
    here: AtCounter,
    words: VisitWords,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """Keep the words with the visit, which ends with it as attended if it goes on. The same words again change nothing.

    Raises: Stale, IllegalMove for somebody who was not seen, came too long ago or is to come much later and was not marked
    as here, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        rows = visit_rows(db, here)
        row = rows.row
        if row is None or row.state not in SEEN:
            _check_not_early(rows, now)
            row = end_visit(db, rows, State.ATTENDED, actor, now)
            follow_desks(db, here.authority_id, here.site_id, now)
        else:
            _check_open_for_words(db, rows, row, runtime)
        if VisitWords(row.done, row.next_step) == words:
            return {}
        row.done, row.next_step = words.done, words.next_step
        record(db, actor, "visit_words", ("visit", row.id), authority_id=here.authority_id, now=now)
        if rows.booked is not None:
            booked = rows.booked
            announce(db, AppointmentChange(booked.authority_id, booked.id, booked.version, "summarised", now))
        return {}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def _check_not_early(rows: VisitRows, now: datetime) -> None:
    """Raises: IllegalMove for who is to come much later, and whom nobody marked as here."""
    booked = rows.booked
    if booked is not None and booked.state == State.BOOKED and is_too_early(booked.starts_at, now):
        raise IllegalMove(booked.state, VisitState.ENDED)


def _check_open_for_words(db: Session, rows: VisitRows, row: DayVisit, runtime: Runtime) -> None:
    """Raises: IllegalMove when the visit was too long ago, Stale."""
    if rows.booked is not None:
        db.refresh(rows.booked, with_for_update=True)
        rows.check_seen()
    zone = catalogue_by_id(db, row.authority_id).authority.zone
    today = local_date_of(unit_of(runtime.clock.database_now(db)), zone)
    if not may_write_words(row.local_date, today):
        raise IllegalMove(row.state, VisitState.ENDED)


def book_follow_up(
    runtime: Runtime, here: AtCounter, booking: Booking, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> str:
    """The reference of the appointment that they are given next, on the same record.

    Raises: Stale, NotFound for who was not marked as here, IdempotencyMismatch, and what `book` raises.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        rows = visit_rows(db, here)
        if rows.row is None:
            raise NotFound.because("visit_unknown")
        rows.row.booked_next = book_next(db, now, runtime, rows, booking, (), actor)
        about = ("visit", rows.row.id)
        facts = {"booked": rows.row.booked_next}
        record(db, actor, "follow_up_booked", about, authority_id=here.authority_id, now=now, **facts)
        return {"reference": rows.row.booked_next}

    return str(run_once(runtime.database, idempotency, operation, runtime.clock.now())["reference"])
