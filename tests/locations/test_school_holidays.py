"""Sessions in term alone, or in school holidays alone; and school holidays from a file."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from booking.importing.clashes import ImportRefused
from booking.importing.school_file import school_holidays_in, with_holidays
from locations.importing.parse_plan import plan_of
from locations.importing.table_reader import InvalidSetUp
from locations.opening_hours import sessions_on
from locations.school_holidays import school_days_off
from locations.session_facts import HolidayRule
from tests.locations.test_opening_hours import MONDAY, make_recurrence, make_site

CHRISTMAS = {"name": "Christmas", "first_date": "2026-12-21", "last_date": "2027-01-01"}
FEBRUARY = {"name": "Half term", "first_date": "2027-02-15", "last_date": "2027-02-19"}


def test_a_session_is_held_in_term_in_holidays_or_in_both() -> None:
    days_off = school_days_off([CHRISTMAS, FEBRUARY])
    random = Random(3)
    for _ in range(30):
        rules = [random.choice(("", "term", "holidays")) for _ in range(3)]
        recurrences = [
            make_recurrence(slug=f"{number}", rrule="FREQ=WEEKLY;BYDAY=MO,TU,FR", school=rule)
            for number, rule in enumerate(rules)
        ]
        site = make_site(recurrences=tuple(recurrences), holidays=HolidayRule("england-and-wales", False, days_off))
        for day in (MONDAY + timedelta(days=number) for number in range(100)):
            is_off = date(2026, 12, 21) <= day <= date(2027, 1, 1) or date(2027, 2, 15) <= day <= date(2027, 2, 19)
            expected = [
                str(number)
                for number, rule in enumerate(rules)
                if day.weekday() in (0, 1, 4) and rule in (("", "holidays") if is_off else ("", "term"))
            ]
            assert [one.slug for one in sessions_on(site, day)] == expected, (day, rules)


CSV = "name,first_date,last_date\nChristmas,21/12/2026,1 January 2027\nHalf term,2027-02-15,2027-02-19\n"
ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Half term
DTSTART;VALUE=DATE:20270215
DTEND;VALUE=DATE:20270220
END:VEVENT
BEGIN:VEVENT
SUMMARY:Christmas
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20270102
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("text", [CSV, ICS])
def test_a_file_gives_the_holidays_and_twice_changes_nothing(text: str) -> None:
    new = school_holidays_in(text.encode())
    assert new == [CHRISTMAS, FEBRUARY]
    old = {"name": "Summer", "first_date": "2026-07-20", "last_date": "2026-09-01"}
    wrong = {"name": "Winter", "first_date": "2026-12-23", "last_date": "2027-01-05"}
    together = with_holidays([old, wrong], new)
    assert together == [old, CHRISTMAS, FEBRUARY]
    assert with_holidays(together, new) == together


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("name,first_date,last_date\nX,21/12/2026,20/12/2026\n", 2, "school_ends_first"),
        ("name,first_date,last_date\nX,21/13/2026,20/12/2026\n", 2, "rota_day_form"),
        ("name,first_date,last_date\n=X,21/12/2026,22/12/2026\n", 2, "rota_formula"),
        ("name,first_date,last_date\n", 1, "school_file_empty"),
        ("name\n", 1, "import_column_missing"),
        (ICS.replace("SUMMARY:Half term", "SUMMARY:Half term\nRRULE:FREQ=YEARLY"), 2, "school_recurs"),
        (ICS.replace("20270220", "20270101"), 2, "school_ends_first"),
        ("x" * 600_000, 1, "rota_too_large"),
    ],
)
def test_a_mistake_of_the_file_has_its_line(text: str, line: int, code: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        school_holidays_in(text.encode())
    assert (refused.value.clashes[0].line, refused.value.clashes[0].reason.code) == (line, code)


@pytest.mark.parametrize(
    ("holidays", "words"),
    [
        ([CHRISTMAS | {"last_date": "2026-12-01"}], "is before its first_date"),
        ([CHRISTMAS | {"last_date": "2027-12-01"}], "are its dates right?"),
        ([CHRISTMAS, FEBRUARY | {"first_date": "2026-12-30"}], "more than 92 days|share a day"),
        ([], "add school_holidays"),
    ],
)
def test_what_cannot_be_in_the_file_is_said(holidays: list[dict[str, Any]], words: str) -> None:
    session = {
        "slug": "mondays",
        "days": ["monday"],
        "starts": "09:00",
        "ends": "17:00",
        "resources": ["desk"],
        "services": ["certify"],
        "school": "term",
    }
    tables = {
        "authority": {"slug": "smallville", "name": "Smallville", "school_holidays": holidays},
        "services": [{"slug": "certify", "name": "C", "duration_minutes": 30, "requirements": [{"kind": "desk"}]}],
        "sites": [
            {
                "slug": "hall",
                "name": "Hall",
                "kind": "hub",
                "resources": [{"slug": "desk", "name": "Desk", "kind": "desk"}],
                "sessions": [session],
            }
        ],
    }
    with pytest.raises(InvalidSetUp) as refused:
        plan_of(tables)
    texts = [what for whats in refused.value.errors.values() for what in whats]
    assert any(word in text for text in texts for word in words.split("|")), texts
