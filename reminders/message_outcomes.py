"""What became of a message, more exactly than its status: whether it arrived, and whether that was in time. Pure."""

from __future__ import annotations

from datetime import datetime

from reminders.delivery_decisions import FAILED, IN_DOUBT, LATE, PENDING, SENT, VOID, WITHHELD
from reminders.recipients import CANCELLED, SAY_THE_TIME, SITE_MESSAGE, family_of

DELIVERED, ON_ITS_WAY = "delivered", "on_its_way"  # parts of `sent`: the others are those of which nobody says more
ARRIVED_LATE = "arrived_late"  # a part of `late`: when the visit had begun
OUTCOMES = (PENDING, ON_ITS_WAY, SENT, DELIVERED, FAILED, IN_DOUBT, VOID, LATE, ARRIVED_LATE, WITHHELD)
STATE_OF = {outcome: outcome for outcome in OUTCOMES} | {DELIVERED: SENT, ON_ITS_WAY: SENT, ARRIVED_LATE: LATE}


def outcome_of(status: str, delivered_at: datetime | None, *, is_awaited: bool) -> str:
    """The outcome of a message with this status; `is_awaited` while its provider may yet say more of it."""
    if delivered_at is not None:
        return {SENT: DELIVERED, LATE: ARRIVED_LATE}.get(status, status)
    return ON_ITS_WAY if status == SENT and is_awaited else status


def is_late(kind: str, delivered_at: datetime, starts_at: datetime) -> bool:
    """Whether a message about the visit itself arrived when the visit had begun."""
    return family_of(kind) in (*SAY_THE_TIME, CANCELLED, SITE_MESSAGE) and delivered_at >= starts_at
