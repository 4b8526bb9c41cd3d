"""Who stands on the register of people who cannot get online, and until when that is looked at anew. Pure.

The three criteria are those of Plymouth City Council, Additional Customer Service Support (Focus on Digital, January 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import Invalid

NOT_ONLINE, NO_PLACE, NOBODY_HELPS = "not_online", "no_place", "nobody_helps"
CRITERIA = (NOT_ONLINE, NO_PLACE, NOBODY_HELPS)
LONGEST_REASON = 500
REVIEWED_AFTER = timedelta(days=365)  # where nobody says otherwise
LATEST_REVIEW = timedelta(days=2 * 365)


@dataclass(frozen=True)
class Decision:
    """Which criteria somebody meets; why they are on the register without all of them; when that is looked at anew."""

    criteria: tuple[str, ...]
    reason: str
    review_on: date


def check_decision(decision: Decision, today: date) -> Decision:
    """The decision as it is kept. Raises: Invalid."""
    criteria = tuple(code for code in CRITERIA if code in decision.criteria)
    reason = decision.reason.strip()
    if not criteria:
        raise Invalid.in_field("criteria", "register_without_criterion")
    if criteria != CRITERIA and not reason:
        raise Invalid.in_field("reason", "register_needs_reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid.in_field("reason", "register_reason_too_long", longest=LONGEST_REASON)
    if not today < decision.review_on <= today + LATEST_REVIEW:
        raise Invalid.in_field("review_on", "register_review_day", days=LATEST_REVIEW.days)
    return Decision(criteria, reason, decision.review_on)
