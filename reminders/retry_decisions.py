"""What follows a try to send a message that did not succeed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reminders.delivery_decisions import (
    FAILED,
    IN_DOUBT,
    LATE,
    REFUSED_OUTCOME,
    UNCLEAR_OUTCOME,
    ClaimedRow,
    Closed,
)
from reminders.delivery_results import DeliveryResult
from reminders.reasons import TOO_LATE, with_detail

# 14 tries more, doubling from 1 s: 1 + 2 + ... + 8,192 = 16,383 s, about 4.5 h; then every six hours while it is of use.
DOUBLINGS = 14
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=6)
# Of what is deferred: as long as it has been due. Two different messages refused in a row say that it is about this service.
SHORTEST_DEFERMENT, LONGEST_DEFERMENT = timedelta(minutes=1), timedelta(hours=1)
DEFERMENTS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Retry:
    """A row that is tried again, at `at`."""

    at: datetime


def decide_after_failure(result: DeliveryResult, now: datetime) -> Retry | Closed:
    """What follows a try that did not succeed."""
    next_try_at = now + wait_after(result.tries)
    if result.outcome == REFUSED_OUTCOME:
        return Closed(FAILED, result.error)
    if result.outcome == UNCLEAR_OUTCOME and result.last_unclear:
        return Closed(IN_DOUBT, result.error)
    if next_try_at >= result.claimed.useful_until:
        return Closed(LATE, with_detail(TOO_LATE, result.error))
    return Retry(next_try_at)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the try of this number, counted from 1: 1 s, 2 s, 4 s, ... and six hours at the most."""
    return FIRST_WAIT * 2 ** (tries - 1) if tries <= DOUBLINGS else LONGEST_WAIT


def deferred_until(row: ClaimedRow, now: datetime) -> datetime:
    """When a message that was refused for what may be our fault is tried again: no refusal is counted, so by its age."""
    return now + min(max(now - row.due_at, SHORTEST_DEFERMENT), LONGEST_DEFERMENT)
