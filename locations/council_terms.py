"""What a council asks before a visit, and says of visits that cannot take place: how another time is looked for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from locations.default_values import ANSWER_HOURS, NOTICE_HOURS, WITHIN_MILES
from locations.message_prices import MessagePrices
from locations.triage.tree import Tree


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CouncilTerms(MessagePrices):
    """Its triages, and for visits that cannot take place: how far from the place that was booked, for how many hours a time
    is held, and how short a notice is too short.
    """

    triages: tuple[Tree, ...] = ()
    rebook_within_miles: int = WITHIN_MILES
    rebook_answer_hours: int = ANSWER_HOURS
    rebook_notice_hours: int = NOTICE_HOURS

    @property
    def rebook_notice(self) -> timedelta:
        """Who would come within this is rung, whatever is sent."""
        return timedelta(hours=self.rebook_notice_hours)

    @property
    def rebook_answer_period(self) -> timedelta:
        """For how long another time is held for an answer, at most."""
        return timedelta(hours=self.rebook_answer_hours)
