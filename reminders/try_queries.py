"""The tries that were made of messages, also of those that were told in the message of another one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.tables import Appointment
from reminders.delivery_decisions import SENT_OUTCOME, UNCLEAR_OUTCOME, ClaimedRow, EarlierTries, reference_of
from reminders.provider_states import DELIVERED
from reminders.reasons import INTERNAL_ERROR
from reminders.recipients import REMINDER
from reminders.tables import DeliveryAttempt, Notification

# The row whose reference the message had in which the try was made.
MESSAGE_OF_TRY = func.coalesce(DeliveryAttempt.joined_to, DeliveryAttempt.notification_id)
SAID_OF_EARLIER = case((Notification.provider_status.in_(DELIVERED), Notification.provider_status), else_="")
"""What a claimed row keeps of what the provider said: nothing of it counts for a later try, but what has arrived has.

A try that was not recorded may be among those that arrived; whoever has the row next only writes that down.
"""


def tries_of(db: Session, rows: Sequence[ClaimedRow]) -> dict[int, EarlierTries]:
    """What is known of the tries of these rows, by the row's id."""
    known: dict[int, EarlierTries] = {}
    told_by = aliased(Notification)
    columns = (
        *(DeliveryAttempt.notification_id, DeliveryAttempt.outcome, DeliveryAttempt.error),
        *(told_by.id, told_by.version),
    )
    tries = select(*columns).join(told_by, told_by.id == MESSAGE_OF_TRY).order_by(DeliveryAttempt.fencing_token)
    of_rows = DeliveryAttempt.notification_id.in_([row.id for row in rows])
    for row_id, outcome, error, message_id, version in db.execute(tries.where(of_rows)):
        before, is_doubtful = known.get(row_id, EarlierTries()), outcome in ("", UNCLEAR_OUTCOME)
        known[row_id] = EarlierTries(
            tries=before.tries + 1,
            arrived=before.arrived or outcome == SENT_OUTCOME,
            doubts=before.doubts + is_doubtful,
            references=(*before.references, *([reference_of(message_id, version)] if is_doubtful else ())),
            goes_alone=error == INTERNAL_ERROR,
        )
    return known


def told_in_message_of(db: Session, notification_id: int) -> Collection[int]:
    """The rows that were told in the message of this one, as their last try."""
    last = (DeliveryAttempt.joined_to == notification_id, DeliveryAttempt.fencing_token == Notification.fencing_token)
    rows = select(Notification.id).join(DeliveryAttempt, DeliveryAttempt.notification_id == Notification.id)
    return db.scalars(rows.where(*last)).all()


def references_of_last(db: Session, ids: Collection[int]) -> dict[int, str]:
    """The references of the messages in which these rows were told last, by the row's id, where those are of others."""
    told_by = aliased(Notification)
    last = (Notification.id.in_(ids), DeliveryAttempt.fencing_token == Notification.fencing_token)
    rows = (
        select(Notification.id, told_by.id, told_by.version)
        .join(DeliveryAttempt, DeliveryAttempt.notification_id == Notification.id)
        .join(told_by, told_by.id == DeliveryAttempt.joined_to)
    )
    return {id_: reference_of(message_id, version) for id_, message_id, version in db.execute(rows.where(*last))}


def told_in_one_with(db: Session, appointment_id: int) -> dict[int, list[str]]:
    """The references of other appointments that were told in the same message, of each row of this one, by the row's id."""
    mine, other, row = aliased(DeliveryAttempt), aliased(DeliveryAttempt), aliased(Notification)
    is_of_message = or_(
        other.joined_to == mine.notification_id,
        other.joined_to == mine.joined_to,
        and_(other.notification_id == mine.joined_to, other.joined_to.is_(None)),
    )
    is_same = and_(is_of_message, other.started_at == mine.started_at, other.id != mine.id)
    is_last = and_(mine.notification_id == Notification.id, mine.fencing_token == Notification.fencing_token)
    found = (
        select(Notification.id, Appointment.reference)
        .join(mine, is_last)
        .join(other, is_same)
        .join(row, row.id == other.notification_id)
        .join(Appointment, Appointment.id == row.appointment_id)
        .where(Notification.appointment_id == appointment_id, Notification.kind.startswith(REMINDER))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    references: dict[int, list[str]] = {}
    for id_, reference in db.execute(found):
        references.setdefault(id_, []).append(reference)
    return references
