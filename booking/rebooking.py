"""Appointments that cannot take place as booked: what becomes of each, and which other time suits best. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SEARCHED_DAYS = 28  # after the day that was booked, where no service promises a time sooner
LEAST_NOTICE = timedelta(hours=4)  # before a time that is proposed
LATEST_ANSWER = timedelta(hours=2)  # before it
VERY_NEAR = timedelta(hours=3)  # a proposed time
# The same time by telephone or video needs nothing of anybody: a colleague may ring as late as this, and be answered.
RUNG_NOTICE, RUNG_ANSWER = timedelta(minutes=30), timedelta(minutes=15)
# What one day later or earlier weighs, and one mile, beside the minutes by which the time of day differs.
MINUTES_FOR_A_DAY, MINUTES_FOR_A_MILE = 120, 20
URGENT_WITHIN = timedelta(days=1)  # who would come within it is served before others
SCARCE_NEEDS = frozenset({"step-free", "bsl", "language"})  # few places are step-free, and interpreters are few


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
UNDECIDED = (*TO_BE_RUNG, RebookState.OFFERED)


class Turn(StrEnum):
    """Why somebody is served before others, the first first."""

    URGENT = "urgent"  # would come very soon
    SCARCE = "scarce"  # needs what few times have
    ASKED = "asked"  # in the order of booking


@dataclass(frozen=True)
class Waiting:
    """Somebody for whom another time is to be sought; `asked_at` is when they booked."""

    item_id: int
    appointment_id: int
    starts_at: datetime
    needs: Collection[str]
    asked_at: datetime


def last_day(booked: date, first: date, promised: Iterable[int | None]) -> date:
    """The last day on which a time is proposed instead of one of `booked`: within what each service promises.

    Nobody is offered one after `first` and the day that they booked by more than that: they are rung.
    """
    days = min((one for one in promised if one is not None), default=SEARCHED_DAYS)
    return max(first, booked) + timedelta(days=min(days, SEARCHED_DAYS))


def turn_of(starts_at: datetime, needs: Collection[str], now: datetime) -> Turn:
    """Why somebody who would come at this instant, with these needs, has their turn."""
    if starts_at - now < URGENT_WITHIN:
        return Turn.URGENT
    return Turn.ASKED if SCARCE_NEEDS.isdisjoint(needs) else Turn.SCARCE


def in_turn(people: Iterable[Waiting], now: datetime) -> list[Waiting]:
    """The order in which other times are given out: by turn, and of one turn whoever booked first."""
    turns = list(Turn)
    return sorted(
        people,
        key=lambda one: (turns.index(turn_of(one.starts_at, one.needs, now)), one.asked_at, one.appointment_id),
    )


class ProposalState(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN = "taken"  # it was put to several, and another of them was quicker
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


def answer_by(now: datetime, proposed_start: datetime, period: timedelta) -> datetime:
    """Until when a proposed time is held for an answer, for `period` at most.

    One that is very near is for whoever is rung about it now.
    """
    if proposed_start - now <= VERY_NEAR:
        return proposed_start - RUNG_ANSWER
    return min(now + period, proposed_start - LATEST_ANSWER)
