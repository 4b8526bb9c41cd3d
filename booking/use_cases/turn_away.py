"""Somebody is turned away because documents were missing: on record, counted, and booked again in the same click.

It can be taken back as a whole for a while: they are at the desk again, nothing is counted, what was booked is cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.states import State
from booking.use_cases.book import Booking
from booking.use_cases.end_of_visit import AtCounter, VisitRows, end_visit, reopen_visit, visit_rows
from booking.use_cases.keep_documents import write_checks
from booking.use_cases.next_booking import book_next, cancel_next
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.tables import DayVisit
from booking.visits.undone_end_repository import count_turned_away
from core.audit import Actor, record
from core.errors import Invalid
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.transactions import run_with_retries

REASON = "Documents missing: "
LONGEST_REASON = 500


@dataclass(frozen=True)
class TurnedAway:
    """Who is turned away, and which documents were missing."""

    here: AtCounter
    missing: tuple[str, ...]


def turn_away(
    runtime: Runtime,
    away: TurnedAway,
    booking: Booking | None,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> str:
    """The reference of the appointment that they are given next; empty where `booking` is None.

    Raises: Invalid without a document, Stale, IllegalMove when the visit is over otherwise, NotFound, IdempotencyMismatch,
    and what `book` raises.
    """
    if not away.missing:
        raise Invalid.in_field("missing", "no_missing_document")

    def operation(db: Session) -> dict[str, Any]:
        now, here = runtime.clock.database_now(db), away.here
        rows = visit_rows(db, here)
        made = book_next(db, now, runtime, rows, booking, away.missing, actor)
        reason = (REASON + "; ".join(away.missing))[:LONGEST_REASON]
        row = end_visit(db, rows, State.NOT_COMPLETED, actor, now, reason=reason)
        _note(db, rows, row, away.missing, actor, now)
        row.booked_next = made or row.booked_next
        follow_desks(db, here.authority_id, here.site_id, now)
        facts: dict[str, Any] = {"documents": len(away.missing), "booked": made}
        record(db, actor, "turned_away", ("visit", row.id), authority_id=here.authority_id, now=now, **facts)
        return {"reference": made}

    return str(run_once(runtime.database, idempotency, operation, runtime.clock.now())["reference"])


def _note(db: Session, rows: VisitRows, row: DayVisit, missing: Sequence[str], actor: Actor, now: datetime) -> None:
    """Write what was missing beside the documents of the visit, and count it once."""
    count_turned_away(db, row, missing)
    resident_id = rows.booked.resident_id if rows.booked is not None else row.resident_id
    visit_id = None if rows.booked is not None else row.id
    owner = DocumentOwner(row.authority_id, row.site_id, row.appointment_id, visit_id, resident_id)
    write_checks(db, owner, dict.fromkeys(missing, CheckResult.MISSING), actor, now)


def take_back_turned_away(
    runtime: Runtime, here: AtCounter, *, actor: Actor, reason: str, version: str | None = None
) -> None:
    """Let them be at the desk again; what was booked next is cancelled, if it stands as it was booked.

    `version` is that of this appointment as it was shown. Raises: IllegalMove when it is too late, Stale, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        rows = visit_rows(db, here)
        cancel_next(db, rows, version, actor, now, leaves_changed=True)
        reopen_visit(db, rows, actor, now, reason=reason)
        follow_desks(db, here.authority_id, here.site_id, now)
        about = ("visit", rows.row.id if rows.row else 0)
        record(db, actor, "turned_away_undone", about, authority_id=here.authority_id, now=now, reason=reason)

    run_with_retries(runtime.database, operation)
