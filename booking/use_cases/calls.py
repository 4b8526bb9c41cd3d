"""A call with a resident: what is typed and held in it belongs to the member of staff and the resident, in the database.

The browser keeps nothing of it, so two windows, another computer and a new sign-in all see the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from booking.events import REPRESENTATIVE, RESIDENT
from booking.slot_tokens import SlotKey
from booking.tables import Call
from booking.use_cases.holds import HeldSlot, held_slot_of, hold_in_transaction, release_in_transaction
from core.audit import Actor, record
from core.errors import Invalid
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import hold_token
from core.transactions import lock_by_name
from people.residents.contact_notes import LONGEST_NOTE, add_note
from people.residents.resident_repository import resident_of

NOTE = "call_note"  # the name under which the note of the call is typed
LONGEST_TYPED = 20_000  # characters of one field: more than is accepted of any, so that the answer can say so
MOST_TYPED = 60
CHECKED, NOT_CHECKED = "checked", "not_checked"
LEFT_OPEN_FOR = timedelta(hours=24)
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

    def spoken_with(self, *, is_self: bool) -> str:
        """The resident, or their representative, as the caller said; empty where it was not checked who calls."""
        if self.check_result != CHECKED:
            return ""
        return RESIDENT if is_self else REPRESENTATIVE


def open_call(runtime: Runtime, key: CallKey) -> OpenCall:
    """The call as it is; an empty one before it began."""
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        row = _row_of(db, key)
        if row is None:
            return OpenCall()
        return OpenCall(dict(row.typed), _hold_of(row, runtime.settings.secret_key, now), row.check_result)


def call_began_at(db: Session, key: CallKey) -> datetime | None:
    """When the call began, if it is under way."""
    row = _row_of(db, key)
    return row.began_at if row is not None else None


def hold_to_confirm(runtime: Runtime, key: CallKey, shown: str) -> CallHold | None:
    """What is held in the call, when it is the slot that was on the screen; None when nothing is held.

    Raises: Invalid when another slot has been selected meanwhile, in another window say.
    """
    hold = open_call(runtime, key).hold
    if hold is not None and shown and shown != hold.slot_token:
        raise Invalid.in_field("slot", "another_time_chosen")
    return hold


def keep_typed(runtime: Runtime, key: CallKey, typed: Mapping[str, str]) -> None:
    """Keep what is typed in each field that `typed` has; an empty text forgets it. Raises: NotFound."""
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        row = _row_of(db, key)
        if (row is None and not any(typed.values())) or (row is not None and _merged(row.typed, typed) == row.typed):
            return
    with runtime.database.writing() as db:
        row = begun(db, key, now)
        row.typed, row.changed_at = _merged(row.typed, typed), now


def settle_call(
    runtime: Runtime,
    key: CallKey,
    note: str,
    *,
    channel: str,
    actor: Actor,
    used: Collection[str] | None = None,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """Write the note of the call, and forget what was used for what has been done: the fields `used`, or all and the hold.

    Raises: NotFound, Invalid for a note that is too long.
    """
    now = runtime.clock.now()

    def operation(db: Session) -> dict[str, Any]:
        lock_by_name(db, _name_of(key))
        if note:
            add_note(db, key.authority_id, key.resident_id, note, channel=channel, actor=actor, now=now)
        _forget(db, key, used)
        return {}

    run_once(runtime.database, idempotency, operation, now)
    if idempotency is not None:  # the second of two same forms has brought what the first had used
        with runtime.database.writing() as db:
            _forget(db, key, used)


def save_note(
    runtime: Runtime, key: CallKey, note: str, *, channel: str, actor: Actor, idempotency: IdempotencyKey | None
) -> None:
    """Write the note of the call now; the rest of what is typed stays. Raises: NotFound, Invalid for an empty note too."""
    if not note:
        raise Invalid.in_field("note", "note_too_long_or_empty", longest=LONGEST_NOTE)
    settle_call(runtime, key, note, channel=channel, actor=actor, used=(NOTE,), idempotency=idempotency)


def hold_in_call(
    runtime: Runtime,
    key: CallKey,
    slot_key: SlotKey,
    *,
    needs: frozenset[str],
    moving: str = "",
    idempotency: IdempotencyKey | None = None,
) -> HeldSlot:
    """The slot, held instead of what was held in the call before. Raises: what `hold_slot` raises."""

    def operation(db: Session) -> dict[str, Any]:
        row = begun(db, key, runtime.clock.database_now(db))
        before = hold_token(runtime.settings.secret_key, row.hold_nonce) if row.hold_nonce else None
        body = hold_in_transaction(db, runtime, slot_key, for_public=False, needs=needs, replaces=before)
        row.hold_nonce, row.slot_token, row.moving = body["nonce"], body["slot_token"], moving
        row.held_until = row.changed_at = datetime.fromisoformat(body["expires_at"])
        return body

    return held_slot_of(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def release_in_call(runtime: Runtime, key: CallKey) -> None:
    """Release what is held in the call, and forget it."""
    with runtime.database.writing() as db:
        row = _row_of(db, key, is_locked=True)
        if row is not None:
            _release(db, runtime, row)


def end_call(runtime: Runtime, key: CallKey, note: str, *, channel: str, actor: Actor) -> None:
    """End the call: its note is written, what is held is free again, and it is on record if nobody asked who called.

    Raises: NotFound, Invalid for a note that is too long: then nothing has ended.
    """
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        lock_by_name(db, _name_of(key))
        row = _row_of(db, key, is_locked=True)
        if row is None:
            resident_of(db, key.authority_id, key.resident_id)  # no call has been begun, which would have looked
        if note:
            add_note(db, key.authority_id, key.resident_id, note, channel=channel, actor=actor, now=now)
        if row is None or not row.check_result:
            write_check(db, key, actor, now, is_checked=False)
        if row is not None:
            _release(db, runtime, row)
            db.delete(row)


def close_forgotten_calls(db: Session, runtime: Runtime, now: datetime) -> None:
    """End the calls that nobody has touched for a day; what is typed as their note becomes a note."""
    rows = db.scalars(
        select(Call).where(Call.changed_at < now - LEFT_OPEN_FOR).order_by(Call.id).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        note = str(row.typed.get(NOTE, "")).strip()[:LONGEST_NOTE]
        if note:
            actor = Actor("staff", row.staff_id)
            add_note(db, row.authority_id, row.resident_id, note, channel="phone", actor=actor, now=row.changed_at)
        _release(db, runtime, row)
        db.delete(row)


def begun(db: Session, key: CallKey, now: datetime) -> Call:
    """The row of the call, locked until the transaction ends; a new one when it begins. Raises: NotFound."""
    lock_by_name(db, _name_of(key))
    row = _row_of(db, key, is_locked=True)
    if row is None:
        resident_of(db, key.authority_id, key.resident_id)
        row = Call(
            authority_id=key.authority_id,
            staff_id=key.staff_id,
            resident_id=key.resident_id,
            began_at=now,
            changed_at=now,
            typed={},
            hold_nonce="",
        )
        db.add(row)
        db.flush()
    return row


def write_check(
    db: Session,
    key: CallKey,
    actor: Actor,
    now: datetime,
    *,
    is_checked: bool,
    facts: Sequence[str] = (),
    why_not: str = "",
) -> None:
    """Write to the audit which facts the caller knew, or that they were not asked for enough of them, and why not."""
    action = f"caller_{CHECKED if is_checked else NOT_CHECKED}"
    subject = ("resident", key.resident_id)
    record(db, actor, action, subject, authority_id=key.authority_id, now=now, reason=why_not, facts=list(facts))


def _row_of(db: Session, key: CallKey, *, is_locked: bool = False) -> Call | None:
    """The row of the call, if it is under way; locked on request."""
    statement: Select[Call] = _CALL.with_for_update() if is_locked else _CALL
    values = {"authority": key.authority_id, "staff": key.staff_id, "resident": key.resident_id}
    return db.scalar(statement, values)


def _hold_of(row: Call, secret_key: str, now: datetime) -> CallHold | None:
    """What is held in the call, also when it has expired a short time ago."""
    if not row.hold_nonce or row.held_until is None or now - row.held_until >= REMEMBERED_FOR:
        return None
    return CallHold(hold_token(secret_key, row.hold_nonce), row.slot_token, row.held_until, row.moving)


def _name_of(key: CallKey) -> str:
    return f"call {key.staff_id} {key.resident_id}"


def _forget(db: Session, key: CallKey, used: Collection[str] | None) -> None:
    row = _row_of(db, key, is_locked=True)
    if row is not None:
        row.typed = {name: text for name, text in row.typed.items() if used is not None and name not in used}
        if used is None:  # the booking has used the hold up
            _forget_hold(row)


def _merged(kept: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    merged = dict(kept) | {name: text[:LONGEST_TYPED] for name, text in typed.items()}
    return dict([(name, text) for name, text in merged.items() if text][:MOST_TYPED])


def _release(db: Session, runtime: Runtime, row: Call) -> None:
    if row.hold_nonce:
        release_in_transaction(db, row.authority_id, hold_token(runtime.settings.secret_key, row.hold_nonce))
    _forget_hold(row)


def _forget_hold(row: Call) -> None:
    row.hold_nonce, row.slot_token, row.moving, row.held_until = "", "", "", None
