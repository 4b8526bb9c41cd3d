"""The waiting list for earlier times: whose a free time is, until when it is held, and when a person has to answer. Pure.

Who has waited longest comes first. A time is offered to one person at a time, and never when it would be of no use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.wall_clock import ONE_DAY, wall_instant

ANSWER_PERIOD = timedelta(minutes=30)
RING_PERIOD = timedelta(hours=4)  # for a colleague to ring whom no message reaches
DAY_BEGINS, DAY_ENDS = time(8), time(20)  # outside of these nobody has to read a message
LATEST_ANSWER = timedelta(hours=1)  # before the time that is offered
SHORT_NOTICE = timedelta(days=2)  # within which a time may be offered to several at once
MOST_UNANSWERED = 3
BY_EMAIL, BY_TEXT, BY_PHONE = "email", "text", "phone"  # how whoever waits is told
ANSWER_DAYS = 14  # where no service says when whoever waits is told how it stands


class WishState(StrEnum):
    """What has become of a wish for an earlier time."""

    OPEN = "open"
    PAUSED = "paused"  # offers in a row were not answered
    MET = "met"
    WITHDRAWN = "withdrawn"
    OVER = "over"  # no time can be of use any more


class PassedOver(StrEnum):
    """Why a free time is not offered to somebody who waits."""

    PAUSED = "paused"
    HAS_OFFER = "has_offer"
    TO_REBOOK = "to_rebook"  # a closure touches their appointment, and seeks another time for it
    OTHER_TIMES = "other_times"  # of offers that were made before the next four were told apart
    TOO_LATE = "too_late"
    OTHER_PLACES = "other_places"
    OTHER_DAYS = "other_days"
    OTHER_HOURS = "other_hours"
    OTHER_NEEDS = "other_needs"  # it is too short for them, lacks what they need, or is held in another way
    OTHER_ADVISER = "other_adviser"
    UNREACHABLE = "unreachable"  # by telephone or video, and we have no number or address
    OFFERED_BEFORE = "offered_before"


@dataclass(frozen=True)
class WantedTimes:
    """Which times somebody wants, up to their last date. No sites, weekdays (Monday is 1) or hours are any."""

    last_date: date
    site_ids: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    to_time: time | None = None

    def why_not(self, site_id: int, starts_at: datetime) -> PassedOver | None:
        """Why they do not want to come there then, or None; `starts_at` is on the place's own clock, before `to_time`."""
        clock_time = starts_at.time()
        if starts_at.date() > self.last_date:
            return PassedOver.TOO_LATE
        if self.site_ids and site_id not in self.site_ids:
            return PassedOver.OTHER_PLACES
        if self.weekdays and starts_at.isoweekday() not in self.weekdays:
            return PassedOver.OTHER_DAYS
        is_early = self.from_time is not None and clock_time < self.from_time
        is_late = self.to_time is not None and clock_time >= self.to_time
        return PassedOver.OTHER_HOURS if is_early or is_late else None


@dataclass(frozen=True)
class QueuedWish:
    """Somebody who waits. `offered` has the times that were offered to them already: (site id, start) each."""

    wish_id: int
    asked_at: datetime
    times: WantedTimes
    unanswered: int = 0
    is_paused: bool = False
    has_offer: bool = False
    is_to_be_rebooked: bool = False
    offered: frozenset[tuple[int, datetime]] = frozenset()

    @property
    def barred(self) -> PassedOver | None:
        """Why no time at all is offered to them now, or None."""
        if self.is_paused or self.unanswered >= MOST_UNANSWERED:
            return PassedOver.PAUSED
        if self.has_offer:
            return PassedOver.HAS_OFFER
        return PassedOver.TO_REBOOK if self.is_to_be_rebooked else None

    def why_not(self, site_id: int, starts_at: datetime) -> PassedOver | None:
        """Why this time is not offered to them now, or None."""
        if self.barred is not None:
            return self.barred
        unwanted = self.times.why_not(site_id, starts_at)
        return unwanted or (PassedOver.OFFERED_BEFORE if (site_id, starts_at) in self.offered else None)


def in_order(waiting: Iterable[QueuedWish]) -> list[QueuedWish]:
    """Who has waited longest first."""
    return sorted(waiting, key=lambda one: (one.asked_at, one.wish_id))


def answer_by(now: datetime, starts_at: datetime, zone: str, *, is_rung: bool = False) -> datetime:
    """Until when a time is held for an answer: half an hour by day, and in the night until the morning.

    Whoever has to be rung has longer, but never so long that the answer would come too late.
    """
    period = RING_PERIOD if is_rung else ANSWER_PERIOD
    return min(_by_day(now, zone) + period, starts_at - LATEST_ANSWER)


def is_of_use(now: datetime, starts_at: datetime, zone: str) -> bool:
    """Whether there is time to answer an offer of this time that is made now."""
    return earliest_use(now, zone) <= starts_at


def earliest_use(now: datetime, zone: str) -> datetime:
    """The first start that can be offered now."""
    return _by_day(now, zone) + ANSWER_PERIOD + LATEST_ANSWER


def _by_day(now: datetime, zone: str) -> datetime:
    """`now`, or in the night the next morning."""
    local = now.astimezone(ZoneInfo(zone))
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return now
    day = local.date() if local.time() < DAY_BEGINS else local.date() + ONE_DAY
    return wall_instant(day, DAY_BEGINS, zone)


def is_answer_due(asked_at: datetime, told_at: datetime | None, now: datetime, answer_days: int) -> bool:
    """Whether somebody has waited for so many days that a colleague is to tell them how it stands."""
    return (told_at or asked_at) + timedelta(days=answer_days) <= now
