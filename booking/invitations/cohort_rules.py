"""A list of people who are invited wave by wave: how many at once, when the next wave goes, what becomes of each. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from locations.model import Catalogue

MOST_PEOPLE = 3000
LONGEST_NAME = 100
MOST_PER_WAVE, MOST_DAYS = 1000, 60


class CohortState(StrEnum):
    """Whether waves go out."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Standing(StrEnum):
    """How it stands with somebody of the list: each person is in one of these."""

    WAITING = "waiting"
    INVITED = "invited"
    REMINDED = "reminded"
    BOOKED = "booked"
    UNANSWERED = "unanswered"
    TO_RING = "to_ring"  # nothing can be sent to them
    FAILED = "failed"  # what was sent has not arrived
    SEEN_TO = "seen_to"
    WITHDRAWN = "withdrawn"


TASKS = (Standing.TO_RING, Standing.FAILED, Standing.UNANSWERED)
NOT_ANSWERED_YET = (Standing.INVITED, Standing.REMINDED, Standing.TO_RING, Standing.FAILED)


class CohortChange(StrEnum):
    """What staff can do with a list."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"  # links that are out go on working
    WITHDRAW = "withdraw"  # and links that are out end


MOVES: Mapping[CohortState, Collection[CohortChange]] = {
    CohortState.RUNNING: (CohortChange.PAUSE, CohortChange.STOP, CohortChange.WITHDRAW),
    CohortState.PAUSED: (CohortChange.RESUME, CohortChange.STOP, CohortChange.WITHDRAW),
    CohortState.STOPPED: (CohortChange.WITHDRAW,),
}
AFTER: Mapping[CohortChange, CohortState] = {
    CohortChange.PAUSE: CohortState.PAUSED,
    CohortChange.RESUME: CohortState.RUNNING,
    CohortChange.STOP: CohortState.STOPPED,
    CohortChange.WITHDRAW: CohortState.STOPPED,
}


@dataclass(frozen=True)
class NewCohort:
    """A list to be invited: `service` and `sites` are slugs, no sites are any; `per_wave` None is as many as are free."""

    name: str
    service: str
    first_date: date
    last_date: date
    sites: tuple[str, ...] = ()
    mode: str = ""
    words: str = ""
    per_wave: int | None = None
    every_days: int = 7


@dataclass(frozen=True)
class ListRow:
    """A line of the list, with values that are checked; `language` is the code of the one in which we write to them."""

    line: int
    name: str
    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""
    language: str = ""
    reference: str = ""


class Wish(StrEnum):
    """What somebody has asked for that a new record would not know of."""

    NO_MESSAGES = "no_messages"
    NO_TEXTS = "no_texts"
    SAFE_HOURS = "safe_hours"


@dataclass(frozen=True)
class PersonKnown:
    """A record that may be the person of a line. `is_same`: of the same name, and nothing of the contact differs."""

    id: int
    name: str
    email: str
    phone: str
    postcode: str
    is_same: bool
    is_invited: bool = False
    is_namesake: bool = False
    wants: Collection[Wish] = ()


@dataclass(frozen=True)
class MatchedRow:
    """A line with the records that it may be about, the likeliest first."""

    row: ListRow
    known: Sequence[PersonKnown] = ()

    @property
    def suggested(self) -> int:
        """The record that is chosen unless staff choose another one; 0 for none: then staff have to choose."""
        namesakes = [one for one in self.known if one.is_namesake]
        return namesakes[0].id if len(namesakes) == 1 and namesakes[0].is_same else 0


class ForDays(Protocol):
    """A list or an invitation: for what, where, how and in which days."""

    service_id: Any
    site_ids: Any
    mode: Any
    first_date: Any


def is_given_in(catalogue: Catalogue, of: ForDays, today: date) -> bool:
    """Whether the service is given in these days, or from today on where they have begun, at a place that it is for."""
    day = max(of.first_date, today)
    service = next((one for one in catalogue.services if one.id == of.service_id), None)
    if service is None or (service.ending is not None and service.ending.is_over(day)):
        return False
    sites = [one for one in catalogue.sites if not of.site_ids or one.id in of.site_ids]
    return any(service.id in one.service_ids and not (one.ending and one.ending.is_over(day)) for one in sites)


def visits_that_fit(starts: Iterable[tuple[int, int, int]], length: int) -> int:
    """How many visits of this length fit, one after the other and side by side.

    `starts` are a site, a start and how many visits could begin there at once, by start. Each is taken as soon as it can be.
    """
    taken: dict[int, deque[tuple[int, int]]] = {}
    fit = 0
    for site, start, side_by_side in starts:
        going_on = taken.setdefault(site, deque())
        while going_on and going_on[0][0] + length <= start:
            going_on.popleft()
        more = side_by_side - sum(number for _, number in going_on)
        if more > 0:
            going_on.append((start, more))
            fit += more
    return fit


def wave_size(per_wave: int | None, free: int, unanswered: int) -> int:
    """How many are invited now: so many at once, or what is free beyond those who may still pick a time."""
    return per_wave if per_wave is not None else max(0, free - unanswered)


def is_wave_due(next_wave_at: datetime | None, *, are_answered: bool, now: datetime) -> bool:
    """Whether the next wave goes now: its date has come, or everybody of the earlier ones has answered."""
    return next_wave_at is not None and (next_wave_at <= now or are_answered)
