"""How far somebody who must be rebooked has been reached: everybody is in exactly one of these groups. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from booking.rebooking import TO_BE_RUNG, RebookState
from reminders.delivery_decisions import IN_DOUBT, PENDING, SENT


class Reach(StrEnum):
    """What is known of the offer to somebody, the first the best."""

    ANSWERED = "answered"
    RECEIVED = "received"  # whoever carried the message says that it has arrived
    SENT = "sent"  # nobody can say whether it has arrived
    WAITING = "waiting"  # it is about to be sent
    FAILED = "failed"
    TO_RING = "to_ring"


@dataclass(frozen=True)
class OfferMessage:
    """What has become of an offer by one channel, and why."""

    channel: str
    status: str
    reason: str = ""
    is_delivered: bool = False  # as the provider says


@dataclass(frozen=True)
class Reached:
    """How far somebody was reached, and why not further, if that is known (see `reminders.reasons`)."""

    state: RebookState
    reach: Reach
    reason: str = ""


def reached_by(state: RebookState, messages: Iterable[OfferMessage], confirming: Set[str]) -> Reached:
    """How far somebody in this state was reached by the messages of their offer.

    What a `confirming` channel has sent has arrived; of the others' some providers say it of each message.
    """
    found = list(messages)
    reach = _reach(state, found, confirming)
    reasons = (one.reason for one in found if one.reason) if reach is Reach.FAILED else iter(())
    return Reached(state, reach, next(reasons, ""))


def _reach(state: RebookState, messages: Iterable[OfferMessage], confirming: Set[str]) -> Reach:
    if state in TO_BE_RUNG:
        return Reach.TO_RING
    if state is not RebookState.OFFERED:
        return Reach.ANSWERED
    statuses = {(one.status, one.channel in confirming or one.is_delivered) for one in messages}
    if (SENT, True) in statuses:
        return Reach.RECEIVED
    if {(SENT, False), (IN_DOUBT, True), (IN_DOUBT, False)} & statuses:
        return Reach.SENT
    return Reach.WAITING if {(PENDING, True), (PENDING, False)} & statuses else Reach.FAILED
