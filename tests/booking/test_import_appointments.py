"""Open bookings of another system: all of a file become appointments or none does, nobody is told twice, nothing is lost."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

import wsgi
from booking.events import appointment_changed, manage_link_requested
from booking.importing.clashes import ImportRefused
from booking.queries.appointments import by_reference
from booking.tables import Appointment, Claim, OldReference
from booking.use_cases.cancel import cancel
from booking.use_cases.import_appointments import ImportedAppointments, import_appointments
from booking.use_cases.manage_links import answer_link_requests, request_manage_link
from core.audit import Actor, AuditEntry
from core.audit_verification import verify_audit
from core.database import Database
from core.errors import NotFound
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Service, Site
from people.residents.tables import Representative, Resident
from reminders.outbox import plan_notifications, send_manage_link
from reminders.tables import Notification
from tests.support.factories import AGENT, NOW, World, catalogue, make_appointment, make_runtime, make_world
from tests.support.loading import rows_of

SYSTEM = Actor.system()
FIRST = {"reference": "BK-2026/001", "services": "certify", "site": "high-street", "start": "24/11/2026 10:00"}
FIRST |= {"name": "Amina Yusuf", "email": "amina@example.org"}
SECOND = FIRST | {"reference": "BK-2026/002", "start": "24/11/2026 10:30", "name": "Robin Sample", "email": ""}
MANY, DESKS = 2000, 10


@pytest.fixture(autouse=True)
def _reminders() -> Any:
    """What is imported is announced to reminders, as in the application."""
    with appointment_changed.connected_to(plan_notifications), manage_link_requested.connected_to(send_manage_link):
        yield


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


def csv_of(*rows: dict[str, str], separator: str = ",", columns: Sequence[str] = ()) -> bytes:
    out = io.StringIO()
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def run(runtime: Runtime, content: bytes, **options: Any) -> ImportedAppointments:
    return import_appointments(runtime, content, "testshire", actor=SYSTEM, **options)


def clashes(runtime: Runtime, *rows: dict[str, str]) -> list[tuple[int, str, str]]:
    """Line, column and code of all that is wrong; nothing in the database may have changed."""
    before = rows_of(runtime.database)
    with pytest.raises(ImportRefused) as refused:
        run(runtime, csv_of(*rows))
    assert rows_of(runtime.database) == before
    return [(one.line, one.column, one.reason.code) for one in refused.value.clashes]


def test_a_booking_of_another_system_becomes_an_appointment(runtime: Runtime, world: World) -> None:
    row = FIRST | {"phone": "07700 900123", "postcode": "nw119qs", "notes": "Brings a pram", "channel": "counter"}
    row |= {"support_needs": "step-free", "language": "Somali", "date_of_birth": "14/03/1970", "mode": "in person"}
    row |= {
        "acting_name": "Sam Sample",
        "acting_basis": "carer",
        "acting_email": "sam@example.org",
        "do_not_text": "yes",
    }
    done = run(runtime, csv_of(row))
    ((old, reference),) = done.made
    assert (old, done.known) == ("BK-2026/001", 0)
    with runtime.database.reading() as db:
        view = by_reference(db, catalogue(runtime.database, world), reference)
        person = db.get_one(Resident, view.resident.id)
    assert (view.starts_at, view.mode, view.channel, view.notes) == (
        datetime(2026, 11, 24, 10, tzinfo=UTC),
        "in_person",
        "counter",
        "Brings a pram",
    )
    assert (view.support_needs, view.spoken_language) == (("language", "step-free"), "Somali")
    assert (person.postcode, person.date_of_birth, person.do_not_text) == ("NW11 9QS", date(1970, 3, 14), True)
    assert view.representative is not None
    assert (view.representative.name, view.old_reference) == ("Sam Sample", "BK-2026/001")


@pytest.mark.parametrize("typed", ["BK-2026/001", "bk 2026 001", "BK2026001"])
def test_the_old_reference_finds_it_wherever_a_reference_is_looked_up(
    runtime: Runtime, world: World, typed: str
) -> None:
    ((_, reference),) = run(runtime, csv_of(FIRST)).made
    with runtime.database.reading() as db:
        assert by_reference(db, catalogue(runtime.database, world), typed).reference == reference
    request_manage_link(runtime, world.authority_id, f"Reference: {typed}", "Yusuf")
    request_manage_link(runtime, world.authority_id, typed, "Somebody")
    assert answer_link_requests(runtime) == 2
    with runtime.database.reading() as db:
        kinds = db.scalars(select(Notification.kind).where(Notification.kind.startswith("manage_link"))).all()
    assert kinds == ["manage_link_1"]
    cancelled = cancel(runtime, world.authority_id, typed, actor=AGENT, by="resident", enforce_cutoff=False)
    assert cancelled.reference == reference


def test_an_old_reference_finds_nothing_at_another_council(runtime: Runtime, world: World) -> None:
    run(runtime, csv_of(FIRST))
    other = make_world(runtime.database, slug="othershire")
    with runtime.database.reading() as db, pytest.raises(NotFound):
        by_reference(db, catalogue(runtime.database, other), FIRST["reference"])


def test_importing_twice_changes_nothing(runtime: Runtime, world: World) -> None:
    first = run(runtime, csv_of(FIRST, SECOND))
    before = rows_of(runtime.database)
    again = run(runtime, csv_of(SECOND, FIRST, separator=";"), is_told=True)
    assert (len(first.made), again) == (2, ImportedAppointments((), 2))
    assert rows_of(runtime.database) == before


def test_what_comes_later_is_added_to_what_is_there(runtime: Runtime, world: World) -> None:
    run(runtime, csv_of(FIRST))
    later = run(runtime, csv_of(FIRST, SECOND))
    assert ([old for old, _ in later.made], later.known) == (["BK-2026/002"], 1)


def test_a_booking_that_the_other_system_changed_since_is_a_clash(runtime: Runtime, world: World) -> None:
    run(runtime, csv_of(FIRST))
    assert clashes(runtime, FIRST | {"start": "24/11/2026 11:00"}) == [(2, "", "import_changed_since")]


def test_a_dry_run_says_the_same_and_changes_nothing(runtime: Runtime, world: World) -> None:
    before = rows_of(runtime.database)
    assert len(run(runtime, csv_of(FIRST, SECOND), is_dry_run=True).made) == 2
    assert rows_of(runtime.database) == before


@pytest.mark.parametrize("is_told", [False, True])
def test_residents_are_told_once_or_not_at_all_and_reminded_in_either_case(
    runtime: Runtime, world: World, is_told: bool
) -> None:
    starts = ("08/12/2026 10:00", "08/12/2026 10:30", "08/12/2026 11:00", "08/12/2026 11:30", "08/12/2026 12:00")
    rows = [FIRST | {"reference": f"A{n}", "start": at, "channel": "online"} for n, at in enumerate(starts)]
    for _ in range(2):
        run(runtime, csv_of(*rows), is_told=is_told)
    with runtime.database.reading() as db:
        owed = Counter(db.execute(select(Notification.kind, Notification.status)))
    reminders = {(kind, "pending"): 5 for kind in ("reminder_7d", "reminder_1d", "reminder_2h")}
    assert owed == reminders | ({("confirmation", "pending"): 5} if is_told else {})


def test_everything_that_clashes_is_listed_with_line_and_column(runtime: Runtime, world: World) -> None:
    make_appointment(runtime, world, NOW + timedelta(days=1, hours=3), actor=AGENT)  # 11:00 on the 24th
    bad = {
        "services": ("cerify", "services", "import_service_unknown"),
        "site": ("hill", "site", "import_site_unknown"),
        "mode": ("video", "mode", "import_mode_not_offered"),
        "start": ("24/11/2026 11:00", "start", "import_taken"),
        "start ": ("24/11/2026 20:00", "start", "import_not_open"),
        "start  ": ("28/11/2026 10:00", "start", "import_not_open"),
        "start   ": ("24/11/2026 10:10", "start", "import_off_grid"),
        "start    ": ("24/11/2026 10:12", "start", "import_off_grid"),
        "start     ": ("20/11/2026 10:00", "start", "import_in_the_past"),
        "start      ": ("24/11/2027 10:00", "start", "import_beyond_horizon"),
        "start       ": ("28/03/2027 01:30", "start", "import_start_skipped"),
        "start        ": ("24/13/2026 10:00", "start", "import_start_form"),
        "name": ("  ", "name", "import_value_missing"),
        "email": ("amina@", "email", "email_form"),
        "phone": ("12", "phone", "phone_form"),
        "postcode": ("N", "postcode", "postcode_form"),
        "support_needs": ("hearing loop", "support_needs", "import_needs_not_there"),
        "support_needs ": ("parking", "support_needs", "import_code_unknown"),
        "support_needs  ": ("language", "language", "import_language_missing"),
        "channel": ("fax", "channel", "import_code_unknown"),
        "do_not_text": ("perhaps", "do_not_text", "import_code_unknown"),
        "acting_email": ("sam@example.org", "acting_email", "import_acting_without_name"),
        "date_of_birth": ("14/3/2070", "date_of_birth", "birth_date_range"),
        "notes": ("x" * 2001, "notes", "too_long"),
    }
    rows = [
        FIRST | {"reference": f"C{number}", "start": "25/11/2026 10:00", name.strip(): value}
        for number, (name, (value, _, _)) in enumerate(bad.items())
    ]
    expected = [(line, column, code) for line, (_, column, code) in enumerate(bad.values(), start=2)]
    for row, one in zip(rows, expected, strict=True):
        assert [clashes(runtime, row)[0][1:]] == [one[1:]]
    found = clashes(runtime, *[row | {name: row.get(name, "") for name in {n.strip() for n in bad}} for row in rows])
    assert sorted(found) == sorted(expected)


def test_two_bookings_for_one_seat_name_each_other_and_a_reference_twice_its_first_line(
    runtime: Runtime, world: World
) -> None:
    same_time = SECOND | {"start": FIRST["start"]}
    assert clashes(runtime, FIRST, same_time) == [(3, "start", "import_taken_in_file")]
    assert clashes(runtime, FIRST, FIRST | {"reference": "bk 2026 001"}) == [(3, "reference", "import_reference_twice")]


def test_a_reference_that_is_one_of_ours_is_a_clash(runtime: Runtime, world: World) -> None:
    ours = make_appointment(runtime, world, NOW + timedelta(days=2, hours=2), actor=AGENT).reference
    assert clashes(runtime, FIRST | {"reference": ours}) == [(2, "reference", "import_reference_in_use")]


def test_a_visit_by_phone_needs_a_number(runtime: Runtime, database: Database) -> None:
    world = make_world(database)
    with database.writing() as db:
        db.get_one(Site, world.site_id).kind = "virtual"
        for service in db.scalars(select(Service)):
            service.modes = ["phone"]
        bump_plan(db, world.authority_id)
    assert clashes(runtime, FIRST | {"mode": "phone"}) == [(2, "phone", "no_phone_to_ring")]
    run(runtime, csv_of(FIRST | {"mode": "phone", "phone": "07700 900123"}))


@pytest.mark.parametrize(
    "start",
    [
        "24/11/2026 14:30",
        "24.11.2026 14.30",
        "24-11-2026 14:30:00",
        "24 November 2026 2:30pm",
        "Tuesday 24th Nov 2026 at 2.30 PM",
        "2026-11-24 14:30",
        "2026-11-24T14:30:00",
    ],
)
@pytest.mark.databases("sqlite")
def test_days_and_times_are_read_as_they_are_written_in_britain(runtime: Runtime, world: World, start: str) -> None:
    run(runtime, csv_of(FIRST | {"start": start}))
    with runtime.database.reading() as db:
        assert db.scalars(select(Appointment.starts_at)).one() == datetime(2026, 11, 24, 14, 30, tzinfo=UTC)


@pytest.mark.databases("sqlite")
def test_in_summer_the_clock_is_an_hour_ahead(database: Database, world: World) -> None:
    in_june = make_runtime(database, datetime(2027, 6, 1, 8, tzinfo=UTC))
    run(in_june, csv_of(FIRST | {"start": "10/06/2027 10:00"}))
    with database.reading() as db:
        assert db.scalars(select(Appointment.starts_at)).one() == datetime(2027, 6, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "start", ["24/11/26 14:30", "11/24/2026 14:30", "24/11/2026", "24/11/2026 14", "24/11/2026 13pm"]
)
@pytest.mark.databases("sqlite")
def test_days_and_times_that_may_mean_something_else_are_refused(runtime: Runtime, world: World, start: str) -> None:
    assert clashes(runtime, FIRST | {"start": start}) == [(2, "start", "import_start_form")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.databases("sqlite")
def test_files_are_read_as_programs_write_them(runtime: Runtime, world: World, encoding: str, separator: str) -> None:
    row = FIRST | {"name": "Zoë O’Brien", "notes": 'Says "hello", and;\nmore £'}
    content = csv_of(row, separator=separator).decode().replace("name", " Name ").encode(encoding)
    run(runtime, content)
    with runtime.database.reading() as db:
        assert db.scalars(select(Resident.name)).one() == "Zoë O’Brien"
        assert db.scalars(select(Appointment.notes)).one() == 'Says "hello", and;\nmore £'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (1, "", "import_empty")),
        (b"reference,services,site,start\n", (1, "name", "import_column_missing")),
        (b"reference,services,site,start,name,colour\n", (1, "colour", "import_column_unknown")),
        (b"reference,services,site,start,name,name\n", (1, "name", "import_column_twice")),
        (b"reference,services,site,start,name\na,b,c,d,e,f\n", (2, "", "import_row_too_long")),
        (b'reference,services,site,start,name\n"a"b,c\n', (2, "", "import_not_csv")),
        (b"reference,services,site,start,name\n\n\x81,certify,high-street,x,y\n", (3, "", "import_encoding")),
    ],
)
@pytest.mark.databases("sqlite")
def test_a_file_that_cannot_be_read_says_where(
    runtime: Runtime, world: World, content: bytes, expected: tuple[int, str, str]
) -> None:
    with pytest.raises(ImportRefused) as refused:
        run(runtime, content)
    (clash,) = refused.value.clashes
    assert (clash.line, clash.column, clash.reason.code) == expected


@pytest.mark.databases("sqlite")
def test_a_line_is_counted_where_its_booking_begins(runtime: Runtime, world: World) -> None:
    found = clashes(runtime, FIRST | {"notes": "one\ntwo"}, SECOND | {"site": "hill"})
    assert found == [(4, "site", "import_site_unknown")]


def test_two_thousand_bookings_are_all_there_once_and_nobody_is_told_twice(database: Database) -> None:
    world, runtime = make_world(database, desks=DESKS), make_runtime(database)
    content = csv_of(*many_rows())
    done = run(runtime, content, is_told=True)
    assert len(done.made) == MANY
    expected = {row["reference"]: datetime.strptime(row["start"] + "+0000", "%d/%m/%Y %H:%M%z") for row in many_rows()}
    with database.reading() as db:
        joined = select(OldReference.reference, Appointment.starts_at).join(
            Appointment, Appointment.id == OldReference.appointment_id
        )
        assert dict(db.execute(joined).all()) == expected
        assert db.scalar(select(func.count()).select_from(Claim)) == MANY * 6
        confirmations = select(Notification.appointment_id).where(Notification.kind == "confirmation")
        told = Counter(db.scalars(confirmations))
    assert (len(told), set(told.values())) == (MANY, {1})
    before = rows_of(database)
    assert run(runtime, content, is_told=True) == ImportedAppointments((), MANY)
    assert rows_of(database) == before
    assert verify_audit(database, world.authority_id).first_fault is None


def many_rows() -> list[dict[str, str]]:
    """As many bookings, each desk full from 10:00 to 15:00, on working days before the clocks change."""
    days = [day for n in range(1, 50) if (day := NOW.date() + timedelta(days=n)).weekday() < 5]
    times = [f"{10 + n // 2}:{n % 2 * 30:02d}" for n in range(10)]
    starts = [f"{day:%d/%m/%Y} {at}" for day in days for at in times for _ in range(DESKS)]
    return [
        FIRST
        | {"reference": f"OLD-{n:05d}", "start": start, "name": f"Resident {n}", "email": f"r{n % 700}@example.org"}
        for n, start in enumerate(starts[:MANY])
    ]


def test_the_audit_says_what_was_imported(runtime: Runtime, world: World) -> None:
    run(runtime, csv_of(FIRST, SECOND))
    with runtime.database.reading() as db:
        entries = db.execute(select(AuditEntry.action, AuditEntry.facts).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["imported", "imported", "appointments_imported"]
    assert "BK-2026/001" not in str(entries[0].facts)  # it leads to a person, and no fact of the audit is ever emptied
    assert entries[2].facts["facts"] == {"appointments": 2, "told": False}


@pytest.mark.databases("sqlite")
def test_the_command_lists_clashes_with_what_to_do_and_then_what_it_made(
    runtime: Runtime, world: World, tmp_path: Any
) -> None:
    commands = wsgi.create_app(runtime.settings, runtime.database, runtime.clock).test_cli_runner()
    file = tmp_path / "bookings.csv"
    command = ["appointments", "import", str(file), "--authority", "testshire"]
    file.write_bytes(csv_of(FIRST, SECOND | {"start": "24/11/2026 20:00"}))
    refused = commands.invoke(args=command)
    assert refused.exit_code == 1
    assert f"{file}: line 3, start: Nothing is open for this at that time. Correct the time" in refused.output
    assert "Nothing was imported. Put this right and run it again." in refused.output
    file.write_bytes(csv_of(FIRST, SECOND))
    trial = commands.invoke(args=[*command, "--dry-run"])
    assert trial.output.startswith("A dry run: nothing is changed.\nTo be made: 2 appointments.\n")
    made = commands.invoke(args=command)
    assert (made.exit_code, made.output.splitlines()[0]) == (0, "Made: 2 appointments.")
    again = commands.invoke(args=command)
    assert "Imported before, and left as they are: 2.\nNothing to import" in again.output
    assert commands.invoke(args=[*command[:-1], "nowhere"]).exit_code == 2


def test_a_resident_who_is_there_already_is_not_changed(runtime: Runtime, world: World) -> None:
    """What an old system says is no proof, and is older: it makes a second record rather than redirect messages."""
    run(runtime, csv_of(FIRST, SECOND | {"name": FIRST["name"], "email": FIRST["email"], "phone": "07700 900999"}))
    with runtime.database.reading() as db:
        kept = db.execute(select(Resident.email, Resident.phone).order_by(Resident.id)).all()
        assert kept == [("amina@example.org", ""), ("amina@example.org", "07700 900999")]
        assert db.scalar(select(func.count()).select_from(Representative)) == 0


def test_what_is_booked_here_already_is_a_clash(runtime: Runtime, world: World) -> None:
    make_appointment(runtime, world, datetime(2026, 11, 24, 10, tzinfo=UTC), actor=AGENT)
    assert clashes(runtime, FIRST) == [(2, "start", "import_taken")]
