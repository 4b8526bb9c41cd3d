"""A month of days, each with its status."""

from __future__ import annotations

from datetime import date

from web.resident.time_views import DayStatus, Month, month_of, month_within

TODAY = date(2026, 11, 23)
BOUNDS = (date(2026, 11, 24), date(2027, 1, 18))


def november(free: dict[date, int], open_days: set[int]) -> Month:
    """November 2026 with so much free, and open on those days of the month."""
    return month_of(date(2026, 11, 1), free, BOUNDS, {date(2026, 11, day) for day in open_days}, TODAY)


def status(month: Month, number: int) -> DayStatus:
    """The status of a day of the month."""
    return next(day for week in month.weeks for day in week if day and day.number == number).status


def test_every_day_has_its_status() -> None:
    month = november({date(2026, 11, 24): 12, date(2026, 11, 25): 3}, {24, 25, 26})
    found = [status(month, number) for number in (23, 24, 25, 26, 27)]
    assert found == [DayStatus.PAST, DayStatus.FREE, DayStatus.FEW, DayStatus.FULL, DayStatus.SHUT]
    assert month.free == 15


def test_a_day_that_is_over_is_not_one_that_is_too_soon() -> None:
    month = month_of(date(2026, 11, 1), {}, (date(2026, 11, 26), date(2027, 1, 18)), (), date(2026, 11, 24))
    found = [status(month, number) for number in (23, 24, 25, 26)]
    assert found == [DayStatus.OVER, DayStatus.PAST, DayStatus.PAST, DayStatus.SHUT]


def test_days_beyond_the_horizon_are_not_yet() -> None:
    month = month_of(date(2027, 1, 1), {}, BOUNDS, {date(2027, 1, 18), date(2027, 1, 19)}, TODAY)
    assert status(month, 18) is DayStatus.FULL
    assert status(month, 19) is DayStatus.LATER


def test_weeks_begin_on_monday_and_are_whole() -> None:
    month = month_of(date(2026, 12, 1), {}, BOUNDS, (), TODAY)
    assert [day and day.number for day in month.weeks[0]] == [None, 1, 2, 3, 4, 5, 6]
    assert all(len(week) == 7 for week in month.weeks)


def test_weeks_that_are_over_are_left_out() -> None:
    month = november({}, set())
    assert [day and day.number for day in month.weeks[0]] == [23, 24, 25, 26, 27, 28, 29]


def test_turning_stops_at_what_can_be_booked() -> None:
    assert november({}, set()).earlier is None
    assert november({}, set()).later == date(2026, 12, 1)
    january = month_of(date(2027, 1, 1), {}, BOUNDS, {date(2027, 1, 18), date(2027, 1, 19)}, TODAY)
    assert (january.earlier, january.later) == (date(2026, 12, 1), None)


def test_a_month_that_cannot_be_booked_becomes_the_nearest_that_can() -> None:
    assert month_within(date(2020, 5, 1), BOUNDS) == date(2026, 11, 1)
    assert month_within(date(2026, 12, 9), BOUNDS) == date(2026, 12, 1)
    assert month_within(date(2031, 5, 1), BOUNDS) == date(2027, 1, 1)
