"""How a search ends without an appointment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from locations.triage.tree import COME_TODAY, ELSEWHERE, ONLINE, POST, RING

# Led elsewhere by a triage; gone past its questions; away from the page; a held time that nobody booked.
PASSED_BY, LEFT_QUICKLY, NOT_BOOKED = "passed_by", "left_quickly", "not_booked"
# Refused: nothing free, the time gone meanwhile, on the waiting list, not for them, too many, too soon or too far.
NOTHING_FREE, TIME_GONE, WAITS, NOT_FOR_THEM = "nothing_free", "time_gone", "waits", "not_for_them"
TOO_MANY, OUT_OF_TIME = "too_many", "out_of_time"
DIVERTED = (ONLINE, POST, RING, COME_TODAY, ELSEWHERE, PASSED_BY)
REFUSED = (NOTHING_FREE, TIME_GONE, NOT_FOR_THEM, TOO_MANY, OUT_OF_TIME, WAITS)
ABANDONED = (LEFT_QUICKLY, NOT_BOOKED)
SEARCH_ENDS = (*DIVERTED, *REFUSED, *ABANDONED)


@dataclass(frozen=True)
class SearchEnd:
    """A search for a service, empty for none yet, that ended for a reason, at a site if one was chosen, over a channel."""

    authority_id: int
    day: date
    service: str
    site: str
    reason: str
    channel: str


@dataclass(frozen=True)
class SearchCount:
    """How many searches for a service ended so on a day."""

    day: date
    service: str
    site: str
    reason: str
    channel: str
    number: int
