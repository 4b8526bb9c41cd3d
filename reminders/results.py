"""What becomes of a row after a try: sent, tried again later, or given up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy.orm import Session

from reminders import queue
from reminders.delivery_decisions import GAVE_UP, REFUSED_OUTCOME, RETRIES, SENT_OUTCOME
from reminders.outbox import FAILED, LATE, SENT
from reminders.plan import family_of
from reminders.queue import Claimed, Ending

FIRST_WAIT = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)  # of a channel: a mended mail server is noticed within it

# With PROMETHEUS_MULTIPROC_DIR the web server's /metrics shows what the scheduler's process counts.
MESSAGES = Counter("front_door_messages_total", "Tries to send and messages settled", ["kind", "result"])
REFUSALS = Counter("front_door_channel_refusals_total", "Times that a channel refused this service", ["channel"])

log = logging.getLogger("front_door.messages")


@dataclass
class Tally:
    """What a pass did. Failed counts tries; skipped are rows not true, of no use, or for nobody any more.

    Postponed are rows given back because the channel could not be used.
    """

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    postponed: int = 0

    def add(self, other: Tally) -> None:
        """Count what `other` counted as well."""
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
        """Begin a pause, longer than the one before, and say when it ends."""
        self.refusals += 1
        self.until = now + min(wait_after(min(self.refusals, RETRIES)), LONGEST_PAUSE)
        return self.until

    def is_on(self, now: datetime) -> bool:
        """Whether it lasts. A clock that was set back does not make it longer than the longest."""
        return self.until is not None and self.until - LONGEST_PAUSE <= now < self.until

    def reset(self) -> None:
        """Forget the refusals: the channel dealt with a message."""
        self.refusals, self.until = 0, None


def record(db: Session, endings: Sequence[Ending], now: datetime, tally: Tally) -> int:
    """How many tries were recorded: how they ended, with their rows settled or put off, and counted."""
    if not endings:
        return 0
    queue.record_attempts(db, endings, now)
    sent = [ending for ending in endings if ending.outcome == SENT_OUTCOME]
    queue.record_sent(db, sent, now)
    tally.sent += len(sent)
    for ending in sent:
        note(ending.claimed, SENT)
    for ending in endings:
        if ending.outcome != SENT_OUTCOME:
            tally.failed += 1
            _record_failure(db, ending, now)
    return len(endings)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the try of this number, counted from 1: 1 s, 2 s, 4 s, ..."""
    wait: timedelta = FIRST_WAIT * 2 ** (tries - 1)
    return wait


def _record_failure(db: Session, ending: Ending, now: datetime) -> None:
    next_try_at = now + wait_after(ending.tries)
    if ending.outcome == REFUSED_OUTCOME:
        queue.give_up(db, ending, FAILED, ending.error, now)
    elif ending.tries > RETRIES:
        queue.give_up(db, ending, FAILED, f"{GAVE_UP} {ending.error}"[:300], now)
    elif next_try_at >= ending.claimed.useful_until:
        queue.give_up(db, ending, LATE, f"{queue.TOO_LATE} {ending.error}"[:300], now)
    else:
        queue.put_off(db, ending, next_try_at)
    note(ending.claimed, ending.outcome, error=ending.error)


def note(row: Claimed, result: str, **facts: str) -> None:
    """One line in the log for each message: ids and the result, nothing about a person."""
    MESSAGES.labels(family_of(row.kind), result).inc()
    if log.isEnabledFor(logging.INFO):
        about = {"notification": row.id, "kind": row.kind, "channel": row.channel, "result": result, **facts}
        log.info("message", extra=about)
