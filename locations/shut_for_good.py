"""Sites and services that end for good: from a date on, with where to go instead. Pure.

The end is a closure without an end: searches, bookings that no longer fit and every check read it as any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core.wall_clock import ONE_DAY, wall_instant
from locations.session_facts import ClosureFacts

FOR_EVER = datetime(2200, 1, 1, tzinfo=UTC)  # later than anybody books


@dataclass(frozen=True, slots=True)
class Ending:
    """The first date on which a site or service is open no more.

    Instead there is the one whose slug is `successor`, or what the words `where_to_go` say.
    """

    closed_from: date
    successor: str = ""
    where_to_go: str = ""

    def is_over(self, today: date) -> bool:
        """Whether it has ended by `today`."""
        return self.closed_from <= today

    def closure(self, zone: str, service_ids: Iterable[int] | None = None) -> ClosureFacts:
        """What the end shuts at a site: everything, or these services."""
        shut = None if service_ids is None else frozenset(service_ids)
        return ClosureFacts(wall_instant(self.closed_from, time.min, zone), FOR_EVER, service_ids=shut)


def last_date_of(ending: Ending | None) -> date:
    """The last date on which it is open, of what may never end."""
    return ending.closed_from - ONE_DAY if ending else date.max
