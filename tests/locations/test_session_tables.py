"""A session in plain words: the same after it was written as a table of the file, held on the dates that its words say."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from locations.importing.council_plan import SessionPlan
from locations.importing.parse_sessions import read_session
from locations.importing.table_reader import Reader
from locations.importing.value_checks import WEEKDAYS
from locations.opening_hours import dates_until
from locations.release_shares import Release
from locations.session_facts import ExceptionFacts, HolidayRule, RecurrenceFacts, SessionHours
from locations.session_patterns import LAST, WEEKS_OF_MONTH, Pattern, Repeats, first_dates, pattern_of
from locations.session_tables import (
    PlainSession,
    continued_from,
    ended_before,
    new_slug,
    once_on,
    overlapping,
    session_of,
    table_of_session,
    with_exception,
    without_exception,
)

WORDS = tuple(WEEKDAYS)
OPEN_ALWAYS = HolidayRule("england-and-wales", closes=False)
NINE_TO_ONE = SessionHours(time(9), time(13))
days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
TUESDAYS = PlainSession("tuesdays", Pattern(Repeats.WEEKLY, ("tuesday",)), NINE_TO_ONE, ("desk",), ("advice",))


def several(choices: Any) -> Any:
    """Some of the choices, at least one, in their order."""
    return st.sets(st.sampled_from(choices), min_size=1).map(lambda some: tuple(one for one in choices if one in some))


@st.composite
def patterns(draw: Any) -> Pattern:
    """Every pattern for which there are plain words, and a rule for which there are none."""
    repeats = draw(st.sampled_from(Repeats))
    first = draw(days)
    last = draw(st.none() | st.integers(0, 500).map(lambda number: first + timedelta(days=number)))
    if repeats is Repeats.ONCE:
        return Pattern(repeats, first_date=first)
    if repeats is Repeats.RULE:
        return Pattern(repeats, first_date=first, last_date=last, rule="FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR;COUNT=9")
    if repeats is Repeats.DAY_OF_MONTH:
        return Pattern(
            repeats, month_day=draw(st.sampled_from((*range(1, 32), LAST))), first_date=first, last_date=last
        )
    weeks = draw(several(WEEKS_OF_MONTH)) if repeats is Repeats.MONTHLY else ()
    needs_first = repeats is not Repeats.WEEKLY
    return Pattern(
        repeats,
        weekdays=draw(several(WORDS)),
        weeks=weeks,
        first_date=first if needs_first or draw(st.booleans()) else None,
        last_date=last,
    )


def says(pattern: Pattern, day: date) -> bool:
    """Whether the words of the pattern mean this day, reckoned day by day."""
    if pattern.repeats is Repeats.ONCE:
        return day == pattern.first_date
    if (pattern.first_date and day < pattern.first_date) or (pattern.last_date and day > pattern.last_date):
        return False
    length, is_weekday = monthrange(day.year, day.month)[1], WORDS[day.weekday()] in pattern.weekdays
    match pattern.repeats:
        case Repeats.WEEKLY:
            return is_weekday
        case Repeats.FORTNIGHTLY:
            assert pattern.first_date
            monday = pattern.first_date - timedelta(days=pattern.first_date.weekday())
            return is_weekday and (day - monday).days // 7 % 2 == 0
        case Repeats.MONTHLY:
            is_last = day.day > length - 7
            return is_weekday and ((day.day + 6) // 7 in pattern.weeks or (is_last and LAST in pattern.weeks))
    return day.day == (length if pattern.month_day == LAST else pattern.month_day)


def shares_beside(percent: int) -> tuple[tuple[Release, ...], ...]:
    """Shares that are all of a session with that of staff."""
    return (
        (Release(100 - percent, 365),),
        (Release(50, 28), Release(20, 14, time(9)), Release(30 - percent, 0, time(8))),
        (Release(79 - percent, 0, time(0, 5)), Release(21, 0, time(8))),
    )


@st.composite
def sessions(draw: Any) -> PlainSession:
    """Any session that the file takes."""
    pattern = draw(patterns())
    percent = draw(st.sampled_from((0, 20)))
    begins, stops = draw(st.sampled_from(((None, None), (time(11), time(11, 20)))))
    hours = SessionHours(
        time(9, draw(st.sampled_from((0, 5)))),
        time(13),
        percent,
        draw(st.sampled_from((0, 24))) and percent,
        begins,
        stops,
        not percent and draw(st.booleans()),
    )
    if not hours.drop_in and draw(st.booleans()):
        hours = replace(hours, releases=draw(st.sampled_from(shares_beside(percent))))
    session = PlainSession("some", pattern, hours, draw(several(("desk", "ann"))), draw(several(("advice", "forms"))))
    dates = first_dates(pattern, date(2026, 1, 1), date(2032, 1, 1), 6)
    assume(dates)
    changed = st.sampled_from((ExceptionFacts(), ExceptionFacts(time(10), time(11)), ExceptionFacts(reason="Training")))
    if not session.is_dated:
        for day in draw(st.sets(st.sampled_from(dates))):
            session = with_exception(session, day, draw(changed))
    return session


def plan_of_table(table: dict[str, Any]) -> SessionPlan:
    """What the file's own parser reads in the table, which has no mistake."""
    reader = Reader()
    plan = read_session(reader, table, (), "it", {"desk": ["desk"], "ann": ["ann"]}, OPEN_ALWAYS)
    reader.finish()
    return plan


def facts_of(table: dict[str, Any]) -> RecurrenceFacts:
    """The recurrence of the table."""
    plan = plan_of_table(table)
    dates = (plan.values["rrule"], plan.values["first_date"], plan.values["last_date"])
    return RecurrenceFacts("", *dates, NINE_TO_ONE, (), frozenset(), plan.exceptions)


def held_on(facts: RecurrenceFacts, among: list[date]) -> list[date]:
    """Those of the days on which the recurrence is held."""
    last = among[-1] if facts.last_date is None else min(facts.last_date, among[-1])
    held = set(dates_until(facts, last))
    return [day for day in among if day in held]


@settings(max_examples=200, deadline=None)
@given(sessions())
def test_a_session_in_words_is_the_same_after_it_was_a_table_and_is_held_when_they_say(session: PlainSession) -> None:
    table = table_of_session(session)
    assert session_of(table) == session
    plan = plan_of_table(table)
    if session.is_dated:
        assert plan.values["date"] == session.pattern.first_date
        return
    facts = facts_of(table)
    assert dict(facts.exceptions) == dict(session.exceptions)
    if session.pattern.repeats is not Repeats.RULE:
        start = (session.pattern.first_date or date(2026, 1, 1)) - timedelta(days=40)
        days_of_it = [start + timedelta(days=number) for number in range(500)]
        assert held_on(facts, days_of_it) == [day for day in days_of_it if says(session.pattern, day)]


@settings(max_examples=100, deadline=None)
@given(sessions(), st.integers(-20, 400))
def test_a_session_that_is_split_has_the_dates_that_it_had(session: PlainSession, after: int) -> None:
    day = (session.pattern.first_date or date(2026, 6, 1)) + timedelta(days=after)
    if session.is_dated:
        return
    parts = (ended_before(session, day), continued_from(session, day, "later"))
    around = [day + timedelta(days=number) for number in range(-500, 400)]
    dates = [one for part in parts if part for one in held_on(facts_of(table_of_session(part)), around)]
    assert dates == held_on(facts_of(table_of_session(session)), around)
    assert [one for part in parts if part for one in part.exceptions] == list(session.exceptions)


@pytest.mark.parametrize(
    ("rrule", "repeats"),
    [
        ("BYDAY=TU;FREQ=WEEKLY;INTERVAL=2", Repeats.FORTNIGHTLY),
        ("FREQ=WEEKLY;BYDAY=MO,TU", Repeats.WEEKLY),
        ("FREQ=MONTHLY;BYDAY=+1TU,3TU", Repeats.MONTHLY),
        ("FREQ=MONTHLY;BYDAY=1TU,3WE", Repeats.RULE),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1", Repeats.RULE),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", Repeats.RULE),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", Repeats.RULE),
        ("FREQ=MONTHLY;BYDAY=5TU", Repeats.RULE),
        ("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=24", Repeats.RULE),
    ],
)
def test_a_rule_without_plain_words_stays_as_it_is(rrule: str, repeats: Repeats) -> None:
    pattern = pattern_of({"rrule": rrule, "first_date": "2026-09-01"})
    assert (pattern.repeats, pattern.first_date) == (repeats, date(2026, 9, 1))
    assert pattern.rule == (rrule if repeats is Repeats.RULE else "")


def test_one_date_differs_and_does_so_no_longer() -> None:
    day = date(2026, 12, 1)
    changed = with_exception(TUESDAYS, day, ExceptionFacts(time(10), time(13)))
    again = with_exception(changed, day, ExceptionFacts(reason="Training"))
    assert again.exceptions == ((day, ExceptionFacts(reason="Training")),)
    assert without_exception(again, day) == TUESDAYS


def test_sessions_of_one_resource_overlap_on_a_date_of_both() -> None:
    first, last = date(2026, 12, 1), date(2027, 3, 1)
    once = once_on(TUESDAYS, date(2026, 12, 8), SessionHours(time(12), time(15)), "extra")
    assert overlapping(once, [TUESDAYS], first, last) == TUESDAYS
    off = with_exception(TUESDAYS, date(2026, 12, 8), ExceptionFacts())
    others = (
        off,
        replace(TUESDAYS, resources=("ann",)),
        replace(TUESDAYS, hours=SessionHours(time(9), time(12))),
        once_on(TUESDAYS, date(2026, 12, 9), NINE_TO_ONE, "other"),
    )
    assert overlapping(once, others, first, last) is None


def test_a_new_session_is_named_by_its_days_and_never_like_another() -> None:
    pattern = Pattern(Repeats.WEEKLY, ("tuesday", "thursday"))
    assert new_slug(pattern, time(9), ()) == "tuesday-thursday-0900"
    assert new_slug(pattern, time(9), ("tuesday-thursday-0900",)) == "tuesday-thursday-0900-2"
    assert new_slug(replace(pattern, weekdays=WORDS), time(9), ()) == "monday-to-sunday-0900"
    assert new_slug(Pattern(Repeats.ONCE, first_date=date(2026, 12, 24)), time(9), ()) == "2026-12-24-0900"
