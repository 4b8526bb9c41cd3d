"""Wall clock and instants, above all on the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidValue
from core.wall_clock import (
    days_between,
    instant_of,
    iso_local,
    local_date_of,
    local_day,
    parse_day,
    parse_instant,
    tick_at,
    unit_after,
    unit_of,
    wall_instant,
)

LONDON = "Europe/London"
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)
CLOCK_CHANGES = [SPRING, AUTUMN, date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26), date(2028, 10, 29)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_units_are_whole_five_minutes_since_1970() -> None:
    assert unit_of(utc("1970-01-01T00:00")) == 0
    assert unit_of(utc("1970-01-02T00:10")) == 290
    assert unit_of(utc("1969-12-31T23:59")) == -1


def test_an_instant_within_a_unit_belongs_to_it_and_the_next_one_begins_after() -> None:
    assert unit_of(utc("1970-01-01T00:14:59")) == 2
    assert unit_after(utc("1970-01-01T00:10:01")) == 3
    assert unit_after(utc("1970-01-01T00:10:00")) == 2


def test_units_and_instants_are_each_other_s_inverse() -> None:
    assert instant_of(290) == utc("1970-01-02T00:10")
    assert instant_of(unit_of(utc("2026-11-23T09:35"))) == utc("2026-11-23T09:35")


def test_the_zone_of_an_instant_does_not_change_its_unit() -> None:
    paris = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert unit_of(paris) == unit_of(utc("2026-11-23T09:00"))


@pytest.mark.parametrize("convert", [unit_of, unit_after])
def test_a_naive_datetime_is_refused(convert: object) -> None:
    with pytest.raises(ValueError, match="no zone"):
        convert(utc("2026-11-23T09:00").replace(tzinfo=None))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 11, 23), 24), (SPRING, 23), (AUTUMN, 25), (date(2027, 3, 28), 23), (date(2028, 10, 29), 25)],
)
def test_a_local_day_has_its_true_length(day: date, hours: int) -> None:
    assert local_day(day, LONDON).ticks == hours * 12


def test_a_local_day_begins_at_local_midnight() -> None:
    assert local_day(date(2026, 7, 1), LONDON).base_unit == unit_of(utc("2026-06-30T23:00"))
    assert local_day(date(2026, 12, 1), LONDON).base_unit == unit_of(utc("2026-12-01T00:00"))


def test_days_follow_each_other_without_gap_or_overlap() -> None:
    days = days_between(date(2026, 1, 1), date(2028, 12, 31), LONDON)
    assert len(days) == 365 + 365 + 366
    assert all(one.end_unit == other.base_unit for one, other in pairwise(days))


def test_days_between_is_empty_when_the_last_comes_before_the_first() -> None:
    assert days_between(date(2026, 1, 2), date(2026, 1, 1), LONDON) == []


@pytest.mark.parametrize(
    ("day", "shown", "instant"),
    [
        (date(2026, 11, 23), time(9, 0), "2026-11-23T09:00"),
        (date(2026, 7, 1), time(9, 0), "2026-07-01T08:00"),
        (SPRING, time(0, 55), "2026-03-29T00:55"),
        (SPRING, time(1, 0), "2026-03-29T01:00"),
        (SPRING, time(1, 30), "2026-03-29T01:00"),
        (SPRING, time(1, 59), "2026-03-29T01:00"),
        (SPRING, time(2, 0), "2026-03-29T01:00"),
        (SPRING, time(2, 5), "2026-03-29T01:05"),
        (AUTUMN, time(0, 55), "2026-10-24T23:55"),
        (AUTUMN, time(1, 0), "2026-10-25T00:00"),
        (AUTUMN, time(1, 30), "2026-10-25T00:30"),
        (AUTUMN, time(2, 0), "2026-10-25T02:00"),
    ],
)
def test_skipped_times_move_to_the_end_of_the_gap_and_repeated_ones_mean_the_first(
    day: date, shown: time, instant: str
) -> None:
    assert wall_instant(day, shown, LONDON) == utc(instant)


def test_a_fold_in_the_given_time_is_ignored() -> None:
    assert wall_instant(AUTUMN, time(1, 30, fold=1), LONDON) == utc("2026-10-25T00:30")


def test_a_gap_of_half_an_hour_at_two_is_found_too() -> None:
    """Lord Howe Island goes from 02:00 +10:30 to 02:30 +11:00."""
    assert wall_instant(date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe") == utc("2026-10-03T15:30")


def test_a_day_without_midnight_begins_at_its_first_instant() -> None:
    """In Beirut the clocks go forward at midnight: the day begins at 01:00 and has 23 hours."""
    day = local_day(date(2026, 3, 29), "Asia/Beirut")
    assert (instant_of(day.base_unit), day.ticks) == (utc("2026-03-28T22:00"), 276)


@pytest.mark.parametrize("date", CLOCK_CHANGES)
def test_a_tick_is_the_first_at_which_the_clock_shows_that_time_or_later(date: date) -> None:
    day = local_day(date, LONDON)
    shown_at = [instant_of(day.base_unit + tick).astimezone(ZoneInfo(LONDON)).time() for tick in range(day.ticks)]
    for step in range(288):
        local_time = time(step // 12, step % 12 * 5)
        assert tick_at(day, local_time, LONDON) == next(
            tick for tick, shown in enumerate(shown_at) if shown >= local_time
        )


def test_local_iso_text_carries_the_offset() -> None:
    assert iso_local(unit_of(utc("2026-11-23T09:00")), LONDON) == "2026-11-23T09:00:00+00:00"
    assert iso_local(unit_of(utc("2026-07-01T09:00")), LONDON) == "2026-07-01T10:00:00+01:00"
    assert [iso_local(unit_of(utc(f"2026-10-25T{at}")), LONDON) for at in ("00:30", "01:30")] == [
        "2026-10-25T01:30:00+01:00",
        "2026-10-25T01:30:00+00:00",
    ]


def test_the_local_date_changes_at_local_midnight() -> None:
    assert local_date_of(unit_of(utc("2026-06-30T22:55")), LONDON) == date(2026, 6, 30)
    assert local_date_of(unit_of(utc("2026-06-30T23:00")), LONDON) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-11-24", date(2026, 11, 24)),
        (" 2026-11-24 ", date(2026, 11, 24)),
        ("2000-01-01", date(2000, 1, 1)),
        ("2200-12-31", date(2200, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
        ("2026-02-29", None),
        ("1999-12-31", None),
        ("2201-01-01", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("20261124", None),
        ("2026-W48-2", None),
        ("24/11/2026", None),
        ("2026-11-24T09:00", None),
        ("٢٠٢٦-11-24", None),
        ("2026-11-2\x00", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_a_day_is_a_date_of_the_years_that_are_served(typed: str, kept: date | None) -> None:
    if kept is None:
        with pytest.raises(InvalidValue):
            parse_day(typed)
    else:
        assert parse_day(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2026-11-24T09:00:00", "instant_without_offset"),
        ("2026-11-24", "instant_without_offset"),
        ("9999-12-31T23:59:59+00:00", "year_out_of_range"),
        ("at nine", "instant_form"),
        ("2026-11-24T09:00:00\x00Z", "unprintable"),
    ],
)
def test_an_instant_needs_its_offset_and_the_same_years(typed: str, code: str) -> None:
    assert parse_instant("2026-11-24T09:00:00Z") == datetime(2026, 11, 24, 9, tzinfo=UTC)
    with pytest.raises(InvalidValue) as refused:
        parse_instant(typed)
    assert refused.value.reason.code == code
