"""Texts from residents: what one means is decided and done once, and answered once.

Each step is a transaction, and begins where the one before it ended: after a crash the scheduler goes on. The cancellation
is booking's own, with the text as its idempotency key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.confirm import confirm_in_transaction
from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time
from booking.use_cases.offers import accept_offer, decline_proposal
from booking.use_cases.online_wishes import ONLINE
from booking.use_cases.rebook_items import is_to_rebook
from booking.use_cases.stop_texts import stop_texts
from core.audit import Actor, record
from core.errors import NotFound, Refused, TooSoon
from core.idempotency import IdempotencyKey
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import lock_by_name, run_with_retries
from reminders.delivery_decisions import PENDING
from reminders.inbound_queries import councils_of_number, has_text_of, history_of_number, was_answered_lately
from reminders.recipients import CANCELLED, CONFIRMATION, RESCHEDULED, TEXT, TEXT_ANSWER
from reminders.tables import InboundText, Notification
from reminders.text_answers import Decision, Outcome, answer_of, decide

_TOLD_BY = {Outcome.CANCELLED: CANCELLED, Outcome.ACCEPTED: RESCHEDULED}
ANSWER_IS_USEFUL = timedelta(hours=4)
MOST_AT_ONCE = 50
BETWEEN_TRIES, GIVEN_UP_AFTER = timedelta(minutes=5), timedelta(hours=1)  # of a text that could not be handled

log = logging.getLogger(__name__)


def handle_waiting_texts(runtime: Runtime) -> int:
    """How many texts were handled that have come, or that a process has left unfinished. One that fails stops no other."""
    with runtime.database.reading() as db:
        is_due = or_(InboundText.next_try_at.is_(None), InboundText.next_try_at <= runtime.clock.now())
        waiting = select(InboundText.id).where(InboundText.handled_at.is_(None), is_due)
        found = db.scalars(waiting.order_by(InboundText.id).limit(MOST_AT_ONCE)).all()
    return sum(_is_handled(runtime, text_id) for text_id in found)


def _is_handled(runtime: Runtime, text_id: int) -> bool:
    try:
        handle_text(runtime, text_id)
    except Exception as error:  # a mistake of ours in one text must not stop the others
        if outage_of(error) is not None:
            raise
        log.exception("an inbound text could not be handled: %s", text_id)
        _postpone(runtime, text_id)
        return False
    return True


def _postpone(runtime: Runtime, text_id: int) -> None:
    """Try the text again later, and others before it; when it has failed for an hour, a person reads it."""
    with runtime.database.writing() as db:
        row = _locked(db, text_id)
        if row is None:
            return
        now = runtime.clock.database_now(db)
        if row.received_at <= now - GIVEN_UP_AFTER:
            row.outcome, row.handled_at = Outcome.TO_READ, now
        else:
            row.next_try_at = now + BETWEEN_TRIES


def handle_text(runtime: Runtime, text_id: int) -> None:
    """Do what the text says, and answer it; nothing the second time."""
    with runtime.database.writing() as db:
        row = _locked(db, text_id)
        if row is None:
            return
        if not row.outcome:
            _write_decision(db, row, runtime.clock.database_now(db))
        outcome, authority_id = Outcome(row.outcome), row.council
        reference, proposal_id = _reference(db, row.appointment_id), row.proposal_id
        wish_id = None if row.appointment_id else _wish_of(db, proposal_id)
    done = _Done(outcome)
    if outcome in _DONE_BY:
        done = _done(_Wanted(runtime, authority_id, reference, text_id, proposal_id, wish_id), outcome)
    run_with_retries(runtime.database, lambda db: _finish(db, runtime, text_id, done))


def _finish(db: Session, runtime: Runtime, text_id: int, done: _Done) -> None:
    """Do what is left to do, and owe the answer."""
    row = _locked(db, text_id)
    if row is None:
        return
    now = runtime.clock.database_now(db)
    row.outcome = _done_here(db, runtime, row, done.outcome, now)
    row.appointment_id = done.booked or row.appointment_id
    row.handled_at = now
    _acknowledge(db, row, now, is_new=done.booked is not None)


def _locked(db: Session, text_id: int) -> InboundText | None:
    """The text, locked; None when it is handled."""
    open_text = (InboundText.id == text_id, InboundText.handled_at.is_(None))
    return db.scalars(select(InboundText).where(*open_text).with_for_update()).first()


def _write_decision(db: Session, row: InboundText, now: datetime) -> None:
    lock_by_name(db, f"texts from {row.council} {row.phone_key}")
    is_known = row.council in councils_of_number(db, row.phone_key)
    decision = Decision(Outcome.UNKNOWN)
    if is_known:
        decision = decide(answer_of(row.text), history_of_number(db, row, now), now)
    row.outcome, row.appointment_id, row.choices = decision.outcome, decision.appointment_id, list(decision.choices)
    row.proposal_id = decision.proposal_id


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The appointment, or the wish, of which a text wants something, and the offer that it answers."""

    runtime: Runtime
    authority_id: int
    reference: str
    text_id: int
    proposal_id: int | None
    wish_id: int | None = None

    @property
    def key(self) -> IdempotencyKey:
        """What makes it happen once."""
        return IdempotencyKey.of("inbound texts", str(self.text_id), self.reference.encode())


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of what a text wants, and the appointment that was booked by it, if one was."""

    outcome: Outcome
    booked: int | None = None


def _done(wanted: _Wanted, outcome: Outcome) -> _Done:
    """What became of what the text wants."""
    try:
        return _DONE_BY[outcome](wanted)
    except TooSoon:
        return _Done(Outcome.TOO_LATE if outcome is Outcome.CANCEL else Outcome.TO_READ)
    except (Refused, NotFound):  # it has changed meanwhile: a person looks at it
        return _Done(Outcome.TO_READ)


def _cancel(wanted: _Wanted) -> _Done:
    appointment, actor = (wanted.runtime, wanted.authority_id, wanted.reference), Actor.resident()
    cancel(*appointment, actor=actor, by="resident", enforce_cutoff=True, idempotency=wanted.key)
    return _Done(Outcome.CANCELLED)


def _accept(wanted: _Wanted) -> _Done:
    if wanted.wish_id is not None:
        booked = accept_earlier_time(
            *(wanted.runtime, wanted.authority_id, wanted.wish_id),
            actor=Actor.resident(),
            channel=ONLINE,
            proposal_id=wanted.proposal_id,
            idempotency=wanted.key,
        )
        return _Done(Outcome.ACCEPTED, booked.appointment_id)
    appointment, actor = (wanted.runtime, wanted.authority_id, wanted.reference), Actor.resident()
    accept_offer(*appointment, actor=actor, proposal_id=wanted.proposal_id, idempotency=wanted.key)
    return _Done(Outcome.ACCEPTED)


def _decline(wanted: _Wanted) -> _Done:
    if wanted.wish_id is not None:
        wish = (wanted.runtime, wanted.authority_id, wanted.wish_id)
        decline_earlier_time(*wish, actor=Actor.resident(), proposal_id=wanted.proposal_id)
        return _Done(Outcome.DECLINED)
    appointment, actor = (wanted.runtime, wanted.authority_id, wanted.reference), Actor.resident()
    booked = decline_proposal(*appointment, actor=actor, proposal_id=wanted.proposal_id, idempotency=wanted.key)
    with wanted.runtime.database.reading() as db:
        return _Done(Outcome.DECLINED if is_to_rebook(db, booked.appointment_id) else Outcome.KEPT)


_DONE_BY: Mapping[Outcome, Callable[[_Wanted], _Done]] = {
    Outcome.CANCEL: _cancel,
    Outcome.ACCEPT: _accept,
    Outcome.DECLINE: _decline,
}


def _done_here(db: Session, runtime: Runtime, row: InboundText, outcome: Outcome, now: datetime) -> Outcome:
    """What became of what was decided and is done in the transaction that answers; other outcomes as they are."""
    if outcome is Outcome.CONFIRM:
        return _confirm(db, row, now)
    if outcome is Outcome.STOP:
        is_new = stop_texts(db, runtime, row.council, row.phone_key, now)
        return Outcome.STOPPED if is_new else Outcome.REPEATED
    return outcome


def _confirm(db: Session, row: InboundText, now: datetime) -> Outcome:
    """Write that they come, if the appointment is still as it was; else a person reads the text."""
    is_written = confirm_in_transaction(db, row.appointment_id or 0, actor=Actor.resident(), now=now)
    return Outcome.CONFIRMED if is_written else Outcome.TO_READ


def _acknowledge(db: Session, row: InboundText, now: datetime, *, is_new: bool) -> None:
    """Owe the answer, once. A change that is told by text is one; a number without an appointment gets none."""
    appointment = db.get(Appointment, row.appointment_id) if row.appointment_id else None
    outcome = Outcome(row.outcome)
    if appointment is None or outcome in (Outcome.REPEATED, Outcome.UNKNOWN):
        return
    notice = CONFIRMATION if is_new else _TOLD_BY.get(outcome)
    if notice and has_text_of(db, appointment.id, appointment.version, notice):
        return
    if outcome is Outcome.TO_READ and was_answered_lately(db, row, now):  # it may be a machine that answers us
        return
    db.add(
        Notification(
            authority_id=row.council,
            appointment_id=appointment.id,
            version=appointment.version,
            kind=f"{TEXT_ANSWER}_{row.id}",
            channel=TEXT,
            status=PENDING,
            due_at=now,
            useful_until=now + ANSWER_IS_USEFUL,
            next_try_at=now,
            created_at=now,
        )
    )


def _wish_of(db: Session, proposal_id: int | None) -> int | None:
    """The wish that the proposal answers."""
    return db.scalar(select(Proposal.wish_id).where(Proposal.id == proposal_id)) if proposal_id else None


def _reference(db: Session, appointment_id: int | None) -> str:
    return db.scalar(select(Appointment.reference).where(Appointment.id == appointment_id)) or ""


def mark_read(runtime: Runtime, authority_id: int, text_id: int, *, actor: Actor) -> None:
    """Take a text off the list of those that somebody has to read; a second time it writes nothing. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        here = (InboundText.id == text_id, InboundText.authority_id == authority_id)
        row = db.scalars(select(InboundText).where(*here).with_for_update()).first()
        if row is None:
            raise NotFound.because("nothing_here")
        if row.done_at is None:
            row.done_at = now
            subject = ("appointment", row.appointment_id) if row.appointment_id else ("inbound_text", row.id)
            record(db, actor, "text_read", subject, authority_id=authority_id, now=now, text=row.id)
