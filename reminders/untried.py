"""Messages that were claimed and not tried: given back, with the channel's pause where it refuses this service.

The pause is a row of the database, so that all workers know it. It ends with the first message that the channel takes.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from core.errors import DeliveryFailed
from core.text import one_line
from reminders import queue
from reminders.channel_queue import NO_DATABASE, ChannelQueue, DeliveryCounts
from reminders.channels.base import Channel
from reminders.checked_queries import is_as_checked
from reminders.delivery_decisions import (
    FAILED_OUTCOME,
    SENT_OUTCOME,
    UNAVAILABLE_OUTCOME,
    ClaimedRow,
    ReadyMessage,
)
from reminders.delivery_results import DeliveryResult
from reminders.queue import LONGEST_PAUSE, Pause
from reminders.reasons import ARRIVAL_UNKNOWN, ARRIVED_EARLIER, with_detail
from reminders.recipients import REMINDER
from reminders.retry_decisions import DEFERMENTS_IN_A_ROW, SHORTEST_DEFERMENT, deferred_until
from reminders.same_day_queries import settle
from reminders.slow_conversations import domain_of
from reminders.tables import ChannelPause

# With PROMETHEUS_MULTIPROC_DIR the web server's /metrics shows what the scheduler's process counts.
UNKNOWN_CHANNELS = Counter(
    "front_door_unknown_channel_total", "Messages of channels that are not registered", ["channel"]
)
REFUSALS = Counter("front_door_channel_refusals_total", "Times that a channel refused this service", ["channel"])

_pauses = table_of(ChannelPause)
_INSERT = {
    name: insert(_pauses).on_conflict_do_nothing(index_elements=["channel"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

DETAIL_LENGTH = 200  # of what a provider says: with a code before it, it fits every column that keeps it

log = logging.getLogger(__name__)


def give_back(
    rows: ChannelQueue, result: DeliveryResult, left: Sequence[ClaimedRow], counts: DeliveryCounts, *, is_stopping: bool
) -> bool:
    """Give back the message of `result`, which was not tried; whether the channel refuses this service.

    Then those `left` of the batch are given back too.
    """
    row = result.claimed
    if is_stopping:
        with rows.transaction() as (db, now):
            queue.postpone(db, [row], "", now)
        return False
    rows.deferred_in_a_row.add(row.id)
    if result.outcome == UNAVAILABLE_OUTCOME or len(rows.deferred_in_a_row) >= DEFERMENTS_IN_A_ROW:
        pause_channel(rows, [row, *left], result, counts)
        return True
    with rows.transaction() as (db, now):
        queue.postpone(db, [row], result.error, deferred_until(row, now))
    counts.postponed += 1
    log.warning("Notification %s is tried again later, and not counted: %s", row.id, result.error)
    return False


def is_given_back(rows: ChannelQueue, message: ReadyMessage) -> bool:
    """Whether a message of a batch is given back, because something that decides about it has changed since it was checked.

    Looked at for providers, which take their time for each. While the database is away nobody can say so, and nothing goes
    out: the provider is asked by our reference, and it is tried again, when the lease ends.
    """
    if not rows.tracks_delivery:
        return False

    def operation(db: Session, now: datetime, _counts: DeliveryCounts) -> bool:
        if is_as_checked(db, message, now):
            return False
        queue.postpone(db, [message.claimed], "", now)
        return True

    try:
        if _is_seen_as_checked(rows, message):
            return False
        return bool(rows.run(operation, DeliveryCounts(), f"check notification {message.claimed.id} again"))
    except NO_DATABASE:
        return True


def _is_seen_as_checked(rows: ChannelQueue, message: ReadyMessage) -> bool:
    """Whether a look at the database, for which nobody who writes waits, finds the message as it was checked.

    Not where it fails: the look that follows says why.
    """
    with suppress(Exception), rows.database.reading() as db:
        return is_as_checked(db, message, rows.clock.database_now(db))
    return False


def give_back_batch(
    rows: ChannelQueue, result: DeliveryResult, left: Sequence[ClaimedRow], counts: DeliveryCounts
) -> None:
    """Give back those `left` of a batch after one that was not tried; the channel pauses where it refuses this service."""
    if result.outcome == UNAVAILABLE_OUTCOME:
        pause_channel(rows, left, result, counts)
        return
    with rows.transaction() as (db, now):
        queue.postpone(db, left, "", now)
    counts.postponed += len(left)


def pause_channel(
    rows: ChannelQueue, claimed: Sequence[ClaimedRow], result: DeliveryResult, counts: DeliveryCounts
) -> None:
    """Begin a pause of the channel for all workers, and give back `claimed`, none of which was tried, until it ends.

    `result` says why, and for how long the provider wants to be left alone.
    """
    reason = result.error or result.outcome
    with rows.transaction() as (db, now):
        until = _begin_pause(db, rows.name, reason, now, timedelta(seconds=result.retry_after))
        queue.postpone(db, claimed, reason, until)
    rows.deferred_in_a_row.clear()
    counts.postponed += len(claimed)
    REFUSALS.labels(rows.name).inc()
    log.error("The channel %s refuses this service until %s at least: %s", rows.name, until.isoformat(), reason)


def put_aside(
    rows: ChannelQueue,
    messages: Mapping[ClaimedRow, ReadyMessage],
    slow_domains: Collection[str],
    counts: DeliveryCounts,
) -> list[ClaimedRow]:
    """Give back for a minute what goes to one of `slow_domains`, where another message is waiting; the other rows."""
    aside = [row for row, message in messages.items() if domain_of(message.delivery.address) in slow_domains]
    with rows.transaction() as (db, now):
        queue.postpone(db, aside, "", now + SHORTEST_DEFERMENT)
    counts.postponed += len(aside)
    return [row for row in messages if row not in aside]


def known_results(rows: ChannelQueue, channel: Channel, ready: Sequence[ReadyMessage]) -> list[DeliveryResult]:
    """Results without a try: of messages in doubt that the provider has already, or cannot say anything about."""
    doubted = [message for message in ready if message.earlier.in_doubt]
    asked = sorted({reference for message in doubted for reference in message.earlier.references})
    try:
        arrived = channel.arrived(asked)
    except DeliveryFailed as error:
        reason = one_line(with_detail(ARRIVAL_UNKNOWN, error.detail))[:DETAIL_LENGTH]
        return [
            DeliveryResult(message.claimed, FAILED_OUTCOME, message.earlier.tries + 1, error=reason)
            for message in doubted
        ]
    if any(message.claimed.kind.startswith(REMINDER) for message in doubted):
        with rows.transaction() as (db, now):
            known = {reference: reference in arrived for reference in asked}
            settle(db, known, [row.id for message in ready for row in message.claimed.each], now)
    return [
        DeliveryResult(message.claimed, SENT_OUTCOME, message.earlier.tries + 1, provider_reference=ARRIVED_EARLIER)
        for message in doubted
        if arrived.intersection(message.earlier.references)
    ]


def end_pause(db: Session, channel: str) -> bool:
    """Whether there was a pause of `channel`, which is over now."""
    ended = delete(ChannelPause).where(ChannelPause.channel == channel).returning(ChannelPause.channel)
    return bool(db.scalars(ended.execution_options(synchronize_session=False)).all())


def hold_channel(db: Session, channel: str, now: datetime) -> None:
    """Leave `channel` alone until its pause is ended."""
    _insert_pause(db, channel, now, until=None)


def _begin_pause(db: Session, channel: str, reason: str, now: datetime, at_least: timedelta) -> datetime:
    _insert_pause(db, channel, now, until=now)
    row = db.scalars(select(ChannelPause).where(ChannelPause.channel == channel).with_for_update()).one()
    pause = Pause(row.refusals, row.until).after_refusal(now, at_least)
    row.refusals, row.until, row.reason = pause.refusals, pause.until, reason
    return pause.until or now + LONGEST_PAUSE  # a channel that an operator stopped has no end of its own


def _insert_pause(db: Session, channel: str, now: datetime, *, until: datetime | None) -> None:
    """Make the row of `channel`, unless there is one."""
    connection = connection_of(db)
    row = {"channel": channel, "since": now, "until": until, "refusals": 0, "reason": ""}
    connection.execute(_INSERT[connection.dialect.name], row)


def count_unknown_channels(channels: Sequence[str], counts: DeliveryCounts) -> None:
    """Count the rows that were withheld because no channel has their name, one of `channels` each; the log has errors."""
    for channel, number in collections.Counter(channels).items():
        counts.skipped += number
        UNKNOWN_CHANNELS.labels(channel).inc(number)
        log.error("withheld %s messages of the channel %s, which is not registered", number, channel)
