"""Letters are posted so that they arrive, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.events import PlanningFacts
from locations.bank_holidays import bank_holiday
from reminders.due_times import Owed
from reminders.posting import by_call, by_post, is_working_day, last_posting_day


def holidays_of(division: str) -> Callable[[date], bool]:
    return lambda day: bank_holiday(day, division) is not None


@pytest.mark.parametrize(
    ("visit", "division", "posted"),
    [
        ("2026-11-27", "england-and-wales", "2026-11-23"),  # Friday: it arrives on Thursday, posted on Monday
        ("2026-11-30", "england-and-wales", "2026-11-24"),  # Monday: it arrives on Friday
        ("2026-12-29", "england-and-wales", "2026-12-21"),  # Christmas, and the substitute of Boxing Day
        ("2027-01-06", "scotland", "2026-12-29"),  # the second of January is a holiday there
        ("2027-01-06", "england-and-wales", "2026-12-30"),
    ],
)
def test_the_last_day_for_second_class_post(visit: str, division: str, posted: str) -> None:
    assert last_posting_day(date.fromisoformat(visit), holidays_of(division)) == date.fromisoformat(posted)


@given(visit=st.dates(date(2020, 1, 1), date(2040, 1, 1)), closed=st.sets(st.integers(1, 20), max_size=6))
def test_three_working_days_lie_between_the_post_and_the_visit(visit: date, closed: set[int]) -> None:
    holidays = {visit - timedelta(days=days) for days in closed}
    posted = last_posting_day(visit, holidays.__contains__)
    assert is_working_day(posted, holidays.__contains__)
    between = [posted + timedelta(days=days) for days in range(1, (visit - posted).days)]
    assert sum(is_working_day(day, holidays.__contains__) for day in between) == 3


def test_a_letter_is_due_in_time_for_the_post_or_not_owed() -> None:
    visit, now = datetime(2026, 11, 27, 10, tzinfo=UTC), datetime(2026, 11, 16, 9, tzinfo=UTC)
    facts = PlanningFacts(1, 1, 1, "booked", visit, False, "Europe/London", ())
    reminder = Owed("reminder_1d", datetime(2026, 11, 26, 9, tzinfo=UTC), visit)
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert by_post(reminder, facts, now) == Owed("reminder_1d", monday, monday.replace(hour=17))
    assert by_post(reminder, facts, monday.replace(hour=12)) == Owed(
        "reminder_1d", monday.replace(hour=12), monday.replace(hour=17)
    )
    assert by_post(reminder, facts, monday.replace(hour=17)) is None
    at_once = Owed("confirmation", now, visit)
    assert by_post(at_once, facts, now) == Owed("confirmation", now, monday.replace(hour=17))


@pytest.mark.parametrize(
    ("due", "now", "rung"),
    [
        ("2026-11-24T09:00", "2026-11-20T08:00", "2026-11-24T09:00"),  # a Tuesday
        ("2026-11-29T09:00", "2026-11-20T08:00", "2026-11-27T09:00"),  # a Sunday: on Friday
        ("2026-12-28T09:00", "2026-12-20T08:00", "2026-12-24T09:00"),  # the substitute of Boxing Day: on Christmas Eve
        ("2026-11-29T09:00", "2026-11-28T08:00", "2026-11-29T09:00"),  # booked on Saturday: Friday is over
    ],
)
def test_somebody_rings_on_a_working_day_where_one_is_ahead(due: str, now: str, rung: str) -> None:
    at, asked, expected = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (due, now, rung))
    facts = PlanningFacts(
        1, 1, version=1, state="booked", starts_at=at + timedelta(days=1), is_walk_in=False, zone="Europe/London",
        reminder_plan=(), division="england-and-wales",
    )  # fmt: skip
    assert by_call(Owed("reminder_1d", at, facts.starts_at), facts, asked).due_at == expected
    assert by_call(Owed("rescheduled", at, facts.starts_at), facts, asked).due_at == at
