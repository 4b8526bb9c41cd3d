"""A council's file: read, written once, changed, and attacked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Base, Database
from core.wall_clock import local_day
from locations.catalogue_queries import catalogue_of, lock_council
from locations.importing.applied_changes import Changes
from locations.importing.apply import apply_difference
from locations.importing.difference import difference_between, planned_set_up
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import stored_set_up
from locations.importing.toml_file import InvalidFile
from locations.model import Catalogue
from locations.opening_hours import closed_on, openings_on
from locations.session_facts import ExceptionFacts
from locations.tables import Resource

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EXAMPLE = (Path(__file__).parents[2] / "docs/examples/anytown.toml").read_text(encoding="utf-8")
LONDON = "Europe/London"

SMALL = """
[authority]
slug = "smallville"
name = "Smallville"

[[services]]
slug = "advice"
name = "Advice"
duration_minutes = 30
requirements = [{ kind = "desk" }]

[[sites]]
slug = "hall"
name = "Hall"
kind = "office"
  [[sites.resources]]
  slug = "desk"
  name = "Desk"
  kind = "desk"
  [[sites.sessions]]
  slug = "mornings"
  days = ["monday"]
  starts = "09:00"
  ends = "12:00"
  resources = ["desk"]
  services = ["advice"]
"""


def bring_in(database: Database, text: str) -> Changes:
    with database.writing() as db:
        plan = read_plan(text.encode())
        stored = stored_set_up(db, lock_council(db, plan.authority["slug"]))
        difference = difference_between(stored.values, planned_set_up(plan), NOW)
        return apply_difference(db, stored, difference)


def catalogue(database: Database, slug: str) -> Catalogue:
    with database.reading() as db:
        return catalogue_of(db, slug)


def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table of the plan."""
    with database.reading() as db:
        tables = [table for name, table in Base.metadata.tables.items() if name != "audit_entries"]
        return {table.name: sorted(map(repr, db.execute(select(table)))) for table in tables}


def errors(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(InvalidFile) as caught:
        read_plan(text.encode() if isinstance(text, str) else text)
    return [(error.line, error.what) for error in caught.value.errors]


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) >= 1
    return SMALL.replace(old, new, 1)


def test_the_example_of_the_documentation_can_be_imported(database: Database) -> None:
    changes = bring_in(database, EXAMPLE)
    rows = {"council": 1, "service": 2, "person": 1, "site": 3, "resource": 5, "session": 6, "closure": 4}
    assert changes.added == rows | {"travel time": 1, "ward": 1, "triage": 1}
    anytown = catalogue(database, "anytown")
    library = anytown.site("central-library")
    assert [resource.slug for resource in library.resources] == [
        "desk-1",
        "desk-2",
        "desk-3",
        "housing-adviser",
        "outreach-adviser",
    ]
    assert (library.easting, library.northing) == (525310, 187540)  # not those of its postcode
    assert anytown.service("housing-advice").lead_minutes == 1440
    assert anytown.service("certify-documents").lead_minutes == 120
    assert anytown.site("by-video-or-phone").modes == ("video", "phone")


def test_the_example_opens_what_it_says(database: Database) -> None:
    bring_in(database, EXAMPLE)
    library = catalogue(database, "anytown").site("central-library")

    def hours(day: date) -> list[tuple[int, int]]:
        return sorted({(o.first_tick, o.last_tick) for o in openings_on(library, local_day(day, LONDON), LONDON)})

    assert hours(date(2026, 11, 24)) == [(108, 204)]
    assert hours(date(2026, 12, 1)) == [(108, 204), (120, 180)]
    assert hours(date(2026, 12, 5)) == [(120, 144)]
    assert hours(date(2026, 12, 24)) == [(108, 156)]
    assert hours(date(2026, 12, 31)) == []
    weekdays = next(session for session in library.recurrences if session.slug == "weekdays")
    assert weekdays.exceptions[date(2026, 12, 24)] == ExceptionFacts(time(9), time(13), "Christmas Eve")


def test_the_example_shuts_what_it_says(database: Database) -> None:
    bring_in(database, EXAMPLE)
    library = catalogue(database, "anytown").site("central-library")
    desk_3 = next(resource.id for resource in library.resources if resource.slug == "desk-3")

    def closed(day: date) -> dict[int | None, Any]:
        return dict(closed_on(library, local_day(day, LONDON), LONDON))

    assert closed(date(2027, 1, 11)) == {None: ((144, 288),)}
    assert closed(date(2027, 1, 12)) == {None: ((0, 108),)}
    assert closed(date(2027, 1, 20)) == {desk_3: ((0, 288),)}
    assert closed(date(2027, 1, 21)) == {}
    assert closed(date(2027, 2, 3)) == {None: ((0, 288),)}


def test_importing_a_file_twice_changes_nothing(database: Database) -> None:
    """Not one row, and no plan version, so that no process loads its catalogue again."""
    bring_in(database, EXAMPLE)
    before, known = contents(database), catalogue(database, "anytown")
    assert bring_in(database, EXAMPLE).are_none
    assert contents(database) == before
    assert catalogue(database, "anytown") is known


def test_a_change_at_one_site_reloads_that_site_alone(database: Database) -> None:
    bring_in(database, EXAMPLE)
    before = catalogue(database, "anytown")
    changes = bring_in(database, EXAMPLE.replace('name = "Central Library"', 'name = "The Central Library"'))
    after = catalogue(database, "anytown")
    assert changes.changed == {"site": 1}
    assert after.site("central-library").name == "The Central Library"
    assert after.site("by-video-or-phone") is before.site("by-video-or-phone")
    assert after.service("housing-advice") is before.service("housing-advice")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ('starts = "10:00"\n  ends = "15:00"', 'starts = "10:30"\n  ends = "15:00"', "session"),
        ('resources = ["desk-1"]', 'resources = ["desk-2"]', "session"),
        ('ends = "13:00"', 'ends = "12:00"', "session"),
        ("seats = 1                         # more", "seats = 2                         # more", "resource"),
        ('name = "Outreach adviser"', 'name = "Adviser for outreach"', "person"),
        ("minutes = 25", "minutes = 30", "travel time"),
        ("first_date = 2027-02-10", "first_date = 2027-02-11", "closure"),
        ("duration_minutes = 45", "duration_minutes = 60", "service"),
        ("open_limit = 2 ", "open_limit = 3 ", "council"),
        ("last_date = 2027-01-20", "last_date = 2027-01-21", "closure"),
    ],
)
def test_one_changed_value_is_one_change(database: Database, old: str, new: str, kind: str) -> None:
    bring_in(database, EXAMPLE)
    before = catalogue(database, "anytown")
    changes = bring_in(database, EXAMPLE.replace(old, new))
    assert (changes.added, changes.changed, changes.removed) == ({}, {kind: 1}, {})
    assert catalogue(database, "anytown") is not before


def test_what_nothing_relies_on_is_removed_when_it_is_left_out(database: Database) -> None:
    bring_in(database, EXAMPLE)
    shorter = EXAMPLE.replace("count = 3 ", "count = 2 ")
    start = shorter.index('  [[sites.closures]]\n  slug = "desk-3-repair"')
    shorter = shorter[:start] + shorter[shorter.index("[[sites]]", start) :]
    changes = bring_in(database, shorter)
    assert changes.removed == {"closure": 1, "resource": 1}
    assert "desk-3" not in [
        resource.slug for resource in catalogue(database, "anytown").site("central-library").resources
    ]


def test_a_site_and_a_service_that_are_left_out_go_with_their_sessions(database: Database) -> None:
    bring_in(database, SMALL)
    other = SMALL.replace('"hall"', '"annex"').replace('"advice"', '"help"')
    changes = bring_in(database, other)
    assert changes.removed == {"resource": 1, "session": 1, "site": 1, "service": 1}
    known = catalogue(database, "smallville")
    assert [site.slug for site in known.sites] == ["annex"]
    assert [service.slug for service in known.services] == ["help"]


def test_another_council_is_left_alone(database: Database) -> None:
    bring_in(database, SMALL)
    before = catalogue(database, "smallville")
    bring_in(database, EXAMPLE)
    assert catalogue(database, "smallville") is before


def test_a_resource_that_the_record_needs_is_kept_and_opened_by_nothing(database: Database) -> None:
    bring_in(database, SMALL)
    with database.writing() as db:
        _refer_to_the_desk(db)
    changes = bring_in(database, SMALL.replace('"desk"\n  name', '"table"\n  name').replace('["desk"]', '["table"]'))
    assert changes.kept == ['resource "desk" of site "hall"']
    hall = catalogue(database, "smallville").site("hall")
    assert {resource.slug for resource in hall.resources} == {"desk", "table"}
    (opening,) = openings_on(hall, local_day(date(2026, 11, 23), LONDON), LONDON)
    assert opening.resource_id == next(resource.id for resource in hall.resources if resource.slug == "table")


def _refer_to_the_desk(db: Session) -> None:
    """A calendar feed stands for anything that refers to a resource."""
    desk = db.scalars(select(Resource).where(Resource.slug == "desk")).one()
    feeds = Base.metadata.tables["calendar_feeds"]
    values = {"authority_id": desk.authority_id, "site_id": desk.site_id, "resource_id": desk.id}
    db.execute(feeds.insert().values(**values, token_digest="x", name="Desk", created_at=NOW))


def test_a_closure_that_is_over_stays_as_the_record(database: Database) -> None:
    over = '\n  [[sites.closures]]\n  slug = "flood"\n  first_date = 2026-11-02\n'
    bring_in(database, SMALL + over)
    assert bring_in(database, SMALL).are_none
    assert len(catalogue(database, "smallville").site("hall").closures) == 1


def test_a_closure_that_is_left_out_opens_again(database: Database) -> None:
    closure = '\n  [[sites.closures]]\n  slug = "flood"\n  first_date = 2026-12-01\n'
    bring_in(database, SMALL + closure)
    assert bring_in(database, SMALL).removed == {"closure": 1}
    assert catalogue(database, "smallville").site("hall").closures == ()


@pytest.mark.parametrize(
    ("old", "new", "part", "advice"),
    [
        ("duration_minutes = 30", "durration_minutes = 30", "durration", "did you mean 'duration_minutes'?"),
        ("duration_minutes = 30", 'duration_minutes = "30"', "duration", "whole number without quotes, not text"),
        ("duration_minutes = 30", "duration_minutes = true", "duration", "not true or false"),
        ("duration_minutes = 30", "duration_minutes = 32", "duration", "multiple of 5"),
        ("duration_minutes = 30", "duration_minutes = -5", "duration", "from 5 to 480"),
        ('starts = "09:00"', 'starts = "09:02"', "starts =", "steps of 5 minutes"),
        ('starts = "09:00"', "starts = 9", "starts =", 'a time such as "09:00"'),
        ('starts = "09:00"', 'starts = "29:00"', "starts =", "a time such as 09:00"),
        ('ends = "12:00"', 'ends = "08:00"', "ends =", "not after it starts at 09:00"),
        ('ends = "12:00"', 'ends = "09:00"', "ends =", "not after it starts at 09:00"),
        ('resources = ["desk"]', 'resources = ["dask"]', "resources =", "did you mean 'desk'?"),
        ('services = ["advice"]', 'services = ["advise"]', "services =", "did you mean 'advice'?"),
        ('days = ["monday"]', 'days = ["mondy"]', "days =", "did you mean 'monday'?"),
        ('days = ["monday"]', 'days = ["monday", "monday"]', "days =", "the same thing twice"),
        ('days = ["monday"]', 'rrule = "FREQ=SECONDLY"', "rrule =", "needs FREQ="),
        ('kind = "office"', 'kind = "castle"', 'kind = "castle"', "library, hub, office, virtual"),
        ('slug = "hall"', 'slug = "Town Hall"', "Town Hall", "lower-case letters"),
        ('slug = "smallville"', 'slug = "staff"', "staff", "the service uses itself"),
        ('name = "Smallville"', 'zone = "Europe/Lundon"\nname = "S"', "Lundon", "such as Europe/London"),
        ('name = "Smallville"', 'zone = "../../etc/passwd"\nname = "S"', "passwd", "such as Europe/London"),
        ('name = "Smallville"', 'name = "S"\nbrand_colour = "red"', "brand_colour", "#1d4f7c"),
        ('name = "Smallville"', 'name = "S\\u0000"', "S\\u0000", "control character"),
        ('name = "Hall"', 'name = "Hall"\npostcode = "NW11 9ZZ"', "postcode", "no known postcode"),
        ('name = "Hall"', 'name = "Hall"\npostcode = "NW11"', "postcode", "no known postcode"),
        ('name = "Hall"', f'name = "{"x" * 201}"', "xxx", "the most is 200"),
        ('kind = "office"', 'kind = "virtual"', "services =", "cannot be given at site"),
        ('[{ kind = "desk" }]', '[{ kind = "room" }]', "services =", "needs a room, and no session of site"),
        ('[{ kind = "desk" }]', "[]", "requirements = []", "needs requirements"),
        ("[[sites.sessions]]", "[sites.sessions]", "[sites.sessions]", "must be a list of tables"),
        ("[[sites]]", "[[sytes]]", "[[sytes]]", "did you mean 'sites'?"),
    ],
)
def test_an_error_names_its_line_and_what_to_do(old: str, new: str, part: str, advice: str) -> None:
    text = changed(old, new)
    found = errors(text)
    assert any(line == line_with(text, part) and advice in what for line, what in found), found


@pytest.mark.parametrize(
    ("rule", "advice"),
    [
        ("FREQ=SECONDLY", "needs FREQ="),
        ("FREQ=WEEKLY;BYHOUR=9", "BYHOUR"),
        ("every monday", "which is not used here"),
        ("FREQ=WEEKLY;BYDAY=XX", "days such as MO,TU"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", "falls on no date"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "falls on no date"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261101", "falls on no date"),
        ("FREQ=WEEKLY;UNTIL=20261331", "a date such as UNTIL=20261231"),
        ("FREQ=WEEKLY;UNTIL=next year", "a date such as UNTIL=20261231"),
        ("FREQ=WEEKLY;COUNT=5;UNTIL=20271231", "COUNT and UNTIL"),
        ("FREQ=WEEKLY;INTERVAL=0", "from 1 to 999"),
        ("FREQ=DAILY\\nDTSTART:20200101", "line end"),
        ("FREQ=WEEKLY;BYDAY=MO\\nRDATE:20261225T000000", "line end"),
        ("FREQ=WEEKLY;BYDAY=MO\\u2028EXDATE:20261130T000000", "line end"),
        ("FREQ=WEEKLY;BYDAY=", "days such as MO,TU"),
        ("FREQ=WEEKLY;BYDAY=1TU", "FREQ=MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=MO;BYWEEKNO=3", "FREQ=YEARLY"),
        ("FREQ=WEEKLY;FREQ=DAILY", "FREQ twice"),
        ("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", "BYDAY twice"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=0TU", "days such as MO,TU"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "from 1 to 366"),
        ("FREQ=DAILY;BYSETPOS=2", "nothing to choose from"),
        ("FREQ=YEARLY;BYWEEKNO=0", "from 1 to 53"),
        ("FREQ=DAILY;COUNT=1;BYMONTH=13", "months from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=0", "months from 1 to 12"),
    ],
)
def test_a_rule_that_cannot_be_run_is_refused(rule: str, advice: str) -> None:
    text = changed('days = ["monday"]', f'rrule = "{rule}"\n  first_date = 2026-11-23')
    found = errors(text)
    assert any(line == line_with(text, "rrule =") and advice in what for line, what in found), found


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("RRULE:freq=weekly;byday=mo;", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=WEEKLY;UNTIL=20271231T235959Z", "FREQ=WEEKLY;UNTIL=20271231"),
        ("FREQ=WEEKLY;UNTIL=20271231T170000", "FREQ=WEEKLY;UNTIL=20271231"),
        ("FREQ=WEEKLY;COUNT=12;INTERVAL=2;BYDAY=MO,TU;WKST=SU", "FREQ=WEEKLY;COUNT=12;INTERVAL=2;BYDAY=MO,TU;WKST=SU"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1,+2", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1,+2"),
        ("FREQ=YEARLY;BYMONTH=01,12;BYMONTHDAY=-1,31", "FREQ=YEARLY;BYMONTH=01,12;BYMONTHDAY=-1,31"),
    ],
)
def test_a_rule_is_taken_as_calendar_programs_write_it(written: str, kept: str) -> None:
    plan = read_plan(changed('days = ["monday"]', f'rrule = "{written}"\n  first_date = 2026-11-23').encode())
    assert plan.sites[0].sessions[0].values["rrule"] == kept


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-31;BYMONTH=6",
    ],
)
def test_a_rule_that_never_falls_is_answered_at_once(rule: str) -> None:
    text = changed('days = ["monday"]', f'rrule = "{rule}"\n  first_date = 2020-01-01')
    began = process_time()
    assert errors(text)
    assert process_time() - began < 1


@pytest.mark.parametrize(
    ("when", "part"),
    [
        ('days = ["monday"]\n  first_date = 2026-11-24\n  last_date = 2026-11-29', "days ="),
        (
            'rrule = "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"\n  first_date = 2026-11-24\n  last_date = 2026-12-31',
            "[[sites.sessions]]",
        ),
        ('days = ["monday"]\n  first_date = 2026-12-28\n  last_date = 2026-12-28', "[[sites.sessions]]"),
    ],
)
def test_a_session_that_can_never_open_is_refused_at_its_line(when: str, part: str) -> None:
    text = changed('days = ["monday"]', when)
    assert [line for line, _ in errors(text)] == [line_with(text, part)]


@pytest.mark.parametrize(
    "allowed", ["closes_on_bank_holidays = false", '[[sites.sessions.exceptions]]\ndate = 2026-12-25\nstarts = "10:00"']
)
def test_a_session_on_bank_holidays_may_be_what_the_council_wants(allowed: str) -> None:
    when = 'rrule = "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"\n  first_date = 2026-11-24\n  last_date = 2026-12-31'
    text = changed('days = ["monday"]', when)
    if "exceptions" in allowed:
        text += f'  {allowed}\nends = "12:00"\n'
    else:
        text = text.replace('kind = "office"', f'kind = "office"\n{allowed}')
    assert read_plan(text.encode())


@pytest.mark.parametrize(
    ("reminders", "advice"),
    [
        ('{ kind = "confirmation", days_before = 1, at = "10:00" }', "begin with reminder_"),
        ('{ kind = "cancelled", minutes_before = 60 }', "begin with reminder_"),
        ('{ kind = "manage_link_nudge", minutes_before = 60 }', "begin with reminder_"),
        ('{ kind = "Reminder", minutes_before = 60 }', "begin with reminder_"),
        ('{ kind = "reminder_", minutes_before = 60 }', "begin with reminder_"),
        ('{ kind = "reminder_far_too_long_to_be_kept", minutes_before = 60 }', "the most is 30"),
        ('{ kind = "reminder_a", minutes_before = 60 }, { kind = "reminder_a", minutes_before = 120 }', "of its own"),
        ('{ kind = "reminder_a", minutes_before = 60 }, { kind = "reminder_b", minutes_before = 60 }', "same time"),
        ('{ kind = "reminder_a" }', "either days_before with at, or minutes_before"),
        ('{ kind = "reminder_a", days_before = 1 }', "either days_before with at, or minutes_before"),
        ("{ minutes_before = 60 }, { minutes_before = 60 }", "needs kind"),
    ],
)
def test_a_reminder_that_could_not_be_told_from_another_message_is_refused(reminders: str, advice: str) -> None:
    for old in ('name = "Smallville"', 'name = "Advice"'):  # of the council, of a service
        text = changed(old, f"{old}\nreminder_plan = [{reminders}]")
        assert any(line == line_with(text, "reminder_plan") and advice in what for line, what in errors(text))


def test_all_errors_are_reported_at_once_and_in_order() -> None:
    text = SMALL.replace("30", "31").replace('"12:00"', '"08:00"').replace('kind = "office"', 'kind = "x"')
    lines = [line for line, _ in errors(text)]
    assert lines == [line_with(text, part) for part in ("duration_minutes", 'kind = "x"', "ends =")]


def test_a_slug_that_comes_twice_is_reported_at_its_second_place() -> None:
    again = '[[services]]\nslug = "advice"\nname = "More"\nduration_minutes = 30\nrequirements = [{ kind = "desk" }]\n'
    text = SMALL + again
    assert errors(text) == [
        (len(SMALL.splitlines()) + 2, "service 'advice' stands in the file twice; give each a slug of its own.")
    ]


def test_an_exception_on_a_day_without_a_session_is_an_error() -> None:
    text = SMALL + "\n  [[sites.sessions.exceptions]]\n  date = 2026-11-24\n"
    ((line, what),) = errors(text)
    assert line == line_with(text, "date = 2026-11-24")
    assert "not held on Tuesday 2026-11-24" in what


def test_a_closure_must_say_days_or_moments() -> None:
    text = SMALL + '\n[[closures]]\nslug = "flood"\nfirst_date = 2026-12-02\nstarts_at = 2026-12-01T09:00:00\n'
    ((line, what),) = errors(text)
    assert (line, "either first_date" in what) == (line_with(text, "[[closures]]"), True)


@pytest.mark.parametrize(
    ("content", "line", "advice"),
    [
        (b"", 1, "empty"),
        (b"\xef\xbb\xbf \n", 1, "empty"),
        (b'[authority]\nname = "Caf\xe9"\n', 2, "UTF-8"),
        (b"[authority]\nslug =\n", 2, "not valid TOML"),
        (b'[authority]\nslug = "a"\n[authority]\n', 3, "not valid TOML"),
        (b"x" * 2_000_000, 1, "2.0 MB"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, 1, "nested too deeply"),
        (b'authority = "barnet"', 1, "must be a table"),
        (b"[[authority]]\nslug = 'a'\n", 1, "must be a table"),
        (b"sites = 3\n[authority]\nslug='a'\nname='A'\n", 1, "must be a list of tables"),
        (b"[services]\n[authority]\nslug='a'\nname='A'\n", 1, "must be a list of tables"),
        (b"PK\x03\x04\x00\x00", 1, "not valid TOML"),
    ],
)
def test_what_is_no_plan_at_all_is_refused_with_a_reason(content: bytes, line: int, advice: str) -> None:
    found = errors(content)
    assert any(at == line and advice in what for at, what in found), found


def test_a_mark_in_front_and_windows_line_ends_do_no_harm() -> None:
    content = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    assert read_plan(content).authority["slug"] == "smallville"


def with_rules(*rules: str) -> str:
    """The small council with these rules about papers."""
    needs = 'requirements = [{ kind = "desk" }]\n'
    return SMALL.replace(needs, f"{needs}documents_by_rule = [{', '.join(f'{{ {rule} }}' for rule in rules)}]\n", 1)


def test_rules_about_papers_are_read() -> None:
    text = with_rules('document = "Payslips", weekly = 5, fortnightly = 3, monthly = 2')
    service, *_ = read_plan(text.encode()).services
    assert service["documents_by_rule"] == [{"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2}]


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (['document = "Payslips", weekly = 5'], "it needs fortnightly as well"),
        (['document = "Payslips", weekly = 5, fortnightly = 3, monthly = 2, full_months = 2'], "leave out full_months"),
        (['document = "Payslips", weekly = 5, fortnightly = 3, monthly = 2, each = "adult"'], "leave out each"),
        (['document = "Statements", new_starter = "Contract"'], "has new_starter"),
        (['document = "Rent book", answer = "no"'], "it needs question as well"),
        (['document = "Passport"', 'document = "Passport"'], "two rules about 'Passport'"),
        (
            [f'document = "Paper {number}", question = "Is it {number}?"' for number in range(5)],
            "more than 4 questions",
        ),
        (['document = "Passport", taken = ["fax"]'], "must be one of original"),
    ],
)
def test_rules_about_papers_that_cannot_be_followed_are_refused(rules: list[str], what: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read_plan(with_rules(*rules).encode())
    assert any(what in error.what for error in refused.value.errors)
