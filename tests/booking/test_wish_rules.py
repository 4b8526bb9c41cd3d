"""The rules of the waiting list: which times are wanted, how long one is held, and when none is of use."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from booking.proposals.wish_rules import (
    ANSWER_PERIOD,
    LATEST_ANSWER,
    PassedOver,
    QueuedWish,
    WantedTimes,
    answer_by,
    is_of_use,
)

ZONE = "Europe/London"
NEXT_WEEK = datetime(2026, 12, 7, 9, tzinfo=UTC)
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.integers(0, 20_000), st.booleans())
def test_there_is_time_to_read_an_offer_by_day_and_to_answer_it(now: datetime, minutes: int, is_rung: bool) -> None:
    starts_at = now + timedelta(minutes=minutes)
    if not is_of_use(now, starts_at, ZONE):
        return
    until = answer_by(now, starts_at, ZONE, is_rung=is_rung)
    assert now + ANSWER_PERIOD <= until <= starts_at - LATEST_ANSWER
    local = until.astimezone(ZoneInfo(ZONE))
    assert time(8, 30) <= local.time().replace(tzinfo=None) or is_rung or until - now == ANSWER_PERIOD


def test_an_offer_in_the_night_waits_for_the_morning() -> None:
    night = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)  # 22:30 in London
    assert answer_by(night, NEXT_WEEK, ZONE) == datetime(2026, 7, 2, 7, 30, tzinfo=UTC)
    assert answer_by(night.replace(hour=12), NEXT_WEEK, ZONE) == night.replace(hour=13, minute=0)
    assert not is_of_use(night, datetime(2026, 7, 2, 8, 25, tzinfo=UTC), ZONE)
    assert is_of_use(night, datetime(2026, 7, 2, 8, 30, tzinfo=UTC), ZONE)


def test_each_wish_is_respected() -> None:
    times = WantedTimes(date(2026, 12, 4), frozenset({7}), frozenset({2, 5}), time(9), time(12))
    tuesday = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - as the clock on the wall shows it
    assert times.why_not(7, tuesday) is None
    assert times.why_not(8, tuesday) is PassedOver.OTHER_PLACES
    assert times.why_not(7, tuesday + timedelta(days=1)) is PassedOver.OTHER_DAYS
    assert times.why_not(7, tuesday + timedelta(days=7)) is PassedOver.TOO_LATE
    assert times.why_not(7, tuesday - timedelta(minutes=5)) is PassedOver.OTHER_HOURS
    assert times.why_not(7, tuesday + timedelta(hours=3)) is PassedOver.OTHER_HOURS
    assert WantedTimes(date(2026, 12, 4)).why_not(8, tuesday + timedelta(hours=8)) is None


def test_why_somebody_is_passed_over() -> None:
    asked = datetime(2026, 11, 1, tzinfo=UTC)
    times = WantedTimes(date(2026, 12, 4))
    start = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert QueuedWish(1, asked, times).why_not(7, start) is None
    assert QueuedWish(1, asked, times, unanswered=3).why_not(7, start) is PassedOver.PAUSED
    assert QueuedWish(1, asked, times, is_paused=True).why_not(7, start) is PassedOver.PAUSED
    assert QueuedWish(1, asked, times, has_offer=True).why_not(7, start) is PassedOver.HAS_OFFER
    assert QueuedWish(1, asked, times, is_to_be_rebooked=True).why_not(7, start) is PassedOver.TO_REBOOK
    assert QueuedWish(1, asked, times, offered=frozenset({(7, start)})).why_not(7, start) is PassedOver.OFFERED_BEFORE
    assert QueuedWish(1, asked, times).why_not(7, start + timedelta(days=7)) is PassedOver.TOO_LATE
