"""What a provider says later of messages that it took: written once, never backwards, whether it tells us or is asked.

A receipt is matched by our reference and by the provider's own id, so that what it says of an earlier copy does not
count for a later one. What is said before the try is on record waits for the next question.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from enum import StrEnum

from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.delivery_decisions import (
    FAILED,
    IN_DOUBT,
    LATE,
    PENDING,
    RETURNED_OUTCOME,
    SENT,
    SENT_OUTCOME,
    UNCLEAR_OUTCOME,
    VOID,
)
from reminders.invitation_mail_queries import (
    fail_invitation_mail,
    invitation_mail_in,
    write_invitation_arrival,
)
from reminders.message_outcomes import is_late
from reminders.provider_states import (
    DELIVERED,
    FAILURES,
    RETURNED,
    ProviderState,
    is_final,
    is_news,
)
from reminders.reasons import ARRIVED_EARLIER, ARRIVED_TOO_LATE
from reminders.rerouting import lock_alike, locked_alike, plan_next_channel, void_replacements
from reminders.returned_letters import mark_address
from reminders.tables import DeliveryAttempt, Notification
from reminders.try_queries import told_in_message_of
from reminders.wish_mail_queries import fail_mail, mail_id_in, write_arrival

_REFERENCE = re.compile(r"notification-([0-9]{1,18})-([0-9]{1,9})")
RECEIPTS = Counter("front_door_receipts_total", "What providers said of messages that they took", ["result"])

log = logging.getLogger(__name__)


class Learnt(StrEnum):
    """What a receipt has changed."""

    UNKNOWN = "unknown"  # no message of ours
    NOTHING = "nothing"  # known already, older than what is known, or too early
    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    LATE = "late"
    FAILED = "failed"


def learn(db: Session, told: ProviderState, now: datetime) -> Learnt:
    """Write what the provider `told`, if it is news, in the running transaction."""
    learnt = _learn(db, told, now)
    RECEIPTS.labels(learnt.value).inc()
    if learnt is Learnt.UNKNOWN:
        log.warning("a receipt for no message of ours", extra={"provider_id": told.provider_id})
    return learnt


def _learn(db: Session, told: ProviderState, now: datetime) -> Learnt:
    """What was learnt of the row whose reference the message had; of those that were told in it the same is written."""
    if wish_mail := mail_id_in(told.reference):
        return _learn_of_mail(db, wish_mail, told, now)
    if invitation_mail := invitation_mail_in(told.reference):
        return _learn_of_invitation(db, invitation_mail, told, now)
    found = _REFERENCE.fullmatch(told.reference)
    if not found:
        return Learnt.UNKNOWN
    of_message = (int(found[1]), int(found[2]))
    others = told_in_message_of(db, of_message[0])
    if others:
        lock_alike(db, (of_message[0], *others))
    learnt = Learnt.UNKNOWN
    for id_ in (of_message[0], *others):
        row = next((one for one in locked_alike(db, id_).values() if one.id == id_), None)
        if row is None or (row.id == of_message[0] and row.version != of_message[1]):
            return Learnt.UNKNOWN
        of_row = _learn_of(db, row, told, of_message[0], now)
        learnt = of_row if row.id == of_message[0] else learnt
    return learnt


def _learn_of_mail(db: Session, mail_id: int, told: ProviderState, now: datetime) -> Learnt:
    """What was learnt of a message to somebody who waits: that it has arrived or, once, that it failed."""
    reason, at = FAILURES.get(told.status), told.at or now
    if told.status in DELIVERED:
        return Learnt.DELIVERED if write_arrival(db, mail_id, min(at, now)) else Learnt.NOTHING
    if reason is None or fail_mail(db, mail_id, reason, now, lambda mail, _who: at >= (mail.closed_at or at)) is None:
        return Learnt.NOTHING
    return Learnt.FAILED


def _learn_of_invitation(db: Session, mail_id: int, told: ProviderState, now: datetime) -> Learnt:
    """What was learnt of a message to somebody who is invited. An address from which a letter came back is none any more."""
    reason, at = FAILURES.get(told.status), told.at or now
    if told.status in DELIVERED:
        return Learnt.DELIVERED if write_invitation_arrival(db, mail_id, min(at, now)) else Learnt.NOTHING
    if reason is None:
        return Learnt.NOTHING
    whose = fail_invitation_mail(db, mail_id, reason, now, lambda mail, _who: at >= (mail.closed_at or at))
    if whose is not None and told.status == RETURNED:
        whose.letter_returned_at = now
    return Learnt.NOTHING if whose is None else Learnt.FAILED


def _learn_of(db: Session, row: Notification, told: ProviderState, message_id: int, now: datetime) -> Learnt:
    attempt = _attempt_of(db, row, told, message_id)
    if attempt is None:
        return Learnt.UNKNOWN
    if not is_news(told.status, row.provider_status):
        _ask_no_more(row)
        return Learnt.NOTHING
    if told.status in FAILURES:
        return _fail(db, row, attempt, told, now)
    if told.status in DELIVERED:
        return _arrive(db, row, told, now)
    row.provider_status = told.status
    _ask_no_more(row)
    return Learnt.ON_ITS_WAY


def _arrive(db: Session, row: Notification, told: ProviderState, now: datetime) -> Learnt:
    """Write that the message has arrived: too late where its visit had begun, which waits until its try is on record."""
    at = min(told.at or now, now)
    starts_at = db.scalars(select(Appointment.starts_at).where(Appointment.id == row.appointment_id)).one()
    too_late = is_late(row.kind, at, starts_at)
    if too_late and row.status in (PENDING, VOID):
        return Learnt.NOTHING
    if too_late and row.status in (SENT, IN_DOUBT):
        row.status, row.reason = LATE, ARRIVED_TOO_LATE
    row.provider_status, row.delivered_at = told.status, at
    if row.overdue_at:
        void_replacements(db, row, now)
    _ask_no_more(row)
    return Learnt.LATE if too_late else Learnt.DELIVERED


def _ask_no_more(row: Notification) -> None:
    if is_final(row.provider_status):
        row.ask_at = None


def _attempt_of(db: Session, row: Notification, told: ProviderState, message_id: int) -> DeliveryAttempt | None:
    """The try of `row`, in the message of that row, that `told` is about: of the provider's id, else one without any.

    Of a failure only the last try counts: an earlier copy may fail while a later one is on its way.
    """
    tries = select(DeliveryAttempt).where(DeliveryAttempt.notification_id == row.id)
    attempts = db.scalars(tries.order_by(DeliveryAttempt.fencing_token)).all()
    in_message = [one for one in attempts if (one.joined_to or row.id) == message_id]
    known = [one for one in in_message if one.provider_reference == told.provider_id]
    nameless = [one for one in in_message if _has_no_id(one)]
    attempt = next(iter(known or nameless[-1:]), None)
    if attempt and told.status in FAILURES and attempt is not attempts[-1]:
        return None
    if attempt and attempt.outcome == SENT_OUTCOME:
        attempt.provider_reference = told.provider_id
    return attempt


def _has_no_id(attempt: DeliveryAttempt) -> bool:
    if attempt.outcome == SENT_OUTCOME:
        return attempt.provider_reference in ("", ARRIVED_EARLIER)
    return attempt.outcome in ("", UNCLEAR_OUTCOME)


def _fail(db: Session, row: Notification, attempt: DeliveryAttempt, told: ProviderState, now: datetime) -> Learnt:
    """Close the message as failed; one whose try is not on record yet is left to the next question."""
    if row.status not in (SENT, LATE) or attempt.outcome != SENT_OUTCOME:
        return Learnt.NOTHING
    reason = FAILURES[told.status]
    row.status, row.reason, row.closed_at = FAILED, reason, now
    row.provider_status, row.ask_at, row.delivered_at = told.status, None, None
    attempt.outcome, attempt.error = RETURNED_OUTCOME, reason
    if told.status == RETURNED:
        mark_address(db, row, attempt.started_at, now)
    db.flush()
    plan_next_channel(db, row.id, now)
    return Learnt.FAILED
