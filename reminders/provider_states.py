"""What a provider says of a message that it has taken, and how far that goes. Pure.

Source: docs.notifications.service.gov.uk, "Message status" and "Delivery receipts", read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import InvalidValue
from core.wall_clock import parse_instant
from reminders.reasons import (
    ADDRESS_UNKNOWN,
    LETTER_CANCELLED,
    LETTER_RETURNED,
    LETTER_UNPRINTABLE,
    NOT_DELIVERED_IN_TIME,
    PROVIDER_FAILED,
)

RETURNED = "returned"  # a letter that the post brought back: the one thing that may follow a final state
DELIVERED = frozenset({"delivered", "received"})  # a letter is "received" when it was printed and posted
# Sent abroad: the networks there say no more.
SETTLED = frozenset({"sent"})
# Why a message will not arrive: as a code of `reminders.reasons`.
FAILURES: Mapping[str, str] = {
    "permanent-failure": ADDRESS_UNKNOWN,
    "temporary-failure": NOT_DELIVERED_IN_TIME,
    "technical-failure": PROVIDER_FAILED,
    RETURNED: LETTER_RETURNED,
    "cancelled": LETTER_CANCELLED,
    "validation-failed": LETTER_UNPRINTABLE,
    "virus-scan-failed": LETTER_UNPRINTABLE,
}
ON_ITS_WAY = ("created", "pending-virus-check", "accepted", "sending", "pending")  # each later than the one before
STATUSES = frozenset({*DELIVERED, *SETTLED, *FAILURES, *ON_ITS_WAY})
ID_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What became of one message there: its id, our reference, its status, and since when, where that was said."""

    provider_id: str
    reference: str
    status: str
    at: datetime | None = None


def state_in(told: Mapping[str, Any]) -> ProviderState:
    """The state in a receipt or an answer to a question. What cannot be read is left empty."""
    at = None
    for name in ("completed_at", "sent_at"):
        if at is None and told.get(name):
            try:
                at = parse_instant(str(told[name]))
            except InvalidValue:
                at = None
    text = {name: str(told.get(name) or "") for name in ("id", "reference", "status")}
    return ProviderState(text["id"][:ID_LENGTH], text["reference"], text["status"], at)


def is_final(status: str) -> bool:
    """Whether nothing more is to be expected after `status`."""
    return status in DELIVERED or status in SETTLED or status in FAILURES


def is_news(status: str, known: str) -> bool:
    """Whether `status` says more than what is `known`: what is final stays, and nothing goes backwards."""
    if status == RETURNED:
        return known != RETURNED
    if status not in STATUSES or is_final(known):
        return False
    return is_final(status) or _rank(status) > _rank(known)


def has_arrived(state: ProviderState) -> bool:
    """Whether the provider has the message, and has not given it up: one that it gave up has to be sent again."""
    return state.status not in FAILURES


def _rank(status: str) -> int:
    return ON_ITS_WAY.index(status) if status in ON_ITS_WAY else -1
