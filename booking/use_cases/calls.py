"""A call with a resident: what is typed and held in it belongs to the member of staff and the resident, in the database.

The browser keeps nothing of it, so two windows, another computer and a new sign-in all see the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.open_calls import CallKey, call_row
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
FACTS_NEEDED = 2
CHECKED, NOT_CHECKED = "checked", "not_checked"
LEFT_OPEN_FOR = timedelta(hours=24)


def keep_typed(runtime: Runtime, key: CallKey, typed: Mapping[str, str]) -> None:
    """Keep what is typed in each field that `typed` has; an empty text forgets it. Raises: NotFound."""
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        row = call_row(db, key)
        if (row is None and not any(typed.values())) or (row is not None and _merged(row.typed, typed) == row.typed):
            return
    with runtime.database.writing() as db:
        row = _begun(db, key, now)
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
        if note:
            add_note(db, key.authority_id, key.resident_id, note, channel=channel, actor=actor, now=now)
        _forget(db, runtime, key, used)
        return {}

    run_once(runtime.database, idempotency, operation, now)
    if idempotency is not None:  # the second of two same forms has brought what the first had used
        with runtime.database.writing() as db:
            _forget(db, runtime, key, used)


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
        row = _begun(db, key, runtime.clock.database_now(db))
        before = hold_token(runtime.settings.secret_key, row.hold_nonce) if row.hold_nonce else None
        body = hold_in_transaction(db, runtime, slot_key, for_public=False, needs=needs, replaces=before)
        row.hold_nonce, row.slot_token, row.moving = body["nonce"], body["slot_token"], moving
        row.held_until = row.changed_at = datetime.fromisoformat(body["expires_at"])
        return body

    return held_slot_of(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def release_in_call(runtime: Runtime, key: CallKey) -> None:
    """Release what is held in the call, and forget it."""
    with runtime.database.writing() as db:
        row = call_row(db, key, is_locked=True)
        if row is not None:
            _release(db, runtime, row)


def end_call(runtime: Runtime, key: CallKey, note: str, *, channel: str, actor: Actor) -> None:
    """End the call: its note is written, what is held is free again, and it is on record if nobody asked who called.

    Raises: NotFound, Invalid for a note that is too long: then nothing has ended.
    """
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        lock_by_name(db, _name_of(key))
        row = call_row(db, key, is_locked=True)
        if note:
            add_note(db, key.authority_id, key.resident_id, note, channel=channel, actor=actor, now=now)
        if row is None or not row.check_result:
            _record_check(db, key, actor, now, is_checked=False)
        if row is not None:
            _release(db, runtime, row)
            db.delete(row)


def record_check(runtime: Runtime, key: CallKey, facts: Sequence[str], why_not: str, *, actor: Actor) -> None:
    """Record which facts the caller knew, or why they were not asked. Raises: Invalid for too few facts without a reason."""
    if len(facts) < FACTS_NEEDED and not why_not:
        raise Invalid.in_field("why_not", "too_few_facts", needed=FACTS_NEEDED)
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        row = _begun(db, key, now)
        row.checked_at, row.changed_at = now, now
        is_checked = len(facts) >= FACTS_NEEDED
        row.check_result = CHECKED if is_checked else NOT_CHECKED
        _record_check(db, key, actor, now, is_checked=is_checked, facts=facts, why_not=why_not)


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


def _begun(db: Session, key: CallKey, now: datetime) -> Call:
    """The row of the call, locked until the transaction ends; a new one when it begins. Raises: NotFound."""
    lock_by_name(db, _name_of(key))
    row = call_row(db, key, is_locked=True)
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


def _record_check(
    db: Session,
    key: CallKey,
    actor: Actor,
    now: datetime,
    *,
    is_checked: bool,
    facts: Sequence[str] = (),
    why_not: str = "",
) -> None:
    action = f"caller_{CHECKED if is_checked else NOT_CHECKED}"
    subject = ("resident", key.resident_id)
    record(db, actor, action, subject, authority_id=key.authority_id, now=now, reason=why_not, facts=list(facts))


def _name_of(key: CallKey) -> str:
    return f"call {key.staff_id} {key.resident_id}"


def _forget(db: Session, runtime: Runtime, key: CallKey, used: Collection[str] | None) -> None:
    row = call_row(db, key, is_locked=True)
    if row is not None:
        row.typed = {name: text for name, text in row.typed.items() if used is not None and name not in used}
        if used is None:
            _release(db, runtime, row)


def _merged(kept: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    merged = dict(kept) | {name: text[:LONGEST_TYPED] for name, text in typed.items()}
    return dict([(name, text) for name, text in merged.items() if text][:MOST_TYPED])


def _release(db: Session, runtime: Runtime, row: Call) -> None:
    if row.hold_nonce:
        release_in_transaction(db, row.authority_id, hold_token(runtime.settings.secret_key, row.hold_nonce))
    row.hold_nonce, row.slot_token, row.moving, row.held_until = "", "", "", None
