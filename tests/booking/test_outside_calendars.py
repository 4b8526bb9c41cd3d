"""Busy times of calendars that people keep elsewhere: not offered, never doubled, and never forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event, select, update

from booking.events import appointment_changed
from booking.outside.busy_times import (
    CALDAV,
    ICS,
    BusyPeriod,
    BusyWindow,
    CalendarSource,
    CalendarUnread,
    Reading,
    busy_periods,
)
from booking.outside.tables import OutsideCalendar
from booking.queries.calendars_elsewhere import are_calendars_read, outside_calendars
from booking.tables import Hold, RebookItem
from booking.use_cases.holds import hold_slot
from booking.use_cases.import_locations import import_file
from booking.use_cases.outside_calendars import (
    READ_EVERY,
    add_calendar,
    read_again,
    read_calendar,
    read_outside_calendars,
    remove_calendar,
)
from core.audit import AuditEntry
from core.bounded_fetch import FetchRequest, fetch
from core.clock import FixedClock
from core.database import Database
from core.errors import Invalid, SlotTaken
from core.runtime import Runtime
from core.sealed import seal, unseal
from core.wall_clock import instant_of, unit_of
from locations.catalogue_queries import bump_plan
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.set_up_queries import stored_set_up
from locations.tables import Closure, Service
from reminders.outbox import plan_notifications
from reminders.scheduler import send_once
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.calendar_server import CalendarServer, calendar_server, radicale
from tests.support.factories import (
    NOW,
    World,
    catalogue,
    make_appointment,
    make_authority,
    make_resource,
    make_runtime,
    make_site,
    make_world,
    slot_key_at,
    slots_of,
)
from tests.web.site.conftest import STAFF

HOSTS = ("127.0.0.1",)
TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)
PRIVATE = "Dr. Smith about the knee"


def events(*lines: str) -> str:
    """A calendar of events, each of these lines of its own."""
    named = (one if "UID:" in one else f"UID:{number}@elsewhere\r\n{one}" for number, one in enumerate(lines))
    body = "".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT\r\n" for one in named)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//elsewhere//EN\r\n{body}END:VCALENDAR\r\n"


def busy(starts_at: datetime, minutes: int = 60, more: str = "") -> str:
    """The lines of a busy hour."""
    ends_at = starts_at + timedelta(minutes=minutes)
    return f"SUMMARY:{PRIVATE}\r\nDTSTART:{starts_at:%Y%m%dT%H%M%SZ}\r\nDTEND:{ends_at:%Y%m%dT%H%M%SZ}{more}"


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as running:
        yield running


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database, calendar_hosts=HOSTS)


def source_at(server: CalendarServer, path: str = "/calendar.ics", **values: str) -> CalendarSource:
    return CalendarSource(ICS, f"{server.url}{path}", **values)


def add(runtime: Runtime, world: World, source: CalendarSource) -> int:
    """How many appointments the new calendar of the desk touches."""
    reading = read_calendar(runtime, catalogue(runtime.database, world), source)
    assert reading is not None
    return add_calendar(runtime, world.authority_id, world.resource_ids[0], source, reading, actor=STAFF)


def the_calendar(database: Database) -> OutsideCalendar:
    with database.reading() as db:
        return db.scalars(select(OutsideCalendar)).one()


def starts(database: Database, world: World) -> set[datetime]:
    return {slot.starts_at for slot in slots_of(database, world)}


def open_items(database: Database) -> list[RebookItem]:
    with database.reading() as db:
        return list(db.scalars(select(RebookItem).where(RebookItem.closed_at.is_(None))))


def read_later(runtime: Runtime) -> int:
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(READ_EVERY)
    return read_outside_calendars(runtime)


def test_no_file_holds_it_and_an_import_leaves_it(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events(busy(TEN))
    with database.reading() as db:
        bare = toml_text(council_file(stored_set_up(db, world.authority_id).values))
    import_file(runtime, bare.encode(), actor=STAFF)
    add(runtime, world, source_at(server))
    before, address = the_calendar(database), server.url
    with database.reading() as db:
        told = toml_text(council_file(stored_set_up(db, world.authority_id).values))
    assert told == bare
    assert address not in told
    shorter = told.replace('ends = "17:00"', 'ends = "16:00"')
    assert import_file(runtime, shorter.encode(), actor=STAFF).changes.changed["session"] == 1
    assert (the_calendar(database).sealed_address, TEN in starts(database, world)) == (before.sealed_address, False)


def test_a_busy_time_is_not_offered_and_comes_back_when_it_goes(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    before = starts(database, world)
    assert TEN in before
    server.text = events(busy(TEN))
    assert add(runtime, world, source_at(server)) == 0
    assert not {at for at in starts(database, world) if TEN <= at < TEN + timedelta(hours=1)}
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, TEN)
    server.text = events(busy(TEN + timedelta(hours=2)))
    assert read_later(runtime) == 1
    assert TEN in starts(database, world)
    assert TEN + timedelta(hours=2) not in starts(database, world)
    remove_calendar(runtime, world.authority_id, the_calendar(database).id, actor=STAFF)
    assert starts(database, world) == {at for at in before if at >= runtime.clock.now()}
    with database.reading() as db:
        assert PRIVATE not in repr([vars(row) for row in db.scalars(select(Closure))])
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("outside"))).all()
    assert set(actions) == {"outside_calendar_added", "outside_calendar_read", "outside_calendar_removed"}


def test_who_is_booked_at_a_busy_time_is_on_the_list_and_keeps_their_time_when_it_goes(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    booked = make_appointment(runtime, world, TEN)
    server.text = events()
    add(runtime, world, source_at(server))
    server.text = events(busy(TEN - timedelta(minutes=30)), busy(TEN, 15))
    read_later(runtime)
    assert {item.appointment_id for item in open_items(database)} == {booked.appointment_id}
    server.text = events(busy(TEN, 15))
    read_later(runtime)
    assert len(open_items(database)) == 1  # the other busy time touches them still
    server.text = events()
    read_later(runtime)
    assert open_items(database) == []


def test_a_calendar_that_fails_keeps_what_was_known_and_raises_an_alarm_after_a_day(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events(busy(TEN))
    add(runtime, world, source_at(server))
    known = starts(database, world)
    for status, text, why in (
        (500, "", "status"),
        (200, "<html>Sign in</html>", "no_calendar"),
        (403, "", "not_allowed"),
    ):
        server.status, server.text = status, text
        assert read_later(runtime) == 1
        assert starts(database, world) == known
        assert the_calendar(database).failure == why
        assert are_calendars_read(runtime)
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(hours=23, minutes=30))
    assert not are_calendars_read(runtime)
    with database.reading() as db:
        (view,) = outside_calendars(db, world.authority_id, runtime.clock.now())
    assert (view.is_alarm, view.host, view.failure) == (True, "127.0.0.1", "not_allowed")
    server.status, server.text = 200, events()
    read_again(runtime, world.authority_id, the_calendar(database).id)
    assert are_calendars_read(runtime)
    assert TEN not in known


def test_it_is_read_once_in_its_time_and_not_changed_by_what_is_the_same(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events(busy(TEN))
    add(runtime, world, source_at(server))
    version = catalogue(database, world).sites[0].plan_version
    assert [read_outside_calendars(runtime), read_later(runtime), read_outside_calendars(runtime)] == [0, 1, 0]
    assert catalogue(database, world).sites[0].plan_version == version


def test_secrets_are_sealed_and_an_address_is_taken_once(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events()
    source = source_at(server, "/calendar.ics?token=sesame", user="ann", password="letmein")
    add(runtime, world, source)
    assert not [word for word in ("sesame", "letmein") if word in repr(vars(the_calendar(database)))]
    assert read_later(runtime) == 1
    assert server.seen[-1]["Authorization"].startswith("Basic ")
    with pytest.raises(Invalid):
        add(runtime, world, source)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database in the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def every_quarter(count: int) -> Reading:
    """Busy for ten minutes of each quarter of an hour from ten o'clock on."""
    first = unit_of(TEN)
    return Reading(tuple(BusyPeriod(first + 3 * n, first + 3 * n + 2) for n in range(count)), "mark")


def test_many_busy_times_come_and_go_in_few_statements(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    """Bookings wait meanwhile. Who is booked is listed, and what is held ends, as if there were one busy time."""
    booked = make_appointment(runtime, world, TEN)
    hold_slot(runtime, slot_key_at(world, TEN + timedelta(hours=2)), for_public=True)
    of_desk = (runtime, world.authority_id, world.resource_ids[0])
    with statements(database) as sent:
        assert add_calendar(*of_desk, source_at(server), every_quarter(300), actor=STAFF) > 0
    assert len(sent) < 60
    touched = [item.appointment_id for item in open_items(database)]
    assert set(touched) == {booked.appointment_id}
    with database.reading() as db:
        assert db.scalars(select(Hold.id)).all() == []
        with statements(database) as sent:
            (view,) = outside_calendars(db, world.authority_id, runtime.clock.now())
    assert (view.busy, view.next_at, len(sent)) == (300, TEN, 1)
    with statements(database) as sent:
        remove_calendar(runtime, world.authority_id, the_calendar(database).id, actor=STAFF)
    assert len(sent) < 60
    assert open_items(database) == []


def test_the_busy_times_of_a_longer_horizon_are_taken_at_once(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    later = NOW + timedelta(days=100)
    server.text = events(busy(later))
    before = read_calendar(runtime, catalogue(database, world), source_at(server))
    assert before is not None
    assert before.periods == ()
    with database.writing() as db:
        db.execute(update(Service).values(horizon_days=150))
        bump_plan(db, world.authority_id)
    after = read_calendar(runtime, catalogue(database, world), source_at(server), before.mark)
    assert after is not None
    assert [instant_of(one.first_unit) for one in after.periods] == [later]


def test_a_pass_ends_when_it_is_to_stop_or_has_taken_long(
    database: Database, runtime: Runtime, world: World, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.text = events()
    add(runtime, world, source_at(server))
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(READ_EVERY)
    stopping = Event()
    stopping.set()
    assert read_outside_calendars(runtime, stopping) == 0
    with monkeypatch.context() as patch:
        patch.setattr("booking.use_cases.outside_calendars.LONGEST_PASS", 0)
        assert read_outside_calendars(runtime) == 0
    assert read_outside_calendars(runtime, Event()) == 1


def test_messages_are_sent_before_calendars_are_read(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events()
    add(runtime, world, source_at(server))
    runtime.clock.advance(READ_EVERY)  # type: ignore[attr-defined]
    asked = len(server.paths)
    seen: list[int] = []
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(runtime, world, TEN)
    channel = RecordingChannel(on_send=lambda _message: seen.append(len(server.paths)))
    send_once(runtime, worker_for(runtime, channel))
    assert seen == [asked]
    assert len(server.paths) == asked + 1


def test_a_calendar_of_nobody_and_one_that_nobody_reads_raise_the_alarm(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events()
    add(runtime, world, source_at(server))
    other = make_authority(database, "elsewhere")
    server.text = events(busy(TEN))
    with database.writing() as db:
        theirs = make_resource(database, other, make_site(database, other), "desk")
        db.execute(update(OutsideCalendar).values(resource_id=theirs))
    read_later(runtime)
    assert the_calendar(database).failure == "nobody"
    with database.writing() as db:
        db.execute(update(OutsideCalendar).values(failure="", failing_since=None, read_at=NOW - timedelta(hours=25)))
    assert not are_calendars_read(runtime)
    with database.reading() as db:
        (view,) = outside_calendars(db, world.authority_id, runtime.clock.now())
    assert view.is_alarm


def test_whatever_goes_wrong_is_said_and_not_the_calendar_called_read(
    database: Database, runtime: Runtime, world: World, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.text = events()
    add(runtime, world, source_at(server))
    server.text = events(busy(TEN))
    monkeypatch.setattr("sys.executable", "/nowhere/python")  # nothing can be worked out
    assert read_later(runtime) == 1
    known = the_calendar(database)
    assert (known.failure, known.failing_since) == ("broken", runtime.clock.now())


def test_a_removed_calendar_leaves_no_busy_time_behind(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    make_appointment(runtime, world, TEN)
    server.text = events(busy(TEN, 15), busy(TEN + timedelta(hours=2)))
    add(runtime, world, source_at(server))
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(days=3))
    remove_calendar(runtime, world.authority_id, the_calendar(database).id, actor=STAFF)
    with database.reading() as db:
        left = db.scalars(select(Closure)).all()
    assert [(one.starts_at, one.lifted_at, one.slug.endswith(f"lifted-{one.id}")) for one in left] == [
        (TEN, runtime.clock.now(), True)
    ]


MULTI_STATUS = (
    '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/a.ics</D:href>'
    "<D:propstat><D:prop><C:calendar-data>{calendar}</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status>"
    "</D:propstat></D:response>{more}</D:multistatus>"
)
CUT_SHORT = "<D:response><D:href>/</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>"
PART = (
    "<D:response><D:href>/b.ics</D:href><D:propstat><D:prop><{name}/></D:prop>"
    "<D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat></D:response>"
)


@pytest.mark.parametrize(
    ("more", "is_whole"),
    [
        ("", True),
        (PART.replace("{name}", "D:getetag"), True),
        (PART.replace("{name}", "C:calendar-data"), False),
        (CUT_SHORT, False),
    ],
)
@pytest.mark.databases("sqlite")
def test_an_answer_of_caldav_with_something_missing_is_none(
    runtime: Runtime, world: World, server: CalendarServer, more: str, is_whole: bool
) -> None:
    server.status, server.text = 207, MULTI_STATUS.format(calendar=events(busy(TEN)), more=more)
    source = CalendarSource(CALDAV, f"{server.url}/calendar.ics")
    if is_whole:
        reading = read_calendar(runtime, catalogue(runtime.database, world), source)
        assert reading is not None
        assert len(reading.periods) == 1
        return
    with pytest.raises(CalendarUnread) as refused:
        read_calendar(runtime, catalogue(runtime.database, world), source)
    assert refused.value.code == "status"


def test_a_calendar_is_read_with_the_new_key_alone_once_it_was_read_with_both(
    database: Database, runtime: Runtime, world: World, server: CalendarServer
) -> None:
    server.text = events()
    add(runtime, world, source_at(server, user="ann", password="letmein"))
    old = runtime.settings.secret_key
    for kept in ((old,), ()):
        later = make_runtime(database, calendar_hosts=HOSTS, secret_key="another key", old_secret_keys=kept)
        read_again(later, world.authority_id, the_calendar(database).id)
    assert server.seen[-1]["Authorization"].startswith("Basic ")


def test_a_value_is_opened_with_the_keys_that_are_kept_and_no_others() -> None:
    sealed = seal(("old",), "letmein")
    assert unseal(("new", "old"), sealed) == "letmein"
    assert unseal(("new",), sealed) is None
    assert unseal(("old",), sealed[:-4] + "AAAA") is None


def test_a_real_caldav_server_is_read(runtime: Runtime, world: World, tmp_path: Path) -> None:
    """With its recurring events, of which one is moved and one left out."""
    with radicale(tmp_path, "ann", "letmein") as url:
        home = f"{url}/ann/diary/"
        signed_in: Any = {"user": "ann", "password": "letmein"}
        assert fetch(FetchRequest(home, "MKCALENDAR", **signed_in), HOSTS).status == 201
        weekly = events(busy(TEN, more="\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE:20261201T100000Z"))
        put = FetchRequest(f"{home}weekly.ics", "PUT", weekly.encode(), {"Content-Type": "text/calendar"}, **signed_in)
        assert fetch(put, HOSTS).status == 201
        source = CalendarSource(CALDAV, home, **signed_in)
        reading = read_calendar(runtime, catalogue(runtime.database, world), source)
        assert reading is not None
        assert [instant_of(one.first_unit) for one in reading.periods] == [TEN + timedelta(weeks=n) for n in (0, 2, 3)]
        with pytest.raises(CalendarUnread) as refused:
            read_calendar(runtime, catalogue(runtime.database, world), CalendarSource(CALDAV, home, "ann", "wrong"))
        assert refused.value.code == "not_allowed"


def periods(*lines: str, seconds: float = 15) -> list[tuple[str, str]]:
    """The busy periods of a calendar with these events, in UTC, as text."""
    window = BusyWindow(NOW - timedelta(days=1), NOW + timedelta(days=200), "Europe/London", "@ours.example.org")
    found = busy_periods([events(*lines)], window, seconds)
    return [tuple(f"{instant_of(unit):%m-%d %H:%M}" for unit in (one.first_unit, one.last_unit)) for one in found]  # type: ignore[misc]


def test_what_is_busy_and_when() -> None:
    """In one calendar: each event costs a process otherwise."""
    assert periods(
        "DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261202",  # a whole day, at the council's places
        "DTSTART:20261202T093000\r\nDURATION:PT50M",  # on whatever wall clock
        "DTSTART;TZID=America/New_York:20261203T090000\r\nDTEND;TZID=America/New_York:20261203T093000",
        "DTSTART;TZID=Europe/London:20270326T100000\r\nDTEND;TZID=Europe/London:20270326T101200\r\n"
        "RRULE:FREQ=DAILY;INTERVAL=3;COUNT=2",  # over the change of the clocks
        busy(datetime(2026, 12, 4, 10, tzinfo=UTC), more="\r\nTRANSP:TRANSPARENT"),
        busy(datetime(2026, 12, 4, 11, tzinfo=UTC), more="\r\nSTATUS:CANCELLED"),
        busy(datetime(2026, 12, 4, 12, tzinfo=UTC), more="\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE"),
        busy(datetime(2026, 12, 4, 13, tzinfo=UTC), minutes=0),
        busy(datetime(2026, 12, 4, 14, tzinfo=UTC)).replace("SUMMARY", "UID:K7PM4QX2@ours.example.org\r\nSUMMARY"),
        busy(datetime(2026, 10, 1, 10, tzinfo=UTC)),
        "DTSTART:20261005T090000Z\r\nDTEND:99991231T235959Z",  # for ever: as far as anybody looks, to both sides
        "DTSTART;VALUE=DATE:20270601\r\nDTEND;VALUE=DATE:99991231",
        "DTSTART;TZID=America/New_York:20270602T090000\r\nDTEND;TZID=America/New_York:99991231T235959",
        "DTSTART;VALUE=DATE:99991231",
    ) == [
        ("11-22 08:00", "06-11 08:00"),
        ("12-01 00:00", "12-02 00:00"),
        ("12-02 09:30", "12-02 10:20"),
        ("12-03 14:00", "12-03 14:30"),
        ("03-26 10:00", "03-26 10:15"),
        ("03-29 09:00", "03-29 09:15"),
        ("05-31 23:00", "06-11 08:00"),
        ("06-02 13:00", "06-11 08:00"),
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (busy(TEN, more="\r\nRRULE:FREQ=SECONDLY"), "too_much"),
        (busy(TEN, 5, more="\r\nRRULE:FREQ=HOURLY"), "too_much"),
        (busy(TEN, more="\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "too_much"),  # never, and it takes for ever
        ("DTSTART:nonsense", "no_calendar"),
    ],
)
def test_a_calendar_that_cannot_be_worked_out_is_refused(lines: str, why: str) -> None:
    with pytest.raises(CalendarUnread) as refused:
        periods(*[lines] * 20, seconds=3)
    assert refused.value.code == why
