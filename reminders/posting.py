"""Until when a letter is posted, so that it arrives before the visit. Pure.

Second class takes three working days: Monday to Friday, but for bank holidays. Source: Royal Mail, read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.events import PlanningFacts
from core.wall_clock import wall_instant
from locations.bank_holidays import bank_holiday
from reminders.due_times import Owed

POST_DAYS = 3  # working days from the day of posting to the day of arrival
POST_OPENS, POST_GOES = time(9), time(17)
FURTHEST = 60  # days: no year has so many in a row without work


def last_posting_day(visit_day: date, is_holiday: Callable[[date], bool]) -> date:
    """The last day on which a letter is posted that arrives on a working day before the visit."""
    day, left = visit_day, POST_DAYS + 1
    for _ in range(FURTHEST):
        day -= timedelta(days=1)
        left -= is_working_day(day, is_holiday)
        if not left:
            return day
    raise ValueError(f"no working days in the {FURTHEST} days before {visit_day}")


def is_working_day(day: date, is_holiday: Callable[[date], bool]) -> bool:
    """Whether post is taken and brought on that day."""
    return day.weekday() < 5 and not is_holiday(day)


def by_post(message: Owed, facts: PlanningFacts, now: datetime) -> Owed | None:
    """`message` as a letter: due in time for the post, and of no use after it; None where it would arrive too late."""
    visit_day = facts.starts_at.astimezone(ZoneInfo(facts.zone)).date()
    last_day = last_posting_day(visit_day, lambda day: bank_holiday(day, facts.division) is not None)
    until = min(message.useful_until, wall_instant(last_day, POST_GOES, facts.zone))
    if until <= now:
        return None
    due_at = min(message.due_at, wall_instant(last_day, POST_OPENS, facts.zone))
    return replace(message, due_at=max(now, due_at), useful_until=until)
