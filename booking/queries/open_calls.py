"""Calls that are under way: what is typed, what is held, and whether the caller was asked who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from booking.tables import Call
from core.tokens import hold_token
from people.residents.tables import Resident

REMEMBERED_FOR = timedelta(minutes=20)  # an expired hold can be renewed for as long as a call may last
_CALL = select(Call).where(
    Call.authority_id == bindparam("authority"),
    Call.staff_id == bindparam("staff"),
    Call.resident_id == bindparam("resident"),
)


@dataclass(frozen=True)
class CallKey:
    """Which call: whose council, the member of staff, and the resident whom it is about."""

    authority_id: int
    staff_id: int
    resident_id: int


@dataclass(frozen=True)
class CallHold:
    """A slot that is held for a call, or was: the hold's token, the slot's, and the appointment that is to move to it."""

    token: str
    slot_token: str
    until: datetime
    moving: str = ""


@dataclass(frozen=True)
class OpenCall:
    """What is typed in a call, what is held in it, and what came of asking who is calling: empty until it was asked."""

    typed: Mapping[str, str] = field(default_factory=dict)
    hold: CallHold | None = None
    check_result: str = ""


@dataclass(frozen=True)
class CallLine:
    """A call that has not ended: with whom, since when, and whether something is typed or held."""

    resident_id: int
    name: str
    changed_at: datetime
    has_typed: bool
    is_holding: bool


def call_row(db: Session, key: CallKey, *, is_locked: bool = False) -> Call | None:
    """The row of the call, if it is under way; locked on request."""
    statement: Select[Call] = _CALL.with_for_update() if is_locked else _CALL
    values = {"authority": key.authority_id, "staff": key.staff_id, "resident": key.resident_id}
    return db.scalar(statement, values)


def open_call(db: Session, secret_key: str, key: CallKey, now: datetime) -> OpenCall:
    """The call as it is; an empty one before it began."""
    row = call_row(db, key)
    if row is None:
        return OpenCall()
    return OpenCall(dict(row.typed), hold_of(row, secret_key, now), row.check_result)


def hold_of(row: Call, secret_key: str, now: datetime) -> CallHold | None:
    """What is held in the call, also when it has expired a short time ago."""
    if not row.hold_nonce or row.held_until is None or now - row.held_until >= REMEMBERED_FOR:
        return None
    return CallHold(hold_token(secret_key, row.hold_nonce), row.slot_token, row.held_until, row.moving)


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
