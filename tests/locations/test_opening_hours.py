"""What is open on a day, from wall clock to ticks: pure, with literals."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from core.wall_clock import local_day
from locations.bank_holidays import bank_holiday
from locations.model import SiteFacts
from locations.opening_hours import closed_on, dates_in_year, is_session_date, openings_on
from locations.session_facts import (
    ClosureFacts,
    DatedSessionFacts,
    ExceptionFacts,
    HolidayRule,
    RecurrenceFacts,
    SessionHours,
)

LONDON = "Europe/London"
CERTIFY = frozenset({7})
DESK, ROOM = 1, 2
MONDAY = date(2026, 11, 23)
NO_HOLIDAYS = HolidayRule("england-and-wales", closes=False)


def make_recurrence(**changed: object) -> RecurrenceFacts:
    """Mondays from 23 November 2026, 09:00 to 17:00, one desk."""
    facts: dict[str, object] = {
        "slug": "mondays",
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "first_date": MONDAY,
        "last_date": None,
        "hours": SessionHours(time(9), time(17)),
        "resource_ids": (DESK,),
        "service_ids": CERTIFY,
    }
    return RecurrenceFacts(**(facts | changed))  # type: ignore[arg-type]


def make_site(**changed: object) -> SiteFacts:
    """A library with Monday sessions and no holidays."""
    facts: dict[str, object] = {
        "id": 1,
        "slug": "golders-green",
        "name": "Golders Green Library",
        "kind": "library",
        "address": "156 Golders Green Road, London",
        "postcode": "NW11 8HE",
        "easting": 524500,
        "northing": 187700,
        "features": frozenset({"step_free"}),
        "phone": "",
        "directions": "",
        "resources": (),
        "recurrences": (make_recurrence(),),
        "dated_sessions": (),
        "closures": (),
        "holidays": NO_HOLIDAYS,
        "plan_version": 1,
    }
    return SiteFacts(**(facts | changed))  # type: ignore[arg-type]


def hours_on(site: SiteFacts, day: date, zone: str = LONDON) -> list[tuple[int, int]]:
    return [(o.first_tick, o.last_tick) for o in openings_on(site, local_day(day, zone), zone)]


def closed(site: SiteFacts, day: date) -> dict[int | None, tuple[tuple[int, int], ...]]:
    return dict(closed_on(site, local_day(day, LONDON), LONDON))


def closure(starts: str, ends: str, resource_id: int | None = None) -> ClosureFacts:
    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    return ClosureFacts(instant(starts), instant(ends), resource_id)


def test_a_recurrence_opens_its_weekday_and_no_other() -> None:
    site = make_site()
    assert hours_on(site, MONDAY) == [(108, 204)]
    assert hours_on(site, date(2026, 11, 24)) == []
    assert hours_on(site, date(2026, 11, 30)) == [(108, 204)]


def test_a_recurrence_holds_from_its_first_to_its_last_date_both_included() -> None:
    site = make_site(recurrences=(make_recurrence(last_date=date(2026, 12, 7)),))
    assert hours_on(site, date(2026, 11, 16)) == []
    assert hours_on(site, date(2026, 12, 7)) == [(108, 204)]
    assert hours_on(site, date(2026, 12, 14)) == []


def test_every_second_week_is_counted_from_the_first_date() -> None:
    recurrence = make_recurrence(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    assert is_session_date(recurrence, date(2026, 12, 7))
    assert not is_session_date(recurrence, date(2026, 11, 30))
    assert date(2027, 1, 4) in dates_in_year(recurrence, 2027)


def test_until_includes_its_own_date() -> None:
    recurrence = make_recurrence(rrule="FREQ=WEEKLY;BYDAY=MO;UNTIL=20261130")
    assert dates_in_year(recurrence, 2026) == {MONDAY, date(2026, 11, 30)}


def test_the_first_tuesday_of_the_month_can_be_said() -> None:
    recurrence = make_recurrence(rrule="FREQ=MONTHLY;BYDAY=1TU", first_date=date(2026, 12, 1))
    assert sorted(dates_in_year(recurrence, 2026) | dates_in_year(recurrence, 2027))[:3] == [
        date(2026, 12, 1),
        date(2027, 1, 5),
        date(2027, 2, 2),
    ]


def test_an_exception_without_hours_takes_the_date_off() -> None:
    recurrence = make_recurrence(exceptions={MONDAY: ExceptionFacts()})
    assert hours_on(make_site(recurrences=(recurrence,)), MONDAY) == []


def test_an_exception_with_hours_replaces_them_on_its_date_only() -> None:
    recurrence = make_recurrence(exceptions={MONDAY: ExceptionFacts(time(10), time(12, 30))})
    site = make_site(recurrences=(recurrence,))
    assert hours_on(site, MONDAY) == [(120, 150)]
    assert hours_on(site, date(2026, 11, 30)) == [(108, 204)]


def test_an_exception_on_a_day_that_the_rule_skips_opens_nothing() -> None:
    recurrence = make_recurrence(exceptions={date(2026, 11, 24): ExceptionFacts(time(10), time(12))})
    assert hours_on(make_site(recurrences=(recurrence,)), date(2026, 11, 24)) == []


def test_a_dated_session_opens_its_date_beside_the_recurrences() -> None:
    extra = DatedSessionFacts("late", MONDAY, SessionHours(time(17), time(19)), (DESK, ROOM), CERTIFY)
    site = make_site(dated_sessions=(extra,))
    assert hours_on(site, MONDAY) == [(108, 204), (204, 228), (204, 228)]
    assert hours_on(site, date(2026, 11, 30)) == [(108, 204)]


@pytest.mark.parametrize(
    ("day", "ticks", "nine", "five"),
    [
        (date(2027, 3, 27), 288, 108, 204),
        (date(2027, 3, 28), 276, 96, 192),  # clocks go forward: 09:00 comes 8 hours after midnight
        (date(2027, 10, 31), 300, 120, 216),  # clocks go back: it comes 10 hours after
    ],
)
def test_sessions_keep_their_wall_clock_when_the_clocks_change(day: date, ticks: int, nine: int, five: int) -> None:
    site = make_site(recurrences=(make_recurrence(rrule="FREQ=DAILY"),))
    assert local_day(day, LONDON).ticks == ticks
    assert hours_on(site, day) == [(nine, five)]


def test_a_session_inside_the_skipped_hour_opens_nothing() -> None:
    night = make_recurrence(rrule="FREQ=DAILY", hours=SessionHours(time(1), time(2)))
    site = make_site(recurrences=(night,))
    assert hours_on(site, date(2027, 3, 28)) == []
    assert hours_on(site, date(2027, 3, 29)) == [(12, 24)]


def test_a_session_over_the_repeated_hour_is_an_hour_longer() -> None:
    night = make_recurrence(rrule="FREQ=DAILY", hours=SessionHours(time(0, 30), time(3)))
    assert hours_on(make_site(recurrences=(night,)), date(2027, 10, 31)) == [(6, 48)]


@pytest.mark.parametrize(("percent", "reserved_from"), [(0, 204), (25, 180), (33, 173), (100, 108)])
def test_staff_keep_the_last_share_of_a_session_in_whole_ticks(percent: int, reserved_from: int) -> None:
    hours = SessionHours(time(9), time(17), reserved_percent=percent, release_hours=24)
    site = make_site(recurrences=(make_recurrence(hours=hours),))
    (opening,) = openings_on(site, local_day(MONDAY, LONDON), LONDON)
    assert (opening.reserved_from, opening.release_ticks) == (reserved_from, 288)


def test_an_exception_keeps_the_share_of_its_own_hours() -> None:
    hours = SessionHours(time(9), time(17), reserved_percent=50, release_hours=24)
    changed = {MONDAY: ExceptionFacts(time(9), time(11))}
    site = make_site(recurrences=(make_recurrence(hours=hours, exceptions=changed),))
    (opening,) = openings_on(site, local_day(MONDAY, LONDON), LONDON)
    assert (opening.last_tick, opening.reserved_from) == (132, 120)


def test_a_closure_is_half_open() -> None:
    site = make_site(closures=(closure("2026-11-23T10:00", "2026-11-23T12:00"),))
    assert closed(site, MONDAY) == {None: ((120, 144),)}


def test_a_closure_over_midnight_touches_both_days_and_no_third() -> None:
    site = make_site(closures=(closure("2026-11-23T22:00", "2026-11-25T00:00"),))
    assert closed(site, MONDAY) == {None: ((264, 288),)}
    assert closed(site, date(2026, 11, 24)) == {None: ((0, 288),)}
    assert closed(site, date(2026, 11, 25)) == {}


def test_a_closure_that_ends_at_midnight_leaves_the_next_day_alone() -> None:
    site = make_site(closures=(closure("2026-11-22T00:00", "2026-11-23T00:00"),))
    assert closed(site, MONDAY) == {}


def test_a_closure_of_part_of_a_tick_shuts_the_whole_tick() -> None:
    site = make_site(closures=(closure("2026-11-23T10:04", "2026-11-23T10:06"),))
    assert closed(site, MONDAY) == {None: ((120, 122),)}


def test_closures_of_resources_stand_apart_from_those_of_the_site() -> None:
    shut = (
        closure("2026-11-23T10:00", "2026-11-23T11:00", DESK),
        closure("2026-11-23T14:00", "2026-11-23T15:00", DESK),
        closure("2026-11-23T09:00", "2026-11-23T09:30"),
    )
    assert closed(make_site(closures=shut), MONDAY) == {DESK: ((120, 132), (168, 180)), None: ((108, 114),)}


def test_a_closure_in_summer_time_lands_on_its_local_day() -> None:
    site = make_site(closures=(closure("2026-07-05T23:00", "2026-07-06T23:00"),))  # all of 6 July in London
    assert closed(site, date(2026, 7, 5)) == {}
    assert closed(site, date(2026, 7, 6)) == {None: ((0, 288),)}


def test_a_bank_holiday_shuts_the_whole_site() -> None:
    site = make_site(holidays=HolidayRule("england-and-wales", closes=True))
    assert closed(site, date(2026, 12, 25)) == {None: ((0, 288),)}
    assert closed(site, date(2026, 12, 24)) == {}


BOXING_MONDAY = date(2026, 12, 28)


def test_a_dated_session_opens_a_bank_holiday_on_purpose_and_nothing_else_does() -> None:
    once = DatedSessionFacts("christmas", BOXING_MONDAY, SessionHours(time(10), time(12)), (ROOM,), CERTIFY)
    site = make_site(holidays=HolidayRule("england-and-wales", closes=True), dated_sessions=(once,))
    assert closed(site, BOXING_MONDAY) == {}
    assert hours_on(site, BOXING_MONDAY) == [(120, 144)]
    assert closed(site, date(2026, 12, 25)) == {None: ((0, 288),)}


def test_an_exception_with_hours_opens_a_bank_holiday_on_purpose() -> None:
    changed = make_recurrence(exceptions={BOXING_MONDAY: ExceptionFacts(time(10), time(12))})
    site = make_site(
        holidays=HolidayRule("england-and-wales", closes=True), recurrences=(make_recurrence(slug="usual"), changed)
    )
    assert closed(site, BOXING_MONDAY) == {}
    assert hours_on(site, BOXING_MONDAY) == [(120, 144)]


def test_a_closure_shuts_what_is_open_on_a_bank_holiday() -> None:
    once = DatedSessionFacts("christmas", BOXING_MONDAY, SessionHours(time(10), time(12)), (ROOM,), CERTIFY)
    shut = (closure("2026-12-28T10:00", "2026-12-28T11:00"),)
    holidays = HolidayRule("england-and-wales", closes=True)
    assert closed(make_site(holidays=holidays, dated_sessions=(once,), closures=shut), BOXING_MONDAY) == {
        None: ((120, 132),)
    }


def test_a_rule_of_so_many_times_ends_with_them() -> None:
    recurrence = make_recurrence(rrule="FREQ=WEEKLY;BYDAY=MO;COUNT=7")
    assert max(dates_in_year(recurrence, 2027)) == date(2027, 1, 4)
    assert dates_in_year(recurrence, 2028) == frozenset()


def test_a_site_that_stays_open_on_bank_holidays_is_not_shut() -> None:
    assert closed(make_site(), date(2026, 12, 25)) == {}


@pytest.mark.parametrize(
    ("day", "england", "scotland"),
    [
        (date(2026, 11, 30), False, True),  # St Andrew's Day
        (date(2027, 3, 29), True, False),  # Easter Monday
        (date(2026, 8, 3), False, True),  # summer holiday in Scotland
        (date(2026, 8, 31), True, False),  # and in England
        (date(2027, 12, 27), True, True),  # Christmas Day is a Saturday: the substitute
    ],
)
def test_england_and_scotland_keep_different_holidays(day: date, *, england: bool, scotland: bool) -> None:
    assert (bank_holiday(day, "england-and-wales") is not None) is england
    assert (bank_holiday(day, "scotland") is not None) is scotland


def test_years_beyond_the_published_list_follow_rules() -> None:
    assert bank_holiday(date(2045, 12, 25), "england-and-wales") == "Christmas Day"
    assert bank_holiday(date(2045, 12, 1), "england-and-wales") is None


def test_the_second_answer_is_the_first_one_kept() -> None:
    """A request never expands a recurrence again while the facts stay the same."""
    site, day = make_site(), local_day(MONDAY, LONDON)
    assert openings_on(site, day, LONDON) is openings_on(site, day, LONDON)
    assert closed_on(site, day, LONDON) is closed_on(site, day, LONDON)


def test_the_same_site_can_be_read_in_another_zone() -> None:
    site = make_site(recurrences=(make_recurrence(rrule="FREQ=DAILY"),))
    assert hours_on(site, date(2027, 3, 28), "Europe/London") == [(96, 192)]
    assert hours_on(site, date(2027, 3, 28), "UTC") == [(108, 204)]
