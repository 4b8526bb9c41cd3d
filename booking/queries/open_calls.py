"""The calls of a member of staff that have not ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Call
from people.residents.tables import Resident


@dataclass(frozen=True)
class CallLine:
    """A call that has not ended: with whom, since when, and whether something is typed or held."""

    resident_id: int
    name: str
    changed_at: datetime
    has_typed: bool
    is_holding: bool


def open_calls_of(db: Session, authority_id: int, staff_id: int, now: datetime) -> Sequence[CallLine]:
    """The calls of a member of staff that have not ended and in which something is typed or held, the latest first."""
    rows = db.execute(
        select(Call, Resident.name)
        .join(Resident, Resident.id == Call.resident_id)
        .where(Call.authority_id == authority_id, Call.staff_id == staff_id, Resident.anonymised_at.is_(None))
        .order_by(Call.changed_at.desc(), Call.id.desc())
    ).all()
    lines = [
        CallLine(
            row.resident_id, name, row.changed_at, bool(row.typed), row.held_until is not None and row.held_until > now
        )
        for row, name in rows
    ]
    return [line for line in lines if line.has_typed or line.is_holding]
