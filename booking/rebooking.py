"""Appointments that cannot take place as booked: what becomes of each, and which other time suits best. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_MILES = 10.0  # further away no other place is proposed
SEARCHED_DAYS = 28
ANSWER_PERIOD = timedelta(days=2)
LEAST_NOTICE = timedelta(hours=4)  # before a time that is proposed
LATEST_ANSWER = timedelta(hours=2)  # before it
SHORT_NOTICE = timedelta(hours=3)  # who would come within it is rung, whatever is sent
# What one day later or earlier weighs, and one mile, beside the minutes by which the time of day differs.
MINUTES_FOR_A_DAY, MINUTES_FOR_A_MILE = 120, 20


class RebookState(StrEnum):
    """What has become of an appointment that a closure touches. It is in exactly one of these."""

    TO_RING = "to_ring"  # nobody has answered, and somebody is to ring
    OFFERED = "offered"  # another time was sent, and is held
    ACCEPTED = "accepted"  # it takes place at the time that was offered
    MOVED = "moved"  # it takes place at another time, or at another desk
    DECLINED = "declined"  # the time that was offered did not suit; somebody is to ring
    CANCELLED = "cancelled"
    KEPT = "kept"  # the closure touches it no more


AFFECTED: tuple[RebookState, ...] = tuple(state for state in RebookState if state is not RebookState.KEPT)
TO_BE_RUNG = (RebookState.TO_RING, RebookState.DECLINED)


class ProposalState(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"  # it was not answered in time, or the appointment was moved or cancelled


@dataclass(frozen=True)
class TimeChange:
    """How a proposed time differs from the one that cannot be kept."""

    days: int
    minutes_of_day: int
    miles: float

    @property
    def cost(self) -> float:
        """The lower, the better it suits."""
        return abs(self.days) * MINUTES_FOR_A_DAY + abs(self.minutes_of_day) + self.miles * MINUTES_FOR_A_MILE


def change_between(old: datetime, new: datetime, zone: str, miles: float) -> TimeChange:
    """The difference between two starts, on the clock of `zone`, `miles` apart."""
    before, after = old.astimezone(ZoneInfo(zone)), new.astimezone(ZoneInfo(zone))
    minutes = (after.hour - before.hour) * 60 + after.minute - before.minute
    return TimeChange((after.date() - before.date()).days, minutes, miles)


def answer_by(now: datetime, proposed_start: datetime) -> datetime:
    """Until when a proposed time is held for an answer."""
    return min(now + ANSWER_PERIOD, proposed_start - LATEST_ANSWER)
