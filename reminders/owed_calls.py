"""The calls that staff owe: whoever rings has somebody to themselves, and says how the call has ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change
from booking.tables import Appointment
from booking.use_cases.ringing import leave_rung, take_to_ring
from core.audit import Actor, record
from core.errors import NotAllowed, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.tables import Authority
from people.residents.tables import Resident
from reminders.call_decisions import CallOutcome, after_call
from reminders.day_calls import calls_about, told_with
from reminders.delivery_decisions import FAILED, FAILED_OUTCOME, REFUSED_OUTCOME, SENT_OUTCOME, Closed
from reminders.recipients import CALL
from reminders.rerouting import lock_messages, plan_next_channel
from reminders.sending_times import hours_of, is_urgent, may_go_at, rules_of_council
from reminders.tables import DeliveryAttempt, Notification
from reminders.untold import due_calls, mark_others_told

OUTCOMES = {
    CallOutcome.REACHED: SENT_OUTCOME,
    CallOutcome.MESSAGE_LEFT: SENT_OUTCOME,
    CallOutcome.NO_ANSWER: FAILED_OUTCOME,
    CallOutcome.WRONG_NUMBER: REFUSED_OUTCOME,
}


def take_call(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    staff_id: int,
    *,
    actor: Actor,
    site_ids: Collection[int] | None,
) -> bool:
    """Whether this member of staff has them to ring for ten minutes; False when somebody else has.

    Raises: NotFound; NotAllowed at an hour at which they are not rung.
    """

    def operation(db: Session) -> bool:
        appointment = _locked(db, authority_id, reference, site_ids)
        calls = due_calls(db, appointment.id, now := runtime.clock.database_now(db))
        if not any(row.next_try_at <= now for row in calls):
            raise NotFound
        if _not_now(db, appointment, calls, now):
            raise NotAllowed
        return take_to_ring(db, appointment, staff_id, actor, now)

    return run_with_retries(runtime.database, operation)


def end_call(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    staff_id: int,
    outcome: CallOutcome,
    *,
    actor: Actor,
    site_ids: Collection[int] | None,
    idempotency: IdempotencyKey | None = None,
) -> bool:
    """Whether the outcome was written: they had them to ring, nobody else has taken them since, and a call was due.

    A second time it writes nothing. Raises: NotFound; NotAllowed for a message that was left with somebody who wants none
    left; IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, bool]:
        appointment = _locked(db, authority_id, reference, site_ids)
        now = runtime.clock.database_now(db)
        if outcome is CallOutcome.MESSAGE_LEFT and not may_leave_message(db, appointment):
            raise NotAllowed
        nobody_answered = outcome is CallOutcome.NO_ANSWER
        if not leave_rung(db, appointment, staff_id, actor, now, nobody_answered=nobody_answered):
            return {"is_written": False}
        if outcome is CallOutcome.BACK:
            return {"is_written": True}
        others = told_with(db, [appointment.id], now, site_ids).get(appointment.id, ())
        is_written = _write(db, appointment, staff_id, outcome, actor, now)
        if is_written and others:
            _write_of_others(db, others, staff_id, outcome, actor, now)
        return {"is_written": is_written}

    return bool(run_once(runtime.database, idempotency, operation, runtime.clock.now())["is_written"])


def _not_now(db: Session, appointment: Appointment, calls: Sequence[Notification], now: datetime) -> bool:
    """Whether it is an hour at which they are not rung."""
    council = db.get_one(Authority, appointment.authority_id)
    wanted = hours_of(db.get_one(Resident, appointment.resident_id).safe_hours)
    if wanted is None and any(is_urgent(row.kind, appointment.starts_at, now) for row in calls):
        return False
    return may_go_at(CALL, now, rules_of_council(council), wanted) > now


def may_leave_message(db: Session, appointment: Appointment) -> bool:
    """Whether a message may be left where nobody answers: what the appointment says counts before the record."""
    own = appointment.contact_leave_no_message
    return not (db.get_one(Resident, appointment.resident_id).leave_no_message if own is None else own)


def _locked(db: Session, authority_id: int, reference: str, site_ids: Collection[int] | None) -> Appointment:
    row = appointment_for_change(db, authority_id, reference)
    if site_ids is not None and row.site_id not in site_ids:
        raise NotFound
    return row


def _write(
    db: Session, appointment: Appointment, staff_id: int, outcome: CallOutcome, actor: Actor, now: datetime
) -> bool:
    """Whether a call was due. Who does not answer is rung again about what was due; every other outcome is about all."""
    lock_messages(db, appointment.id)
    calls = due_calls(db, appointment.id, now)
    due = [row for row in calls if row.next_try_at <= now]
    if not due:
        return False
    if outcome is CallOutcome.NO_ANSWER:
        calls = due
    for row in calls:
        _close(db, row, staff_id, outcome, now)
    kinds = [row.kind for row in calls]
    if outcome is CallOutcome.REACHED:
        kinds += mark_others_told(db, appointment.id, now)
    db.flush()
    for row in calls:
        if row.status == FAILED:
            plan_next_channel(db, row.id, now)
    if kinds and outcome in (CallOutcome.REACHED, CallOutcome.MESSAGE_LEFT):
        _record_told(db, appointment, actor, kinds, now)
    return True


def _write_of_others(
    db: Session, others: Sequence[int], staff_id: int, outcome: CallOutcome, actor: Actor, now: datetime
) -> None:
    """The same of the reminders of other appointments of that day. Who does not answer was not rung before it was due."""
    calls = [row for row in calls_about(db, others, now) if outcome is not CallOutcome.NO_ANSWER or row.due_at <= now]
    for row in calls:
        _close(db, row, staff_id, outcome, now)
    db.flush()
    for row in calls:
        if row.status == FAILED:
            plan_next_channel(db, row.id, now)
        elif outcome is not CallOutcome.NO_ANSWER:
            _record_told(db, db.get_one(Appointment, row.appointment_id), actor, [row.kind], now)


def _close(db: Session, row: Notification, staff_id: int, outcome: CallOutcome, now: datetime) -> None:
    """Write what follows the call, and the call as a try."""
    row.tries += 1
    row.fencing_token += 1
    followed = after_call(outcome, row.tries, now, row.useful_until)
    if isinstance(followed, Closed):
        row.status, row.reason, row.closed_at = followed.status, followed.reason, now
        row.told_at = now if outcome is not CallOutcome.WRONG_NUMBER and row.status != FAILED else None
    else:
        row.next_try_at = followed.at
    db.add(
        DeliveryAttempt(
            notification_id=row.id,
            fencing_token=row.fencing_token,
            worker=f"staff:{staff_id}",
            started_at=now,
            ended_at=now,
            outcome=OUTCOMES[outcome],
            error="" if OUTCOMES[outcome] == SENT_OUTCOME else outcome.value,
        )
    )


def _record_told(db: Session, appointment: Appointment, actor: Actor, kinds: Sequence[str], now: datetime) -> None:
    subject = ("appointment", appointment.id)
    authority_id = appointment.authority_id
    record(db, actor, "resident_told", subject, authority_id=authority_id, now=now, kinds=sorted(kinds))
