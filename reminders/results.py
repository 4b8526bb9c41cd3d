"""The results of tries: recorded, counted and logged; and the pause of a channel that refuses this service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy.orm import Session

from reminders import queue
from reminders.delivery_decisions import RETRIES, Retry, decide_after_failure, wait_after
from reminders.delivery_facts import SENT, SENT_OUTCOME, ClaimedRow, DeliveryResult
from reminders.due_times import family_of

LONGEST_PAUSE = timedelta(minutes=5)  # of a channel: one that works again is noticed within it

# With PROMETHEUS_MULTIPROC_DIR the web server's /metrics shows what the scheduler's process counts.
MESSAGES = Counter("front_door_messages_total", "Tries to send and messages closed", ["kind", "result"])
REFUSALS = Counter("front_door_channel_refusals_total", "Times that a channel refused this service", ["channel"])
UNKNOWN_CHANNELS = Counter(
    "front_door_unknown_channel_total", "Messages of channels that are not registered", ["channel"]
)

log = logging.getLogger("front_door.messages")


@dataclass
class DeliveryCounts:
    """Counts of one pass. Failed counts tries; skipped are rows not true, of no use, or for nobody any more.

    Postponed are rows given back because the channel could not be used.
    """

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    postponed: int = 0

    def add(self, other: DeliveryCounts) -> None:
        """Add the counts of `other`."""
        self.sent += other.sent
        self.failed += other.failed
        self.skipped += other.skipped
        self.postponed += other.postponed


@dataclass
class Pause:
    """How long a channel is left alone after it refused this service: 1 s, 2 s, 4 s, ... and 5 minutes at the most."""

    refusals: int = 0
    until: datetime | None = None

    def begin(self, now: datetime) -> datetime:
        """When the pause that begins now ends; it is longer than the one before."""
        self.refusals += 1
        self.until = now + min(wait_after(min(self.refusals, RETRIES)), LONGEST_PAUSE)
        return self.until

    def is_on(self, now: datetime) -> bool:
        """Whether it lasts. A clock that was set back does not make it longer than the longest."""
        return self.until is not None and self.until - LONGEST_PAUSE <= now < self.until

    def reset(self) -> None:
        """Start again from the shortest pause: the channel took a message."""
        self.refusals, self.until = 0, None


def record_results(db: Session, results: Sequence[DeliveryResult], now: datetime, counts: DeliveryCounts) -> int:
    """How many tries were recorded, with their rows closed or scheduled again, and counted."""
    if not results:
        return 0
    queue.record_attempts(db, results, now)
    sent = [result for result in results if result.outcome == SENT_OUTCOME]
    queue.record_sent(db, sent, now)
    counts.sent += len(sent)
    for result in sent:
        log_result(result.claimed, SENT)
    for result in results:
        if result.outcome != SENT_OUTCOME:
            counts.failed += 1
            _record_failure(db, result, now)
    return len(results)


def _record_failure(db: Session, result: DeliveryResult, now: datetime) -> None:
    decision = decide_after_failure(result, now)
    if isinstance(decision, Retry):
        queue.schedule_retry(db, result, decision.at)
    else:
        queue.give_up(db, result, decision.status, decision.reason, now)
    log_result(result.claimed, result.outcome, error=result.error)


def log_result(row: ClaimedRow, result: str, **facts: str) -> None:
    """Log one line and count it: ids and the result, nothing about a person."""
    MESSAGES.labels(family_of(row.kind), result).inc()
    if log.isEnabledFor(logging.INFO):
        about = {"notification": row.id, "kind": row.kind, "channel": row.channel, "result": result, **facts}
        log.info("message", extra=about)


def count_unknown_channel(channel: str, number: int) -> None:
    """Log as an error, and count, `number` rows that were withheld because no channel is called `channel`."""
    UNKNOWN_CHANNELS.labels(channel).inc(number)
    log.error("withheld %s messages of the channel %s, which is not registered", number, channel)
