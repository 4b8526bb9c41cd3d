"""Sessions for people without an appointment: nothing of them can be booked, and all of them is shown but what is shut."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from core.wall_clock import dates_between, local_day
from locations.drop_in_hours import DAYS_AHEAD, drop_ins
from locations.opening_hours import openings_on
from locations.session_facts import ClosureFacts, DatedSessionFacts, HolidayRule, SessionHours
from tests.locations.test_opening_hours import LONDON, MONDAY, make_recurrence, make_site

NOW = datetime(2026, 12, 21, 10, 30, tzinfo=UTC)
STEP = timedelta(minutes=5)


def test_what_is_shown_is_what_is_open_without_an_appointment_and_nothing_of_it_can_be_booked() -> None:
    """Every five minutes of two weeks over Christmas, against what a person would work out."""
    random = Random(5)
    for _ in range(12):
        closures = tuple(
            ClosureFacts(
                at, at + timedelta(hours=random.randint(1, 30)), None, "", random.choice((None, frozenset({8})))
            )
            for at in (NOW + timedelta(hours=random.randint(-20, 300)) for _ in range(3))
        )
        hours = SessionHours(time(9), time(16), 0, 0, time(12), time(13), drop_in=True)
        morning = SessionHours(time(8), time(11))
        site = make_site(
            recurrences=(
                make_recurrence(slug="drop-in", rrule="FREQ=WEEKLY;BYDAY=MO,TU,FR", hours=hours),
                make_recurrence(slug="booked", rrule="FREQ=DAILY", hours=morning),
            ),
            dated_sessions=(DatedSessionFacts("one", date(2026, 12, 30), hours, (1,), frozenset({7, 8})),),
            closures=closures,
            holidays=HolidayRule("england-and-wales", closes=True),
        )
        shown = drop_ins(site, {7}, NOW, LONDON)
        days = list(dates_between(NOW.date(), NOW.date() + timedelta(days=DAYS_AHEAD - 1)))
        for day in days:
            tick = datetime(day.year, day.month, day.day, tzinfo=UTC)
            while tick.date() == day:
                is_day = (day.weekday() in (0, 1, 4) and day not in HOLIDAYS) or day == date(2026, 12, 30)
                is_hour = 9 <= tick.hour < 16 and tick.hour != 12
                is_shut = any(
                    one.service_ids is None and one.starts_at < tick + STEP and tick < one.ends_at for one in closures
                )
                expected = is_day and is_hour and not is_shut
                if tick >= NOW:
                    found = any(one.starts_at <= tick < one.ends_at for one in shown)
                    assert found == expected, (tick, closures)
                tick += STEP
            openings = openings_on(site, local_day(day, LONDON), LONDON)
            assert all((one.first_tick, one.last_tick) == (96, 132) for one in openings)


HOLIDAYS = {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}


def test_a_service_that_is_shut_by_itself_is_not_shown() -> None:
    hours = SessionHours(time(9), time(16), drop_in=True)
    shut = ClosureFacts(datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), None, "", frozenset({7}))
    both = make_recurrence(hours=hours, service_ids=frozenset({7, 8}))
    site = make_site(recurrences=(both,), closures=(shut,))
    now = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)
    assert [one.starts_at.day for one in drop_ins(site, {7}, now, LONDON)] == [23]
    assert [one.starts_at.day for one in drop_ins(site, {8}, now, LONDON)] == [23, 30]
    assert [one.service_ids for one in drop_ins(site, (), now, LONDON)] == [frozenset({7, 8}), frozenset({8})]
