"""Asks providers what became of the messages that they took: receipts may be lost, or our receiver away.

Whatever has no final state is asked for by our reference every ten minutes, by whichever scheduler takes it first. The
provider's own pace limits how fast. One that is still on its way shortly before the visit counts as not delivered.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from booking.tables import Appointment
from core.errors import DeliveryFailed
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import run_with_retries
from reminders.channels.base import Channel, TracksDelivery
from reminders.delivery_decisions import ASK_AFTER, SENT, WITHHELD, reference_of
from reminders.invitation_tables import InvitationMail
from reminders.provider_states import ProviderState
from reminders.reasons import TOLD_ALREADY
from reminders.receipts import learn
from reminders.recipients import ABOUT_THE_VISIT, GOING_AHEAD, SITE_MESSAGE, family_of
from reminders.rerouting import locked_alike, plan_next_channel
from reminders.tables import Notification
from reminders.try_queries import references_of_last
from reminders.wish_tables import WishMail

BATCH = 50
REMEMBERED = timedelta(days=7)  # what the provider says of a message: docs, "Get message data", read 2026-11-26
# A message that is still on its way so long before the visit may not arrive in time: another way is found. One that was
# sent later than that has half an hour.
BEFORE_VISIT, SHORTEST_WAIT = timedelta(hours=4), timedelta(minutes=30)

Beside = TypeVar("Beside", WishMail, InvitationMail)

log = logging.getLogger(__name__)


@dataclass
class _UntilStopped:
    """How a question waits: until `stopping` is set."""

    stopping: threading.Event

    def on_slow(self) -> None:
        """Nothing else waits behind a question."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked about a row of the outbox, or of the messages to those who wait without one, or are invited."""

    id: int
    reference: str
    sent_at: datetime | None
    rows: type[Notification] | type[WishMail] | type[InvitationMail] = Notification


def ask_providers(runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
    """How many messages were asked for in one pass; then those that are overdue go by another channel."""
    waiting, asked = _UntilStopped(stopping or threading.Event()), 0
    for name, channel in channels.items():
        if isinstance(channel, TracksDelivery):
            asked += _ask_all(runtime, partial(_claimed, runtime, name), name, channel, waiting)
            asked += _ask_all(runtime, partial(_claimed_mails, runtime, name, WishMail), name, channel, waiting)
            asked += _ask_all(runtime, partial(_claimed_mails, runtime, name, InvitationMail), name, channel, waiting)
    replace_overdue(runtime)
    return asked


def _ask_all(
    runtime: Runtime,
    claimed: Callable[[], list[_Question]],
    name: str,
    channel: TracksDelivery,
    waiting: _UntilStopped,
) -> int:
    asked = 0
    while questions := claimed():
        answered: list[tuple[_Question, list[ProviderState]]] = []
        try:
            for question in questions:
                answered.append((question, channel.states_of(question.reference, waiting)))
        except DeliveryFailed as error:  # the others are asked for again in ten minutes
            if not waiting.stopping.is_set():
                log.warning("the provider of %s did not say what became of messages: %s", name, error.detail)
        _write(runtime, answered)
        asked += len(answered)
        if len(answered) < len(questions):
            break
    return asked


def _claimed(runtime: Runtime, name: str) -> list[_Question]:
    """Messages to ask for now, which nobody else asks for during the next ten minutes."""
    with runtime.database.writing() as db:
        now = runtime.clock.now()
        due = (
            select(Notification.id)
            .where(Notification.ask_at.is_not(None), Notification.ask_at <= now, Notification.channel == name)
            .order_by(Notification.ask_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        claimed = update(Notification).where(Notification.id.in_(select(due.c.id))).values(ask_at=now + ASK_AFTER)
        columns = (Notification.id, Notification.version, Notification.closed_at)
        rows = db.execute(claimed.returning(*columns).execution_options(synchronize_session=False))
        found = rows.all()
        told_by = references_of_last(db, [row.id for row in found])
        return [_Question(id_, told_by.get(id_, reference_of(id_, version)), at) for id_, version, at in found]


def _claimed_mails(runtime: Runtime, name: str, rows: type[Beside]) -> list[_Question]:
    """The same of the messages to those who wait without an appointment, or are invited."""
    with runtime.database.writing() as db:
        now = runtime.clock.now()
        due = (
            select(rows)
            .where(rows.ask_at <= now, rows.channel == name, rows.state == SENT)
            .order_by(rows.ask_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        found = []
        for mail in db.scalars(due):
            mail.ask_at = now + ASK_AFTER
            found.append(_Question(mail.id, mail.sent_as, mail.closed_at, rows))
        return found


def _write(runtime: Runtime, answered: Sequence[tuple[_Question, list[ProviderState]]]) -> None:
    """Write the answers together, or one by one where that fails: one must not stop the others."""

    def operation(db: Session) -> None:
        now = runtime.clock.now()
        for question, states in answered:
            for state in states:
                learn(db, state, now)
            _forget(db, question, now)

    try:
        run_with_retries(runtime.database, operation)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        if len(answered) == 1:
            log.exception("what became of message %s could not be written", answered[0][0].reference)
        for one in answered if len(answered) > 1 else ():
            _write(runtime, [one])


def _forget(db: Session, question: _Question, now: datetime) -> None:
    """Ask no more about a message that is so old that the provider has forgotten it."""
    if question.sent_at is None or question.sent_at < now - REMEMBERED:
        forgotten = update(question.rows).where(question.rows.id == question.id).values(ask_at=None)
        db.execute(forgotten.execution_options(synchronize_session=False))


def replace_overdue(runtime: Runtime) -> int:
    """How many messages count as not delivered from now on, because their visit is near and they are still on their way.

    Each goes by the next channel as well.
    """
    with runtime.database.reading() as db:
        overdue = _overdue(db, runtime.clock.now())
    return sum(_is_replaced(runtime, notification_id) for notification_id in overdue)


def _is_replaced(runtime: Runtime, notification_id: int) -> bool:
    """Whether the message counts as not delivered from now on. One that fails stops no other."""

    def operation(db: Session) -> bool:
        now = runtime.clock.now()
        alike = locked_alike(db, notification_id).values()
        if not _overdue(db, now, Notification.id == notification_id):
            return False
        next(row for row in alike if row.id == notification_id).overdue_at = now
        plan_next_channel(db, notification_id, now)
        return True

    try:
        return run_with_retries(runtime.database, operation)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("notification %s is overdue, and could not go by another channel", notification_id)
        return False


def _overdue(db: Session, now: datetime, *conditions: ColumnElement[bool]) -> list[int]:
    """The ids of messages that were sent some time ago, are still true, and are still on their way with the visit near.

    One is also true when a change was undone since, and what is owed of the visit as it is rests on it.
    """
    resting = aliased(Notification)
    rests_on_it = exists().where(
        resting.appointment_id == Notification.appointment_id,
        resting.kind == Notification.kind,
        resting.channel == Notification.channel,
        resting.version == Appointment.version,
        resting.status == WITHHELD,
        resting.reason == TOLD_ALREADY,
    )
    is_to_the_day = and_(Notification.kind.startswith(SITE_MESSAGE), Notification.version >= Appointment.owner_since)
    found = db.execute(
        select(Notification.id, Notification.kind)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(
            Notification.ask_at.is_not(None),
            Notification.status == SENT,
            Notification.overdue_at.is_(None),
            or_(Notification.version == Appointment.version, rests_on_it, is_to_the_day),
            Appointment.starts_at > now,
            Appointment.starts_at <= now + BEFORE_VISIT,
            Notification.closed_at <= now - SHORTEST_WAIT,
            *conditions,
        )
        .order_by(Notification.id)
    )
    return [row.id for row in found if family_of(row.kind) in (*ABOUT_THE_VISIT, GOING_AHEAD)]
