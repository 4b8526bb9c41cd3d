"""Writes that somebody is rung instead of joining a video. The time, the adviser and what is occupied stay as they are."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_link, check_seen
from booking.queries.appointments import contact_of
from booking.states import may_ring_instead
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import IllegalMove, Invalid
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.tables import Representative, Resident


def ring_instead(
    runtime: Runtime, authority_id: int, reference: str, *, actor: Actor, is_rung: bool = True, seen: str | None = None
) -> None:
    """Write that they are rung, or that it is by video after all; a second time changes nothing.

    Raises: IllegalMove when it is no appointment by video or is over, Invalid when nobody's number is known, Stale when
    it is not as `seen`, LinkEnded, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        check_link(row, actor, now)
        check_seen(row, seen)
        if not may_ring_instead(row.mode, row.state, row.ends_at, now):
            raise IllegalMove(row.state, row.state)
        if (row.ring_instead_version == row.version) == is_rung:
            return
        if is_rung and not _number_of(db, row):
            raise Invalid.in_field("phone", "no_phone_to_ring")
        row.ring_instead_version = row.version if is_rung else None
        record(
            db,
            actor,
            "ring_instead" if is_rung else "video_after_all",
            ("appointment", row.id),
            authority_id=authority_id,
            now=now,
            version=row.version,
        )

    run_with_retries(runtime.database, operation)


def _number_of(db: Session, row: Appointment) -> str:
    """The number of whoever acts for the resident, or else the resident's own."""
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    return (helper.phone if helper else "") or contact_of(row, db.get_one(Resident, row.resident_id)).phone
