"""What becomes of a row after a try: sent, tried again later, or given up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy.orm import Session

from reminders import queue
from reminders.delivery import GAVE_UP, REFUSED_OUTCOME, RETRIES, SENT_OUTCOME
from reminders.outbox import FAILED, LATE, SENT
from reminders.plan import family_of
from reminders.queue import Claimed, Ending

FIRST_WAIT = timedelta(seconds=1)

# With PROMETHEUS_MULTIPROC_DIR the web server's /metrics shows what the scheduler's process counts.
MESSAGES = Counter("front_door_messages_total", "Tries to send and messages settled", ["kind", "result"])

log = logging.getLogger("front_door.messages")


@dataclass
class Tally:
    """What a pass did. Failed counts tries; skipped are rows not true, of no use, or for nobody any more."""

    sent: int = 0
    failed: int = 0
    skipped: int = 0


def record(session: Session, endings: Sequence[Ending], now: datetime, tally: Tally) -> None:
    """Write how tries ended, settle their rows or put them off, and count them."""
    if not endings:
        return
    queue.record_attempts(session, endings, now)
    sent = [ending for ending in endings if ending.outcome == SENT_OUTCOME]
    queue.record_sent(session, sent, now)
    tally.sent += len(sent)
    for ending in sent:
        note(ending.claimed, SENT)
    for ending in endings:
        if ending.outcome != SENT_OUTCOME:
            tally.failed += 1
            _record_failure(session, ending, now)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the try of this number, counted from 1: 1 s, 2 s, 4 s, ..."""
    wait: timedelta = FIRST_WAIT * 2 ** (tries - 1)
    return wait


def _record_failure(session: Session, ending: Ending, now: datetime) -> None:
    next_try_at = now + wait_after(ending.tries)
    if ending.outcome == REFUSED_OUTCOME:
        queue.give_up(session, ending, FAILED, ending.error, now)
    elif ending.tries > RETRIES:
        queue.give_up(session, ending, FAILED, f"{GAVE_UP} {ending.error}"[:300], now)
    elif next_try_at >= ending.claimed.useful_until:
        queue.give_up(session, ending, LATE, f"{queue.TOO_LATE} {ending.error}"[:300], now)
    else:
        queue.put_off(session, ending, next_try_at)
    note(ending.claimed, ending.outcome, error=ending.error)


def note(row: Claimed, result: str, **facts: str) -> None:
    """One line in the log for each message: ids and the result, nothing about a person."""
    MESSAGES.labels(family_of(row.kind), result).inc()
    if log.isEnabledFor(logging.INFO):
        about = {"notification": row.id, "kind": row.kind, "channel": row.channel, "result": result, **facts}
        log.info("message", extra=about)
