"""What follows a call about a message: whether it is over, and when they are rung again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from reminders.delivery_decisions import FAILED, SENT, Closed
from reminders.reasons import MESSAGE_LEFT, NO_ANSWER, TOLD_BY_STAFF, WRONG_NUMBER
from reminders.retry_decisions import Retry

MOST_TRIES = 3
WAITS = (timedelta(hours=1), timedelta(hours=3))  # after the first call that nobody answered, and after the second


class CallOutcome(StrEnum):
    """How a call has ended. `BACK` says that none was made."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    MESSAGE_LEFT = "message_left"
    WRONG_NUMBER = "wrong_number"
    BACK = "back"


def after_call(outcome: CallOutcome, tries: int, now: datetime, useful_until: datetime) -> Closed | Retry:
    """What follows the call of this number, counted from 1; they are rung again while it is of use.

    Nobody who does not answer is rung more than `MOST_TRIES` times; where little time is left, at half of it.
    """
    if outcome is CallOutcome.REACHED:
        return Closed(SENT, TOLD_BY_STAFF)
    if outcome is CallOutcome.MESSAGE_LEFT:
        return Closed(SENT, MESSAGE_LEFT)
    if outcome is CallOutcome.WRONG_NUMBER:
        return Closed(FAILED, WRONG_NUMBER)
    if outcome is CallOutcome.BACK:
        return Retry(now)
    if tries >= MOST_TRIES:
        return Closed(FAILED, NO_ANSWER)
    return Retry(now + min(WAITS[tries - 1], max(useful_until - now, timedelta()) / 2))
