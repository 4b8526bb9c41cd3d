"""A month as a table of weeks, each day with a word that says how it stands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Standing(StrEnum):
    """How a day stands for what was asked."""

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
    standing: Standing
    free: int = 0

    @property
    def number(self) -> int:
        """The day of the month."""
        return self.date.day

    @property
    def is_free(self) -> bool:
        """Whether something can be booked."""
        return self.free > 0


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
    first: date, free_by_day: Mapping[date, int], bounds: tuple[date, date], is_open: Callable[[date], bool]
) -> Month:
    """The month that begins on `first`. `bounds` are the first and last date that can be booked, both included.

    Weeks that are over are left out: on a telephone they push the days that matter off the screen.
    `is_open` is asked only about days on which nothing is free: open means full, else shut.
    """
    last = last_of_month(first)
    days: list[Day | None] = [None] * first.weekday()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        days.append(_day(day, free_by_day.get(day, 0), bounds, is_open))
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
    return all(day is None or day.standing is Standing.PAST for day in week)


def _day(day: date, free: int, bounds: tuple[date, date], is_open: Callable[[date], bool]) -> Day:
    if free:
        return Day(day, Standing.FEW if free <= FEW else Standing.FREE, free)
    if day < bounds[0]:
        return Day(day, Standing.PAST)
    if day > bounds[1]:
        return Day(day, Standing.LATER)
    return Day(day, Standing.FULL if is_open(day) else Standing.SHUT)


def last_of_month(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_within(wanted: date, bounds: tuple[date, date]) -> date:
    """The first day of the month of `wanted`, moved to the nearest month that can be booked."""
    return min(max(wanted, bounds[0]), bounds[1]).replace(day=1)
