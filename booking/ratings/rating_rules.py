"""The rules of the two questions after a visit: who is asked, how long the answer is taken, what is shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MARKS = (5, 4, 3, 2, 1)  # from very good to very bad
LONGEST_COMMENT = 300
ASKED_AGAIN_AFTER = timedelta(days=30)
ANSWERED_FOR = timedelta(days=30)
FEWEST = 5
"""Of fewer answers no figure is shown: whoever knows who came could tell whose they are."""
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Rating:
    """An answer: a mark of `MARKS`, and a line, which may be empty."""

    mark: int
    comment: str = ""


@dataclass(frozen=True)
class RatingFigures:
    """The answers about a service at a site, by their slugs; no figure but that there are too few of fewer than `FEWEST`."""

    site: str
    service: str
    numbers: tuple[int, ...] = ()  # by mark, as in `MARKS`
    comments: tuple[str, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether there are enough answers to show anything."""
        return bool(self.numbers)

    @property
    def answers(self) -> int:
        """How many answers there are, where that is shown."""
        return sum(self.numbers)

    @property
    def average(self) -> float:
        """The average of the marks, where there are enough."""
        return sum(mark * number for mark, number in zip(MARKS, self.numbers, strict=True)) / self.answers


def figures_of(site: str, service: str, ratings: Iterable[Rating]) -> RatingFigures:
    """The figures of these answers. The lines are in the order of the alphabet, so that none goes with a mark or a day."""
    found = list(ratings)
    if len(found) < FEWEST:
        return RatingFigures(site, service)
    numbers = Counter(one.mark for one in found)
    comments = sorted((one.comment for one in found if one.comment), key=str.casefold)
    return RatingFigures(site, service, tuple(numbers[mark] for mark in MARKS), tuple(comments))


def month_of(day: date) -> date:
    """The first day of the month of that day."""
    return day.replace(day=1)


def months_shown(today: date) -> tuple[date, ...]:
    """The months whose figures are shown, by their first days, the newest first: those that are over.

    An answer counts in the month in which it was given. So no month changes once it is shown, no two of them have an
    answer in common, and figures of two periods or of two days have no difference that says what a few people answered.
    """
    months, month = [], month_of(today)
    for _number in range(MONTHS_SHOWN):
        month = month_of(month - timedelta(days=1))
        months.append(month)
    return tuple(months)


def is_still_asked(asked_at: datetime, now: datetime) -> bool:
    """Whether somebody who was asked at `asked_at` can still answer."""
    return now <= asked_at + ANSWERED_FOR
