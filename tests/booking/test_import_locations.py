"""A council's file and who is booked already: nobody is missed, and everything is written together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from booking.slot_tokens import SlotKey
from booking.states import State
from booking.tables import Appointment, RebookItem
from booking.use_cases import import_locations
from booking.use_cases.book import Booking, book
from booking.use_cases.holds import hold_slot
from booking.use_cases.import_locations import Imported, import_file
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import HoldExpired, SlotTaken
from core.runtime import Runtime
from core.tokens import new_token
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_of
from locations.importing.toml_file import InvalidFile
from locations.tables import Authority, Resource, Service, Site
from people.residents.details import ResidentDetails
from tests.support.factories import AGENT, RESIDENT, make_runtime

TOMORROW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
FILE = """
[authority]
slug = "smallville"
name = "Smallville"
lead_minutes = 0

[[services]]
slug = "advice"
name = "Advice"
duration_minutes = 30
requirements = [{ kind = "adviser", skills = ["housing"] }]

[[services]]
slug = "forms"
name = "Forms"
duration_minutes = 30
requirements = [{ kind = "adviser" }]

[[sites]]
slug = "hall"
name = "Hall"
kind = "office"
features = ["hearing-loop"]
  [[sites.resources]]
  slug = "ann"
  name = "Ann"
  kind = "adviser"
  skills = ["housing"]
  [[sites.resources]]
  slug = "bob"
  name = "Bob"
  kind = "adviser"
  skills = ["housing"]
  [[sites.sessions]]
  slug = "weekdays"
  days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
  starts = "09:00"
  ends = "12:00"
  resources = ["ann", "bob"]
  services = ["advice", "forms"]
"""
FLOOD = '  [[sites.closures]]\n  slug = "flood"\n  first_date = 2026-11-24\n'
ANN_AWAY = '  [[sites.closures]]\n  slug = "leave"\n  first_date = 2026-11-24\n  resource = "ann"\n'
SHORTER = FILE.replace('ends = "12:00"', 'ends = "10:00"')


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A database with Smallville in it."""
    runtime = make_runtime(database)
    bring_in(runtime, FILE)
    return runtime


def bring_in(runtime: Runtime, text: str) -> Imported:
    return import_file(runtime, text.encode(), actor=Actor.system())


def slot(runtime: Runtime, minutes: int, service: str = "advice") -> SlotKey:
    """The start so many minutes after nine tomorrow."""
    with runtime.database.reading() as db:
        known = catalogue_of(db, "smallville")
    unit = unit_of(TOMORROW + timedelta(minutes=minutes))
    return SlotKey(known.authority.id, known.site("hall").id, (known.service(service).id,), "in_person", unit)


def booked(runtime: Runtime, minutes: int, service: str = "advice", needs: tuple[str, ...] = ()) -> int:
    slot_key = slot(runtime, minutes, service)
    who = ResidentDetails(f"Robin {minutes} {service}", email=f"robin.{minutes}.{service}@example.org")
    return book(
        runtime, Booking(slot_key.authority_id, "online", who, slot_key=slot_key, support_needs=needs), actor=RESIDENT
    ).appointment_id


def listed(runtime: Runtime) -> list[tuple[int, str]]:
    """The appointments that are on a list, each with the reason, by number."""
    with runtime.database.reading() as db:
        items = select(RebookItem).where(RebookItem.closed_at.is_(None)).order_by(RebookItem.appointment_id)
        return [(item.appointment_id, item.reason) for item in db.scalars(items)]


def test_a_closure_lists_whom_it_touches_once(runtime: Runtime) -> None:
    first, second = booked(runtime, 0), booked(runtime, 60)
    imported = bring_in(runtime, FILE + FLOOD)
    assert (imported.in_closures, imported.new_misfits) == (2, 0)
    assert bring_in(runtime, FILE + FLOOD).in_closures == 0
    assert listed(runtime) == [(first, "closure"), (second, "closure")]


def test_a_closure_of_one_adviser_lists_whom_that_adviser_sees(runtime: Runtime) -> None:
    visits = [booked(runtime, 0), booked(runtime, 0, "forms")]
    imported = bring_in(runtime, FILE + ANN_AWAY)
    assert (imported.in_closures, imported.new_misfits) == (1, 0)
    ((touched, reason),) = listed(runtime)
    assert touched in visits
    assert reason == "closure"


def test_a_closure_that_is_over_lists_nobody(runtime: Runtime) -> None:
    booked(runtime, 0)
    over = '  [[sites.closures]]\n  slug = "flood"\n  first_date = 2026-11-02\n'
    assert bring_in(runtime, FILE + over).in_closures == 0


def test_whom_a_moved_closure_no_longer_touches_leaves_its_list_and_comes_back_with_it(runtime: Runtime) -> None:
    appointment = booked(runtime, 0)
    later = FLOOD.replace("2026-11-24", "2026-11-26")
    bring_in(runtime, FILE + FLOOD)
    assert bring_in(runtime, FILE + later).to_rebook == ()
    assert listed(runtime) == []
    assert bring_in(runtime, FILE + FLOOD).in_closures == 1
    assert listed(runtime) == [(appointment, "closure")]


def test_a_closure_that_ends_early_leaves_nobody_on_its_list(runtime: Runtime) -> None:
    booked(runtime, 0)
    bring_in(runtime, FILE + FLOOD)
    over = FLOOD.replace("first_date = 2026-11-24", "first_date = 2026-11-02\n  last_date = 2026-11-20")
    assert bring_in(runtime, FILE + over).to_rebook == ()
    assert listed(runtime) == []


def test_who_leaves_a_closure_and_does_not_fit_for_another_reason_stays_listed(runtime: Runtime) -> None:
    cut_off = booked(runtime, 60)
    bring_in(runtime, FILE + FLOOD)
    bring_in(runtime, SHORTER + FLOOD.replace("2026-11-24", "2026-11-26"))
    assert listed(runtime) == [(cut_off, "hours")]


def test_it_names_whom_it_lists(runtime: Runtime) -> None:
    booked(runtime, 60)
    with runtime.database.reading() as db:
        reference = db.scalars(select(Appointment.reference)).one()
    (listed_one,) = bring_in(runtime, SHORTER).to_rebook
    assert (listed_one.reference, listed_one.site, listed_one.reason) == (reference, "Hall", "hours")
    assert f"{listed_one.starts_at:%H:%M %Z}" == "10:00 GMT"


def test_shorter_hours_list_whom_they_cut_off(runtime: Runtime) -> None:
    booked(runtime, 30)
    cut_off = booked(runtime, 60)
    imported = bring_in(runtime, SHORTER)
    assert (imported.in_closures, imported.new_misfits) == (0, 1)
    assert listed(runtime) == [(cut_off, "hours")]


def edited(*edits: tuple[str, str]) -> str:
    """The file with each text replaced once."""
    text = FILE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


NO_TUESDAYS = edited(('"tuesday", ', ""))
NO_ADVICE = edited(('services = ["advice", "forms"]', 'services = ["forms"]'))
NO_LOOP = edited(('features = ["hearing-loop"]', "features = []"))
ONLY_PHONE = '\nmodes = ["phone"]'
BY_PHONE = edited(
    ('kind = "office"', 'kind = "virtual"'),
    ('"Advice"', f'"Advice"{ONLY_PHONE}'),
    ('"Forms"', f'"Forms"{ONLY_PHONE}'),
)
ANN_UNSKILLED = edited(('name = "Ann"\n  kind = "adviser"\n  skills = ["housing"]', 'name = "Ann"\n  kind = "adviser"'))
ANN_NOT_OPEN = edited(('resources = ["ann", "bob"]', 'resources = ["bob"]'))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (NO_TUESDAYS, "hours"),
        (NO_ADVICE, "hours"),
        (NO_LOOP, "skills"),
        (BY_PHONE, "mode"),
        (ANN_UNSKILLED, "resource"),
        (ANN_NOT_OPEN, "resource"),
    ],
)
def test_a_booking_that_stops_fitting_is_listed_with_its_reason(runtime: Runtime, changed: str, reason: str) -> None:
    """The visit is Ann's, and needs a hearing loop."""
    appointment = booked(runtime, 0, needs=("hearing-loop",))
    assert bring_in(runtime, changed).new_misfits == 1
    assert listed(runtime) == [(appointment, reason)]


def test_an_adviser_who_loses_a_skill_keeps_the_visits_that_need_none(runtime: Runtime) -> None:
    advice = booked(runtime, 0)
    booked(runtime, 30, "forms")
    assert bring_in(runtime, ANN_UNSKILLED).new_misfits == 1
    assert listed(runtime) == [(advice, "resource")]


def test_another_change_lists_nobody_again(runtime: Runtime) -> None:
    booked(runtime, 60)
    assert bring_in(runtime, SHORTER).new_misfits == 1
    assert bring_in(runtime, SHORTER).new_misfits == 0
    assert bring_in(runtime, SHORTER.replace('"Hall"', '"Town Hall"')).new_misfits == 0
    assert len(listed(runtime)) == 1


def test_who_fits_again_leaves_the_list_and_can_come_back_to_it(runtime: Runtime) -> None:
    appointment = booked(runtime, 60)
    bring_in(runtime, SHORTER)
    bring_in(runtime, FILE)
    assert listed(runtime) == []
    assert bring_in(runtime, SHORTER).new_misfits == 1
    assert listed(runtime) == [(appointment, "hours")]


def test_when_a_closure_is_removed_who_still_does_not_fit_stays_listed(runtime: Runtime) -> None:
    booked(runtime, 0)
    cut_off = booked(runtime, 60)
    bring_in(runtime, FILE + FLOOD)
    assert bring_in(runtime, SHORTER + FLOOD).new_misfits == 1
    assert bring_in(runtime, SHORTER).new_misfits == 0
    assert listed(runtime) == [(cut_off, "hours")]


def test_who_moves_to_a_time_that_fits_leaves_the_list(runtime: Runtime) -> None:
    slot_key = slot(runtime, 60)
    who = ResidentDetails("Robin Sample", email="robin@example.org")
    visit = book(runtime, Booking(slot_key.authority_id, "online", who, slot_key=slot_key), actor=RESIDENT)
    bring_in(runtime, SHORTER)
    move = Move(slot(runtime, 0))
    reschedule(runtime, slot_key.authority_id, visit.reference, move, actor=AGENT, enforce_cutoff=False)
    assert listed(runtime) == []


def test_a_hold_that_no_longer_fits_ends_and_others_stay(runtime: Runtime) -> None:
    holds = [hold_slot(runtime, slot(runtime, minutes), for_public=True) for minutes in (30, 60)]
    bring_in(runtime, SHORTER)
    authority_id = holds[0].slot_key.authority_id
    with pytest.raises(HoldExpired):
        book(
            runtime,
            Booking(authority_id, "online", ResidentDetails("Kim"), hold=holds[1].token),
            actor=RESIDENT,
        )
    assert book(runtime, Booking(authority_id, "online", ResidentDetails("Robin"), hold=holds[0].token), actor=RESIDENT)


@pytest.mark.parametrize(
    ("left_out", "name"),
    [
        (
            edited(('slug = "ann"', 'slug = "cat"'), ('["ann", "bob"]', '["cat", "bob"]')),
            'resource "ann" of site "hall"',
        ),
        (FILE.replace('"advice"', '"help"'), 'service "advice"'),
        (FILE.replace('"hall"', '"annex"'), 'site "hall"'),
    ],
)
def test_what_appointments_to_come_need_cannot_be_left_out(runtime: Runtime, left_out: str, name: str) -> None:
    booked(runtime, 0)
    with pytest.raises(InvalidFile) as refused:
        bring_in(runtime, left_out)
    assert f"{name} cannot be removed: 1 appointments there are still to come" in str(refused.value)
    assert bring_in(runtime, FILE).changes.are_none


def test_nothing_is_half_imported(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last thing to be written fails; the first is not there."""

    def fail(*_arguments: object, **_values: object) -> None:
        raise RuntimeError("no more room")

    monkeypatch.setattr(import_locations, "record", fail)
    with pytest.raises(RuntimeError, match="no more room"):
        bring_in(make_runtime(database), FILE)
    with database.reading() as db:
        for table in (Authority, Site, Service, Resource, AuditEntry):
            assert db.scalar(select(func.count()).select_from(table)) == 0


def test_shorter_hours_beside_bookings_and_moves_miss_nobody(runtime: Runtime) -> None:
    """Whatever the order: who is booked after the new end is on the list, and nobody else."""
    early = [book_at(runtime, minutes) for minutes in (0, 30)]
    late = [book_at(runtime, minutes) for minutes in (60, 90)]
    gate = Barrier(9)
    operations: list[Callable[[], object]] = [
        *(lambda minutes=minutes: book_at(runtime, minutes) for minutes in (60, 90, 120)),
        *(lambda reference=reference: move_to(runtime, reference, 150) for reference in early),
        *(lambda reference=reference: move_to(runtime, reference, 30) for reference in late),
        lambda: hold_and_book(runtime, 120),
        lambda: bring_in(runtime, SHORTER),
    ]

    def run(operation: Callable[[], object]) -> None:
        gate.wait()
        with suppress(SlotTaken, HoldExpired):
            operation()

    with ThreadPoolExecutor(len(operations)) as pool:
        list(pool.map(run, operations))
    with runtime.database.reading() as db:
        is_late = (Appointment.ends_at > TOMORROW + timedelta(hours=1), Appointment.state == State.BOOKED)
        stranded = db.scalars(select(Appointment.id).where(*is_late).order_by(Appointment.id)).all()
    assert [appointment_id for appointment_id, _ in listed(runtime)] == stranded


def book_at(runtime: Runtime, minutes: int) -> str:
    slot_key = slot(runtime, minutes, "forms")
    who = ResidentDetails("Robin Sample", email=f"{new_token()[:8].lower()}@example.org")
    return book(runtime, Booking(slot_key.authority_id, "online", who, slot_key=slot_key), actor=RESIDENT).reference


def move_to(runtime: Runtime, reference: str, minutes: int) -> None:
    slot_key = slot(runtime, minutes, "forms")
    reschedule(runtime, slot_key.authority_id, reference, Move(slot_key), actor=AGENT, enforce_cutoff=False)


def hold_and_book(runtime: Runtime, minutes: int) -> None:
    held = hold_slot(runtime, slot(runtime, minutes, "forms"), for_public=True)
    who = ResidentDetails("Kim Sample")
    book(runtime, Booking(held.slot_key.authority_id, "online", who, hold=held.token), actor=RESIDENT)
