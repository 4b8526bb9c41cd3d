"""A month as a table of weeks, each day with its status. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class DayStatus(StrEnum):
    """What a day has free for a search, or why nothing."""

    FREE = "free"
    FEW = "few"
    FULL = "full"
    SHUT = "shut"
    PAST = "past"
    LATER = "later"


FEW = 3


@dataclass(frozen=True)
class Day:
    """One cell of the month."""

    date: date
    status: DayStatus
    free: int = 0

    @property
    def number(self) -> int:
        """The day of the month."""
        return self.date.day

    @property
    def is_free(self) -> bool:
        """Whether something can be booked."""
        return self.free > 0

    @property
    def is_past(self) -> bool:
        """Whether it is too late to book the day."""
        return self.status is DayStatus.PAST


@dataclass(frozen=True)
class Month:
    """A month's weeks, Monday first; None stands for a day of the month before or after."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    earlier: date | None
    later: date | None

    @property
    def free(self) -> int:
        """How many starts are free in the whole month."""
        return sum(day.free for week in self.weeks for day in week if day)


def month_of(
    first: date, free_by_day: Mapping[date, int], bounds: tuple[date, date], open_dates: Collection[date]
) -> Month:
    """The month that begins on `first`. `bounds` are the first and last date that can be booked, both included.

    Weeks that are over are left out: on a telephone they push the days that matter off the screen.
    A day on which nothing is free is full if it is among `open_dates`, else shut.
    """
    last = last_of_month(first)
    days: list[Day | None] = [None] * first.weekday()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        days.append(_day(day, free_by_day.get(day, 0), bounds, open_dates))
    days += [None] * (-len(days) % 7)
    every_week = (tuple(days[start : start + 7]) for start in range(0, len(days), 7))
    weeks = tuple(week for week in every_week if not _is_over(week))
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return Month(
        first,
        weeks,
        earlier=before.replace(day=1) if before >= bounds[0] else None,
        later=after if after <= bounds[1] else None,
    )


def _is_over(week: tuple[Day | None, ...]) -> bool:
    return all(day is None or day.status is DayStatus.PAST for day in week)


def _day(day: date, free: int, bounds: tuple[date, date], open_dates: Collection[date]) -> Day:
    if free:
        return Day(day, DayStatus.FEW if free <= FEW else DayStatus.FREE, free)
    if day < bounds[0]:
        return Day(day, DayStatus.PAST)
    if day > bounds[1]:
        return Day(day, DayStatus.LATER)
    return Day(day, DayStatus.FULL if day in open_dates else DayStatus.SHUT)


def last_of_month(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_within(requested: date, bounds: tuple[date, date]) -> date:
    """The first day of the month of `requested`, moved to the nearest month that can be booked."""
    return min(max(requested, bounds[0]), bounds[1]).replace(day=1)
