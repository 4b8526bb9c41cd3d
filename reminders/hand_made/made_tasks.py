"""Making a message by hand: who takes it, and how it ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.transactions import run_with_retries
from reminders.delivery_decisions import FAILED, FAILED_OUTCOME, SENT, SENT_OUTCOME
from reminders.hand_made.made_queries import locked_to_make
from reminders.hand_made.tables import HandMadeTask
from reminders.reasons import MADE_BY_STAFF, NOT_MADE
from reminders.rerouting import lock_messages, plan_next_channel
from reminders.tables import DeliveryAttempt, Notification


class MadeOutcome(StrEnum):
    """How it ended. `BACK` says that nobody makes it for now."""

    SENT = "sent"
    NOT_MADE = "not_made"
    BACK = "back"


def take_task(
    runtime: Runtime,
    authority_id: int,
    notification_id: int,
    staff_id: int,
    *,
    instead_of: int | None,
    actor: Actor,
    site_ids: Collection[int] | None,
) -> bool:
    """Whether this member of staff makes the message from now on; `instead_of` is who had it as they saw it, or None.

    False when another colleague has taken it since. Raises: NotFound.
    """

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        row = locked_to_make(db, authority_id, notification_id, now, site_ids=site_ids)
        if row is None:
            raise NotFound
        task = db.get(HandMadeTask, row.id, populate_existing=True)
        if task and task.staff_id not in (staff_id, instead_of):
            return False
        if task is None or task.staff_id != staff_id:
            db.merge(HandMadeTask(notification_id=row.id, staff_id=staff_id, taken_at=now))
            _record(db, row, "making_started", actor, now)
        return True

    return run_with_retries(runtime.database, operation)


def end_task(
    runtime: Runtime,
    authority_id: int,
    notification_id: int,
    staff_id: int,
    outcome: MadeOutcome,
    *,
    actor: Actor,
    site_ids: Collection[int] | None,
    idempotency: IdempotencyKey | None = None,
) -> bool:
    """Whether the outcome was written: they had the task. What could not be made goes by the next channel: staff ring.

    Raises: NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, bool]:
        now = runtime.clock.database_now(db)
        known = db.get(Notification, notification_id)
        if known is None or known.authority_id != authority_id:
            raise NotFound
        lock_messages(db, known.appointment_id)
        row = locked_to_make(db, authority_id, notification_id, now, site_ids=site_ids)
        task = db.get(HandMadeTask, notification_id, populate_existing=True)
        if row is None or task is None or task.staff_id != staff_id:
            return {"is_written": False}
        db.delete(task)
        if outcome is not MadeOutcome.BACK:
            _close(db, row, staff_id, outcome, actor, now=now)
        return {"is_written": True}

    return bool(run_once(runtime.database, idempotency, operation, runtime.clock.now())["is_written"])


def _close(db: Session, row: Notification, staff_id: int, outcome: MadeOutcome, actor: Actor, *, now: datetime) -> None:
    """Write how it ended, with the try; what could not be made is owed by the next channel."""
    is_sent = outcome is MadeOutcome.SENT
    row.tries += 1
    row.fencing_token += 1
    row.status, row.reason = (SENT, MADE_BY_STAFF) if is_sent else (FAILED, NOT_MADE)
    row.closed_at, row.told_at = now, now if is_sent else None
    db.add(
        DeliveryAttempt(
            notification_id=row.id,
            fencing_token=row.fencing_token,
            worker=f"staff:{staff_id}",
            started_at=now,
            ended_at=now,
            outcome=SENT_OUTCOME if is_sent else FAILED_OUTCOME,
            error="" if is_sent else NOT_MADE,
        )
    )
    db.flush()
    if is_sent:
        _record(db, row, "resident_told", actor, now, kinds=[row.kind])
    else:
        plan_next_channel(db, row.id, now)


def _record(db: Session, row: Notification, action: str, actor: Actor, now: datetime, **facts: Any) -> None:
    record(db, actor, action, ("appointment", row.appointment_id), authority_id=row.authority_id, now=now, **facts)
