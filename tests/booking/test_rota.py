"""A rota says who works where: it changes the people and days that it names and nothing else, all of it or nothing."""

from __future__ import annotations

import time as clock_time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from threading import Barrier
from typing import Any, cast

import pytest

from booking.importing.clashes import ImportRefused
from booking.importing.school_file import school_holidays_in
from booking.rota.calendar_shifts import calendar_shifts
from booking.rota.rota_file import plan_of_rota
from booking.rota.rota_plan import RotaPlan, RotaScope
from booking.rota.shifts import Hours, Period
from booking.use_cases.change_set_up import ChangedMeanwhile, current_tables
from booking.use_cases.import_rota import import_rota
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from locations.importing.set_up_tables import Table, edited, things_in
from locations.model import Catalogue
from locations.session_board import SessionBoard
from locations.session_facts import SessionHours
from locations.session_tables import session_of
from tests.support.factories import (
    NOW,
    World,
    make_appointment,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
)

SYSTEM = Actor.system()
HEADER = "date,who,site,starts,ends,services"
SITES = ("high-street", "mill-lane")
MONDAY = date(2026, 11, 30)
TUESDAY_NINE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def town(database: Database) -> World:
    """Ann and Ben of the council advise at High Street on weekdays from nine to five, in one session; a desk is open too."""
    authority = make_authority(database)
    site = make_site(database, authority)
    make_site(database, authority, "mill-lane", name="Mill Lane Library")
    people = [
        make_resource(database, authority, None, slug, name=f"{slug.title()} Adviser", kind="adviser")
        for slug in ("ann", "ben")
    ]
    desk = make_resource(database, authority, site, "desk-1")
    services = (make_service(database, authority, requirements=[{"kind": "adviser", "skills": []}]),)
    make_session(database, authority, site, [*people, desk], services)
    return World(authority, site, (*people, desk), services)


def rota(*lines: str) -> bytes:
    return "\n".join((HEADER, *lines)).encode()


def state(database: Database, town: World) -> tuple[Table, Catalogue]:
    with database.reading() as db:
        tables = cast("Mapping[str, Any]", current_tables(db, town.authority_id))
        return tables, catalogue_by_id(db, town.authority_id)


def plan(tables: Table, known: Catalogue, content: bytes, **scope: Any) -> RotaPlan:
    return plan_of_rota(tables, known, content, RotaScope(frozenset(SITES), **scope), NOW)


def worked(tables: Table, who: str, day: date) -> list[tuple[str, time, time]]:
    """Where and when somebody works on a day."""
    sessions = [
        (key.slugs[0], session_of(one.table)) for key, one in things_in(tables).items() if key.kind == "session"
    ]
    held = SessionBoard(sessions, day, day).held(who, day)
    return [(one.place.site, one.hours.starts, one.hours.ends) for one in held]


def test_a_rota_moves_people_and_whoever_no_longer_fits_is_on_the_list(database: Database, town: World) -> None:
    runtime = make_runtime(database)
    for _ in range(2):
        make_appointment(runtime, town, TUESDAY_NINE)
    content = rota("01/12/2026,Ann Adviser,Mill Lane Library,9am,12:30,", "2/12/2026,ann,,,,")
    tried = import_rota(runtime, content, "testshire", actor=SYSTEM, is_dry_run=True)
    assert tried.imported is not None
    assert len(tried.imported.to_rebook) == 1
    assert sum(week.disappearing for week in tried.weeks) > 0
    before, _ = state(database, town)
    assert worked(before, "ann", MONDAY + timedelta(days=1)) == [("high-street", time(9), time(17))]
    done = import_rota(runtime, content, "testshire", actor=SYSTEM)
    assert done.imported is not None
    assert len(done.imported.to_rebook) == 1
    tables, _ = state(database, town)
    assert worked(tables, "ann", MONDAY + timedelta(days=1)) == [("mill-lane", time(9), time(12, 30))]
    assert worked(tables, "ann", MONDAY + timedelta(days=2)) == []
    assert worked(tables, "ben", MONDAY + timedelta(days=1)) == [("high-street", time(9), time(17))]
    again = import_rota(runtime, content, "testshire", actor=SYSTEM)
    assert (again.imported, again.plan.as_before) == (None, 2)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("is_complete", [False, True])
def test_exactly_the_named_people_and_days_become_what_the_lines_say(
    database: Database, town: World, is_complete: bool
) -> None:
    tables, known = state(database, town)
    random = Random(7)
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    for _ in range(25):
        wanted: dict[tuple[str, date], list[tuple[str, time, time]]] = {}
        lines = []
        for who, day in [(who, day) for who in ("ann", "ben") for day in days if random.random() < 0.5]:
            hours = random.choice([[], [(9, 17)], [(8, 10)], [(9, 12), (13, 17)], [(9, 11), (11, 15)]])
            placed = [(random.choice(SITES), time(first), time(last)) for first, last in hours]
            wanted[who, day] = placed
            lines += [f"{day},{who},{site},{first:%H:%M},{last:%H:%M},certify" for site, first, last in placed]
            lines += [f"{day},{who},,,,"] if not placed else []
        if not lines:
            continue
        random.shuffle(lines)
        done = plan(tables, known, rota(*lines), is_complete=is_complete)
        after = edited(tables, done.edits)
        named = {day for _, day in wanted}
        for who in ("ann", "ben", "desk-1"):
            for day in days:
                is_off = is_complete and min(named) <= day <= max(named) and any(who == one for one, _ in wanted)
                expected = wanted.get((who, day), [] if is_off else worked(tables, who, day))
                assert worked(after, who, day) == expected, (who, day, lines)
        assert plan(after, known, rota(*lines), is_complete=is_complete).edits == ()
        tables = after


@pytest.mark.databases("sqlite")
def test_hours_of_a_rota_can_be_booked_whatever_was_drop_in_before(database: Database) -> None:
    """Sam's mornings are drop in for one service, the rest of the day is booked for another."""
    authority = make_authority(database)
    site = make_site(database, authority)
    sam = make_resource(database, authority, None, "sam", name="Sam Adviser", kind="adviser")
    needs = [{"kind": "adviser", "skills": []}]
    dropped_in, booked = (
        make_service(database, authority, slug, requirements=needs) for slug in ("blue-badge", "certify")
    )
    make_session(
        database, authority, site, [sam], [dropped_in], slug="early", starts=time(9), ends=time(11), drop_in=True
    )
    make_session(
        database, authority, site, [sam], [booked], slug="late", starts=time(11), ends=time(17), reserved_percent=20
    )
    tables, known = state(database, World(authority, site, (sam,), (dropped_in, booked)))
    day = MONDAY + timedelta(days=1)
    for line in (f"{day},sam,high-street,10:00,16:00,", f"{day},sam,high-street,10:00,16:00,certify"):
        after = edited(tables, plan(tables, known, rota(line)).edits)
        sessions = [
            (key.slugs[0], session_of(one.table)) for key, one in things_in(after).items() if key.kind == "session"
        ]
        (held,) = SessionBoard(sessions, day, day).held("sam", day)
        assert held.session.services == ("certify",)
        assert held.hours == SessionHours(time(10), time(16), reserved_percent=20)
        assert plan(after, known, rota(line)).edits == ()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["32/11/2026,ann,high-street,9am,12:00,"], [(2, "date", "rota_day_form")]),
        (["1/12/2026,nobody,high-street,9am,12:00,"], [(2, "who", "rota_who_unknown")]),
        (["1/12/2026,,high-street,9am,12:00,"], [(2, "who", "import_value_missing")]),
        (["1/12/2026,ann,the moon,9am,12:00,"], [(2, "site", "rota_site_unknown")]),
        (["1/12/2026,ann,,9am,12:00,"], [(2, "site", "import_value_missing")]),
        (["1/12/2026,ann,high-street,9,12:00,"], [(2, "starts", "rota_time_form")]),
        (["1/12/2026,ann,high-street,9am,,"], [(2, "ends", "import_value_missing")]),
        (["1/12/2026,ann,high-street,12:00,9am,"], [(2, "ends", "rota_ends_first")]),
        (["1/12/2026,ann,high-street,09:02,12:00,"], [(2, "starts", "rota_off_grid")]),
        (["1/12/2026,ann,high-street,9am,12:00,magic"], [(2, "services", "rota_service_unknown")]),
        (["1/12/2026,ann,high-street,9am,9:10am,certify"], [(2, "ends", "rota_too_short")]),
        (["1/12/2026,ann,high-street,9am,9:10am,"], [(2, "services", "rota_services_missing")]),
        (["1/12/2028,ann,high-street,9am,12:00,"], [(2, "date", "rota_too_far")]),
        (["1/12/2026,=1+1,high-street,9am,12:00,@SUM"], [(2, "services", "rota_formula"), (2, "who", "rota_formula")]),
        (
            ["1/12/2026,ann,mill-lane,9am,12:00,", "1/12/2026,ben+ann,high-street,11:30,14:00,"],
            [(3, "starts", "rota_overlap")],
        ),
        (["1/12/2026,ann,,,,", "1/12/2026,ann,high-street,11:30,14:00,"], [(3, "starts", "rota_off_and_on")]),
        (["1/12/2026,ann,high-street,9am,12:00,", "x", "y"], [(3, "date", ""), (4, "date", "")]),
    ],
)
def test_each_mistake_has_its_line_and_column(
    database: Database, town: World, lines: list[str], found: list[tuple[int, str, str]]
) -> None:
    tables, known = state(database, town)
    with pytest.raises(ImportRefused) as refused:
        plan(tables, known, rota(*lines))
    seen = [(clash.line, clash.column, clash.reason.code) for clash in refused.value.clashes]
    for line, column, code in found:
        assert any(one[:2] == (line, column) and one[2].startswith(code) for one in seen), seen


@pytest.mark.databases("sqlite")
def test_who_works_at_a_site_of_somebody_else_then_is_a_mistake(database: Database, town: World) -> None:
    tables, known = state(database, town)
    with pytest.raises(ImportRefused) as refused:
        plan_of_rota(
            tables,
            known,
            rota("1/12/2026,ann,,9am,12:00,certify"),
            RotaScope(frozenset({"mill-lane"}), "mill-lane"),
            NOW,
        )
    assert [clash.reason.code for clash in refused.value.clashes] == ["rota_elsewhere"]
    fits = plan_of_rota(
        tables, known, rota("1/12/2026,ann,,17:00,18:00,certify"), RotaScope(frozenset({"mill-lane"}), "mill-lane"), NOW
    )
    assert [edit.key.slugs[0] for edit in fits.edits] == ["mill-lane"]


@pytest.mark.databases("sqlite")
def test_days_that_are_over_and_bank_holidays_are_left_out(database: Database, town: World) -> None:
    tables, known = state(database, town)
    done = plan(tables, known, rota("20/11/2026,ann,mill-lane,9am,12:00,", "25/12/2026,ann,mill-lane,9am,12:00,"))
    assert (done.edits, done.past, done.on_holidays) == ((), 1, 1)


def test_of_two_who_import_at_once_nothing_is_lost(database: Database, town: World) -> None:
    runtime, barrier = make_runtime(database), Barrier(2)

    def bring_in(who: str) -> None:
        content = rota(f"1/12/2026,{who},mill-lane,10:00,12:00,")
        barrier.wait()
        try:
            import_rota(runtime, content, "testshire", actor=SYSTEM)
        except ChangedMeanwhile:  # as the message says
            import_rota(runtime, content, "testshire", actor=SYSTEM)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bring_in, ("ann", "ben")))
    tables, _ = state(database, town)
    for who in ("ann", "ben"):
        assert worked(tables, who, MONDAY + timedelta(days=1)) == [("mill-lane", time(10), time(12))]


def event(*lines: str, starts: str = "20261201T090000", ends: str = "20261201T120000") -> str:
    own = ("BEGIN:VEVENT", f"UID:{abs(hash(lines))}", f"DTSTART:{starts}", f"DTEND:{ends}", "SUMMARY:ann", *lines)
    return "\r\n".join((*own, "END:VEVENT"))


def calendar(*events: str) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *events, "END:VCALENDAR", "")).encode()


def test_the_events_of_a_calendar_recur_and_are_shown_by_the_clock_of_the_place() -> None:
    weekly = [
        "BEGIN:VEVENT",
        "UID:one",
        "DTSTART;TZID=Europe/London:20270322T090000",
        "DTEND;TZID=Europe/London:20270322T120000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270407T235959Z",
        "EXDATE;TZID=Europe/London:20270324T090000",
        "SUMMARY:Ann Adviser",
        "LOCATION:Mill Lane Libr\r\n ary",
        "CATEGORIES:certify,Blue badge",
        "END:VEVENT",
    ]
    changed = [
        "BEGIN:VEVENT",
        "UID:one",
        "RECURRENCE-ID;TZID=Europe/London:20270329T090000",
        "DTSTART:20270330T080000Z",
        "DTEND:20270330T100000Z",
        "SUMMARY:Ben Adviser",
        "END:VEVENT",
    ]
    read = calendar_shifts(
        calendar(*weekly, *changed, event(starts="20261101T090000", ends="20261101T100000")),
        Period(date(2026, 11, 23), date(2027, 5, 1)),
        "Europe/London",
    )
    assert (read.clashes, read.past) == ((), 1)
    nine = Hours(time(9), time(12))
    assert [(shift.day.day, shift.day.month, shift.who[0], shift.hours) for shift in read.shifts] == [
        (22, 3, "Ann Adviser", nine),
        (30, 3, "Ben Adviser", Hours(time(9), time(11))),
        (31, 3, "Ann Adviser", nine),
        (5, 4, "Ann Adviser", nine),
        (7, 4, "Ann Adviser", nine),
    ]
    assert read.shifts[0].site == "Mill Lane Library"
    assert read.shifts[0].services == ("certify", "Blue badge")
    assert [shift.line for shift in read.shifts[:2]] == [4, 15]


ENDLESS_ZONE = """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=SECONDLY
END:STANDARD
END:VTIMEZONE""".replace("\n", "\r\n")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"x" * 50_000_000, "rota_too_large"),
        (b"PK\x03\x04" + bytes(300), "rota_workbook"),
        (b"date,who\x81\x8d", "import_encoding"),
        (b"", "import_empty"),
        (HEADER.encode(), "rota_empty"),
        (b'"date,who', "import_not_csv"),
        (b"date,who,starts,ends,salary\n", "import_column_unknown"),
        (rota(*["1/12/2026,ann,,,,"] * 1001), "rota_too_many"),
        (calendar(), "rota_empty"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY", "rota_not_calendar"),
        (b"BEGIN:VCALENDAR\r\n\xff\xfe", "import_encoding"),
        (calendar(*["BEGIN:VTIMEZONE"] * 29_000), "rota_zone_without_end"),
        (calendar(event(), 'BEGIN;X="a:\r\n b":VTIME\r\n\tZONE\r\n'), "rota_zone_without_end"),
        (calendar(event("RRULE:FREQ=SECONDLY")), "rota_recurrence"),
        (calendar(event("RRULE:FREQ=DAI\r\n LY;COUNT=1000000;BYSECOND=1,2,3")), "rota_recurrence"),
        (calendar(event("RRULE:FREQ=DAILY;INTERVAL=0")), "rota_recurrence"),
        (calendar(event("RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2")), "rota_recurrence"),
        (calendar(event("RRULE:FREQ=MONTHLY;BYDAY=7MO")), "rota_recurrence"),
        (calendar(event("RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY")), "rota_recurrence"),
        (calendar(*[event("RRULE:FREQ=DAILY", starts="19000101T090000", ends="19000101T100000")] * 20), "rota_recurs"),
        (calendar(*[event("RRULE:FREQ=DAILY;COUNT=1000000", f"X-N:{number}") for number in range(9)]), "rota_too_many"),
        (calendar(event(starts="20261201")), "rota_event"),
        (calendar(event(ends="20261202T010000")), "rota_over_midnight"),
        (calendar(event("LOCATION:=HYPERLINK(1)")), "rota_formula"),
    ],
)
def test_a_hostile_file_is_refused_at_once(database: Database, town: World, content: bytes, code: str) -> None:
    tables, known = state(database, town)
    started = clock_time.monotonic()
    with pytest.raises(ImportRefused) as refused:
        plan(tables, known, content)
    assert clock_time.monotonic() - started < 5
    assert refused.value.clashes[0].reason.code.startswith(code), refused.value.clashes[:3]
    if content.startswith(b"BEGIN:VCALENDAR") and code in {"rota_zone_without_end", "rota_not_calendar"}:
        with pytest.raises(ImportRefused) as of_school:
            school_holidays_in(content)
        assert of_school.value.clashes[0].reason.code == code
        assert clock_time.monotonic() - started < 5


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "begin", ["BEGIN:VTIMEZONE", "begin;X=1:vtimezone", "BEGIN:VTIME\r\n\r\n ZONE", "BEGIN:VTIM\n\tEZONE"]
)
def test_zones_of_a_calendar_itself_are_not_worked_out(database: Database, town: World, begin: str) -> None:
    tables, known = state(database, town)
    started = clock_time.monotonic()
    zone = ENDLESS_ZONE.replace("BEGIN:VTIMEZONE", begin)
    done = plan(tables, known, calendar(zone, event("LOCATION:mill-lane"), zone))
    assert clock_time.monotonic() - started < 5
    assert done.shifts == 1
