"""What is done about a claimed row before it is sent, and after a try. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reminders.delivery_facts import (
    FAILED,
    LATE,
    REFUSED_OUTCOME,
    SENT,
    VOID,
    WITHHELD,
    ClaimedRow,
    DeliveryResult,
    EarlierTries,
    MessageFacts,
)
from reminders.due_times import is_current
from reminders.reasons import GAVE_UP, OTHER_CHANNEL, SUPERSEDED, TOO_LATE, with_detail
from reminders.recipients import ChannelRules, Delivery, Withheld, deliveries_for

# The first try and 14 more, doubling from 1 s: 1 + 2 + ... + 8,192 = 16,383 s, about 4.5 h.
RETRIES = 14
FIRST_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A claimed row with all that its message needs."""

    claimed: ClaimedRow
    facts: MessageFacts
    delivery: Delivery
    earlier: EarlierTries


@dataclass(frozen=True, slots=True)
class Closed:
    """A row that is not sent, or not tried again: its last status, and why."""

    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """A row that is tried again, at `at`."""

    at: datetime


def decide_delivery(
    row: ClaimedRow, facts: MessageFacts | None, earlier: EarlierTries, rules: ChannelRules
) -> ReadyMessage | Closed:
    """Whether a message is sent for `row`, with all that it needs, or how the row is closed instead."""
    if earlier.arrived:
        return Closed(SENT)
    if facts is None or not is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state):
        return Closed(VOID, SUPERSEDED)
    if earlier.tries > RETRIES:
        return Closed(FAILED, GAVE_UP)
    found = deliveries_for(facts.contacts, row.kind, rules)
    if isinstance(found, Withheld):
        return Closed(WITHHELD, found.code)
    delivery = next((delivery for delivery in found if delivery.channel == row.channel), None)
    if delivery is None:
        return Closed(WITHHELD, OTHER_CHANNEL)
    return ReadyMessage(row, facts, delivery, earlier)


def decide_after_failure(result: DeliveryResult, now: datetime) -> Retry | Closed:
    """What follows a try that did not succeed."""
    next_try_at = now + wait_after(result.tries)
    if result.outcome == REFUSED_OUTCOME:
        return Closed(FAILED, result.error)
    if result.tries > RETRIES:
        return Closed(FAILED, with_detail(GAVE_UP, result.error))
    if next_try_at >= result.claimed.useful_until:
        return Closed(LATE, with_detail(TOO_LATE, result.error))
    return Retry(next_try_at)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the try of this number, counted from 1: 1 s, 2 s, 4 s, ..."""
    wait: timedelta = FIRST_WAIT * 2 ** (tries - 1)
    return wait
