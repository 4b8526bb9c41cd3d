"""The reminders that go out in one message: locked together, so that no other worker sends one of them meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, exists, null, select, update
from sqlalchemy.orm import Session

from reminders.delivery_decisions import (
    FAILED_OUTCOME,
    PENDING,
    SENT_OUTCOME,
    UNCLEAR_OUTCOME,
    ClaimedRow,
    ReadyMessage,
)
from reminders.tables import DeliveryAttempt, Notification
from reminders.try_queries import SAID_OF_EARLIER

_IS_BEING_TRIED = exists().where(
    DeliveryAttempt.notification_id == Notification.id, DeliveryAttempt.fencing_token == Notification.fencing_token
)
_COLUMNS = (
    Notification.id,
    Notification.authority_id,
    Notification.appointment_id,
    Notification.version,
    Notification.kind,
    Notification.channel,
    Notification.useful_until,
    Notification.fencing_token,
    Notification.due_at,
    Notification.instead_of,
)


def lock_beside(
    db: Session, mine: Sequence[ClaimedRow], ids: Collection[int], now: datetime
) -> tuple[list[ClaimedRow], list[ClaimedRow]]:
    """Those of `mine` that are still this worker's, and of the rows with these `ids` those that it may take, as if taken.

    It may take what waits, and what another worker has claimed and not begun: that one's token is old then. Locked in order
    of id, as everywhere. Whoever comes first to the rows of a person and a day has them all.
    """
    own = {row.id: row for row in mine}
    wanted = {*ids, *own}
    rows = select(Notification.id).where(Notification.id.in_(wanted)).order_by(Notification.id)
    db.execute(rows.with_for_update()).all()
    is_begun = and_(Notification.lease_until.is_not(None), Notification.lease_until > now, _IS_BEING_TRIED)
    found = select(*_COLUMNS, Notification.status, is_begun.label("is_begun")).where(Notification.id.in_(wanted))
    still_mine, others = [], []
    for *values, status, begun in db.execute(found.order_by(Notification.id)):
        row = ClaimedRow(*values)
        if row.id in own:
            still_mine += [own[row.id]] if (row.fencing_token, status) == (own[row.id].fencing_token, PENDING) else []
        elif status == PENDING and not begun and row.useful_until > now:
            others.append(replace(row, fencing_token=row.fencing_token + 1))
    return still_mine, others


def take(db: Session, beside: Sequence[ClaimedRow], ready: Sequence[ReadyMessage], lease_until: datetime) -> None:
    """Have those rows, which `lock_beside` found, until then that are told in one of the messages that are `ready`."""
    told = {row.id for message in ready for row in message.claimed.each}.intersection(row.id for row in beside)
    values = {
        "lease_until": lease_until,
        "next_try_at": lease_until,
        "provider_status": SAID_OF_EARLIER,
        "overdue_at": null(),
    }
    taken = update(Notification).where(Notification.id.in_(told))
    raised = taken.values(fencing_token=Notification.fencing_token + 1, **values)
    db.execute(raised.execution_options(synchronize_session=False))


def settle(db: Session, answers: Mapping[str, bool], but: Collection[int], now: datetime) -> None:
    """Write of all that was told in messages with these references, and may have arrived, whether it has.

    Not of the rows `but`, of which it is written with the result of their new try. A later message of the same reference
    may hold less, so that its arrival would say nothing of the others.
    """
    for reference, has_arrived in answers.items():
        outcome = SENT_OUTCOME if has_arrived else FAILED_OUTCOME
        open_tries = update(DeliveryAttempt).where(
            DeliveryAttempt.joined_to == int(reference.split("-")[1]),
            DeliveryAttempt.outcome.in_(("", UNCLEAR_OUTCOME)),
            DeliveryAttempt.notification_id.not_in(but),
        )
        settled = open_tries.values(outcome=outcome, ended_at=now)
        db.execute(settled.execution_options(synchronize_session=False))
