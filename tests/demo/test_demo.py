"""Demo data: deterministic, consistent with the engine, and enough of it for every screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.availability.busy import busy_index
from booking.availability.engine import check_slot
from booking.availability.site_days import search_for, site_day
from booking.availability.values import SlotCheck
from booking.states import CANCELLED, State
from booking.tables import Allocation, Appointment, AppointmentService, Claim, RebookItem
from booking.use_cases.import_locations import import_file
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database, upgrade
from core.errors import Refused
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from core.wall_clock import local_day, unit_of
from demo.councils import BARNET, OLDHAM
from demo.day_filler import fill_day, seeded
from demo.invented_people import FAMILY, GIVEN, LANDLINES, MOBILE, invent
from demo.load import FOLDER, POPULATIONS, load_councils, load_scale
from demo.run import SIGN_INS
from demo.scale import POSTCODES, Size, plan_text
from locations.catalogue_queries import catalogue_of
from locations.importing.parse_plan import read_plan
from locations.importing.toml_file import InvalidFile
from locations.model import Catalogue
from locations.postcodes import locate
from people.residents.search_queries import find_residents
from people.residents.tables import Resident
from people.staff.tables import StaffMember
from reminders.tables import Notification

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 11, 10, tzinfo=UTC)
PASSWORD = "three random words"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Both demo councils, loaded once into SQLite on a Monday at 11:10, wired as the application is."""
    from wsgi import create_app

    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.sqlite"
    upgrade(url)
    database = Database(url)
    settings = Settings(database_url=url, secret_key="a secret for tests", is_test=True)
    app = create_app(settings, database=database, clock=FixedClock(NOW))
    runtime: Runtime = app.extensions[EXTENSION]
    load_councils(runtime, PASSWORD)
    yield runtime
    database.dispose()


def catalogue(runtime: Runtime, slug: str) -> Catalogue:
    with runtime.database.reading() as db:
        return catalogue_of(db, slug)


def appointments(runtime: Runtime) -> list[Any]:
    with runtime.database.reading() as db:
        return list(db.scalars(select(Appointment).order_by(Appointment.id)))


@pytest.mark.parametrize("slug", POPULATIONS)
def test_the_files_of_the_demo_councils_are_right(slug: str) -> None:
    assert read_plan((FOLDER / f"{slug}.toml").read_bytes()).authority["slug"] == slug


def test_barnet_has_room_for_its_daily_visits(demo: Runtime) -> None:
    """The visits a day that Barnet published for Barnet House in 2015."""
    barnet = catalogue(demo, "barnet")
    day, rng = local_day(date(2026, 11, 24), "Europe/London"), seeded("full")
    room = Counter(
        visit.service.slug
        for site in barnet.sites
        for visit in fill_day(site, day, "Europe/London", barnet.services, 1.0, rng)
    )
    assert room["certify-documents"] + room["benefits-advice"] >= 150
    assert room["housing-options"] >= 50
    assert room["tenants-leaseholders"] >= 30
    assert room["planning-advice"] >= 25
    assert room["register-birth"] + room["register-death"] >= 20
    assert room["welfare-reform-task-force"] >= 18
    assert room["family-services"] >= 7
    assert room["booked-meeting"] >= 1
    assert room["assisted-digital-support"] * 5 >= 60


def test_every_visit_ahead_would_have_been_allowed_by_the_engine(demo: Runtime) -> None:
    """Each one, against all the others: free without itself, and not free with itself in the diary."""
    for slug in POPULATIONS:
        council = catalogue(demo, slug)
        by_day: dict[tuple[int, date], list[Any]] = defaultdict(list)
        with demo.database.reading() as db:
            rows = db.execute(
                select(Appointment.local_date, Allocation, AppointmentService.service_id)
                .join(Allocation, Allocation.appointment_id == Appointment.id)
                .join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
                .where(Appointment.authority_id == council.authority.id, Appointment.local_date == date(2026, 12, 1))
            )
            for local_date, seat, service_id in rows:
                by_day[seat.site_id, local_date].append((seat, service_id))
        assert by_day
        for (site_id, local_date), seats in by_day.items():
            _check_day(council, site_id, local_date, seats)


def _check_day(council: Catalogue, site_id: int, local_date: date, seats: list[Any]) -> None:
    zone = council.authority.zone
    plan = site_day(council.site_by_id(site_id), local_day(local_date, zone), zone)
    for appointment_id in {seat.appointment_id for seat, _ in seats}:
        seats_of_visit = [(seat, service_id) for seat, service_id in seats if seat.appointment_id == appointment_id]
        others = busy_index(
            (seat.resource_id, seat.seat, seat.first_unit, seat.last_unit)
            for seat, _ in seats
            if seat.appointment_id != appointment_id
        )
        search = search_for(council, (seats_of_visit[0][1],), NOW, for_public=False)
        assert check_slot(search, plan, others, seats_of_visit[0][0].first_unit) is SlotCheck.FREE


def test_no_seat_is_allocated_twice(demo: Runtime) -> None:
    with demo.database.reading() as db:
        seats = db.scalars(select(Allocation).order_by(Allocation.first_unit)).all()
    last: dict[tuple[int, int], int] = {}
    for seat in seats:
        assert last.get((seat.resource_id, seat.seat), 0) <= seat.first_unit
        last[seat.resource_id, seat.seat] = seat.last_unit


@pytest.mark.parametrize("slug", POPULATIONS)
def test_somebody_works_at_two_sites_and_has_time_for_the_way(demo: Runtime, slug: str) -> None:
    council = catalogue(demo, slug)
    assert any(sum(person.id in site.council_wide_ids for site in council.sites) > 1 for person in council.people)
    with demo.database.reading() as db:
        ids = [person.id for person in council.people]
        seats = db.scalars(select(Allocation).where(Allocation.resource_id.in_(ids)).order_by(Allocation.first_unit))
        by_person: dict[int, list[Allocation]] = defaultdict(list)
        for seat in seats:
            by_person[seat.resource_id].append(seat)
    assert by_person
    for visits in by_person.values():
        assert len({visit.site_id for visit in visits}) > 1
        for one, following in pairwise(visits):
            assert following.first_unit - one.last_unit >= council.travel.ticks(one.site_id, following.site_id)


def test_what_is_still_to_come_is_claimed_unit_by_unit(demo: Runtime) -> None:
    tomorrow = unit_of(datetime(2026, 11, 24, tzinfo=UTC))
    with demo.database.reading() as db:
        seats = db.scalars(select(Allocation).where(Allocation.first_unit >= tomorrow)).all()
        claims = db.execute(select(Claim.resource_id, Claim.unit, Claim.seat).where(Claim.unit >= tomorrow)).all()
        past = db.scalar(select(func.count()).where(Claim.unit < unit_of(datetime(2026, 11, 23, tzinfo=UTC))))
    expected = {(s.resource_id, unit, s.seat) for s in seats for unit in range(s.first_unit, s.last_unit)}
    assert {tuple(claim) for claim in claims} == expected
    assert past == 0


def test_a_cancelled_visit_takes_nothing(demo: Runtime) -> None:
    with demo.database.reading() as db:
        allocated = select(Allocation.appointment_id)
        cancelled = select(func.count()).where(Appointment.state.in_(CANCELLED))
        assert db.scalar(cancelled.where(Appointment.id.in_(allocated))) == 0
        assert db.scalars(cancelled).one() > 0


def test_all_outcomes_are_in_the_past_and_today_is_a_mix(demo: Runtime) -> None:
    rows = appointments(demo)
    past = Counter(row.state for row in rows if row.local_date < NOW.date())
    assert set(past) == set(State) - {State.BOOKED, State.ARRIVED, State.IN_PROGRESS}
    today = Counter(row.state for row in rows if row.local_date == NOW.date())
    assert {State.BOOKED, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED} <= set(today)
    ahead = {row.state for row in rows if row.local_date > NOW.date()}
    assert ahead == {State.BOOKED, State.CANCELLED_BY_RESIDENT}


def test_it_reaches_from_four_weeks_ago_to_six_weeks_ahead(demo: Runtime) -> None:
    dates = {row.local_date for row in appointments(demo)}
    assert min(dates) == date(2026, 10, 26)
    assert date(2026, 12, 31) <= max(dates) <= date(2027, 1, 4)
    assert date(2026, 12, 25) not in dates


def test_times_that_are_written_agree(demo: Runtime) -> None:
    for row in appointments(demo)[::50]:
        assert row.created_at <= row.changed_at <= NOW
        assert row.starts_at < row.ends_at


def test_nobody_has_more_visits_to_come_than_the_council_allows(demo: Runtime) -> None:
    open_visits = Counter(
        row.resident_id for row in appointments(demo) if row.state == State.BOOKED and row.starts_at > NOW
    )
    assert max(open_visits.values()) <= 2


def test_residents_are_found_by_a_misspelt_name_and_in_their_own_script(demo: Runtime) -> None:
    barnet = catalogue(demo, "barnet").authority.id
    with demo.database.reading() as db:
        for text, part in (("wilfrid thislewick", "Thistlewick"), ("示例小明", "示例小明"), ("Тестова", "Тестова")):
            assert any(part in match.resident.name for match in find_residents(db, barnet, text, date(2026, 11, 23))), (
                text
            )


def test_every_contact_is_one_that_cannot_be_anybodys(demo: Runtime) -> None:
    with demo.database.reading() as db:
        residents = db.scalars(select(Resident)).all()
    assert all(resident.email.endswith("@example.org") for resident in residents if resident.email)
    numbers = [(resident.authority_id, resident.phone) for resident in residents if resident.phone]
    assert all(phone.startswith((MOBILE, *LANDLINES)) for _, phone in numbers)
    assert len(set(numbers)) == len(numbers)  # nobody shares a telephone
    assert any(not resident.email and not resident.phone for resident in residents)


def test_reminders_are_planned_for_what_is_to_come(demo: Runtime) -> None:
    with demo.database.reading() as db:
        assert db.scalars(select(func.count()).select_from(Notification)).one() > 1000
        assert db.scalars(select(Notification.due_at).order_by(Notification.due_at).limit(1)).one() > NOW


def test_the_sign_ins_of_the_contract_are_there(demo: Runtime) -> None:
    with demo.database.reading() as db:
        emails = set(db.scalars(select(StaffMember.email)))
    people = ("agent", "site", "manager", "admin")
    assert emails == {f"{who}{where}@demo.example" for who in people for where in ("", ".aberwyn")} == set(SIGN_INS)


def test_loading_again_changes_nothing(demo: Runtime) -> None:
    before = len(appointments(demo))
    assert load_councils(demo, PASSWORD) == []
    assert len(appointments(demo)) == before


def test_the_same_moment_gives_the_same_people_and_visits() -> None:
    people = [[invent(number, BARNET.postcodes, rng) for number in range(60)] for rng in (seeded("a"), seeded("a"))]
    assert people[0] == people[1]
    assert people[0] != [invent(number, BARNET.postcodes, seeded("b")) for number in range(60)]
    assert len(set(GIVEN)) == len(GIVEN)
    assert len(set(FAMILY)) == len(FAMILY)


@pytest.mark.parametrize("postcode", sorted({*BARNET.postcodes, *OLDHAM.postcodes, *POSTCODES}))
def test_every_postcode_of_the_demo_is_real(postcode: str) -> None:
    place = locate(postcode)
    assert place is not None
    assert place.exact


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    found: Runtime = app.extensions[EXTENSION]
    return found


def test_scale_has_exactly_the_requested_size(runtime: Runtime) -> None:
    now = runtime.clock.now()
    loaded = load_scale(runtime, Size(sites=3, resources=8, days=28, fill=25, history=1000))
    scale = catalogue(runtime, "scale")
    assert [len(site.resources) for site in scale.sites] == [3, 3, 2]
    rows = appointments(runtime)
    assert loaded.appointments == len(rows)
    ahead = [row for row in rows if now.date() < row.local_date <= now.date() + timedelta(days=28)]
    # 8 desks x 20 weekdays x 16 half-hours = 2,560, and a quarter of them.
    assert len(ahead) == 640
    assert sum(row.local_date < now.date() for row in rows) == 1000
    with runtime.database.reading() as db:
        each = db.execute(
            select(Allocation.resource_id, func.count())
            .where(Allocation.first_unit >= unit_of(datetime(2026, 11, 24, tzinfo=UTC)))
            .group_by(Allocation.resource_id)
        )
        assert {count for _, count in each} == {80}
        assert db.scalars(select(func.count()).select_from(Claim)).one() >= 640 * 6


def test_scale_is_not_loaded_over_another_scale(runtime: Runtime) -> None:
    load_scale(runtime, Size(sites=1, resources=1, days=1, fill=0))
    with pytest.raises(Refused, match="scale_loaded_already"):
        load_scale(runtime, Size(sites=2, resources=2, days=1, fill=0))


def test_if_empty_leaves_a_database_with_an_authority_alone(app: Flask, runtime: Runtime) -> None:
    load_scale(runtime, Size(sites=1, resources=1, days=1, fill=0))
    result = app.test_cli_runner().invoke(args=["demo", "load", "--if-empty"])
    assert result.exit_code == 0
    assert "nothing was loaded" in result.output
    with runtime.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Appointment)) == 0


def test_fewer_desks_than_sites_are_refused_with_a_message(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "load", "--sites", "5", "--resources", "2"])
    assert result.exit_code == 2
    assert "at least one resource for each site" in result.output


def test_a_closure_that_is_brought_in_lists_whom_to_rebook(runtime: Runtime) -> None:
    """Importer, closure, rebook list: tomorrow from 09:00 to 12:00 at a desk that is booked solid."""
    size = Size(sites=1, resources=1, days=7, fill=100)
    load_scale(runtime, size)
    closure = "\n[[closures]]\nslug = 'flood'\nstarts_at = 2026-11-24T09:00:00\nends_at = 2026-11-24T12:00:00\n"
    imported = import_file(runtime, (plan_text(size) + closure).encode(), actor=Actor.system())
    assert (imported.in_closures, imported.new_misfits) == (6, 0)
    with runtime.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(RebookItem)) == 6


def test_a_desk_with_visits_to_come_cannot_be_left_out(runtime: Runtime) -> None:
    load_scale(runtime, Size(sites=1, resources=2, days=7, fill=100))
    smaller = plan_text(Size(sites=1, resources=1, days=7)).encode()
    with pytest.raises(InvalidFile, match=r'resource "desk-2" of site "site-1" cannot be removed: \d+ appointments'):
        import_file(runtime, smaller, actor=Actor.system())
    assert len(catalogue(runtime, "scale").sites[0].resources) == 2
