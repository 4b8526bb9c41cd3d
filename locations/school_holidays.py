"""The school holidays of a council, as its set-up says them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from core.wall_clock import dates_between, parse_day

IN_TERM, IN_HOLIDAYS = "term", "holidays"
SCHOOL_RULES = (IN_TERM, IN_HOLIDAYS)
"""A session is held in term alone, or in school holidays alone; without either it is held in both."""

LONGEST_DAYS = 92
Holidays = Iterable[Mapping[str, Any]]


def school_days_off(holidays: Holidays) -> frozenset[date]:
    """All days of these holidays, each of which has a `first_date` and a `last_date` as text."""
    return frozenset(day for _, first, last in school_periods(holidays) for day in dates_between(first, last))


def school_holidays_end(holidays: Holidays) -> date | None:
    """The last day of the last holiday that is known, or None."""
    return max((last for _, _, last in school_periods(holidays)), default=None)


def suits_school(rule: str, day: date, days_off: frozenset[date]) -> bool:
    """Whether a session with this rule is held on `day`, as far as schools decide."""
    return not rule or (day in days_off) == (rule == IN_HOLIDAYS)


def in_order(holidays: Holidays) -> list[dict[str, Any]]:
    """The holidays by their first day."""
    return sorted((dict(one) for one in holidays), key=lambda one: str(one["first_date"]))


def overlapping_holidays(holidays: Holidays) -> bool:
    """Whether two of the holidays share a day."""
    return any(after[1] <= before[2] for before, after in pairwise(school_periods(holidays)))


def school_periods(holidays: Holidays) -> list[tuple[str, date, date]]:
    """The name, first and last day of each holiday, by their first day."""
    return sorted(
        ((str(one["name"]), parse_day(one["first_date"]), parse_day(one["last_date"])) for one in holidays),
        key=lambda one: one[1],
    )
