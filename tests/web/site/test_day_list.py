"""The day list as site staff see it: rows, gaps, notices, filters, paper, file, refreshing; and who may see it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from booking.availability.bookings_that_fit import MisfitReason
from booking.states import State
from booking.tables import Appointment, RebookItem
from booking.use_cases.outcomes import correct
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Closure, SessionException, SessionResource, SessionTemplate
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import ResidentView
from people.staff.policy import Role
from tests.support.factories import (
    World,
    make_appointment,
    make_resource,
    make_service,
    make_session,
    make_site,
    make_world,
    slot_key_at,
)
from tests.support.pages import Page, check_page
from tests.web.site.conftest import DAY, NINE, SITE, STAFF, Library
from web.labels import REBOOK_REASONS

pytestmark = pytest.mark.databases("sqlite")


def page_at(client: FlaskClient, path: str = DAY) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return check_page(answer.text)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the block sends."""
    statements: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement != "BEGIN" and not statement.startswith("BEGIN "):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    yield statements
    event.remove(database.engine, "before_cursor_execute", listen)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_row_shows_all_that_site_staff_need(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(
        resident=ResidentDetails("Zoë Ångström", phone="07700 900123", language="Polish"),
        support_needs=("step-free", "language"),
        notes="Comes with two children.",
        answers={"Do you rent?": "Yes"},
        representative=Representation("Jo Carer", "carer", phone="07700 900456"),
        service=1,
    )
    text = page_at(site_staff).text
    for text_shown in (
        "9am",
        "to 9:30am",
        "Zoë Ångström",
        f"Housing advice , Desk {library.desk_of(reference)}",
        "Bring: Tenancy agreement; Passport",
        "Step-free access",
        "Another language: Polish",
        "Notes: Comes with two children.",
        "Do you rent? Yes",
        "Jo Carer, carer, 07700 900456",
        "Booked",
        "1 appointment: 1 booked.",
    ):
        assert text_shown.replace(" ,", ",") in text.replace(" ,", ","), text_shown


def test_whom_to_ring_is_shown_for_a_visit_by_telephone(library: Library) -> None:
    world, database = library.world, library.database
    virtual = make_site(database, world.authority_id, "by-phone", name="By phone", kind="virtual", features=[])
    room = make_resource(database, world.authority_id, virtual, "line-1", kind="virtual_room")
    needs = [{"kind": "virtual_room", "skills": []}]
    modes = ["video", "phone"]
    talk = make_service(database, world.authority_id, "talk", name="A talk", modes=modes, requirements=needs)
    make_session(database, world.authority_id, virtual, [room], [talk], "lines")
    there = World(world.authority_id, virtual, (room,), (talk,))
    shy = ResidentDetails("Robin Sample", phone="07700 900123", leave_no_message=True)
    make_appointment(library.runtime, there, NINE, resident=shy, slot_key=slot_key_at(there, NINE, mode="phone"))
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    page = page_at(admin, "/staff/sites/by-phone/days/2026-11-23")
    assert page.link("07700 900123") == "tel:07700900123"
    assert "By phone" in page.text
    assert "(leave no message)" in page.text
    assert "07700" not in page_at(admin).text


def test_names_and_notes_are_text_and_never_markup(library: Library, site_staff: FlaskClient) -> None:
    library.book(resident=ResidentDetails("<b>Robin</b>"), notes='"><script>alert(1)</script>')
    for path in (DAY, f"{DAY}/print", f"{DAY}/rows"):
        html = site_staff.get(path).text
        assert "<b>Robin" not in html
        assert "<script>alert" not in html


def test_gaps_are_listed_by_their_start(library: Library, site_staff: FlaskClient) -> None:
    here = library.desk_of(library.book(60))
    other = "2" if here == "1" else "1"
    text = page_at(site_staff).text
    assert "1 appointment: 1 booked. 3 free gaps." in text
    assert text.index(f"Free now until 10am: Desk {here}") < text.index(f"Free now until 5pm: Desk {other}")
    assert f"Free 10:30am to 5pm (6 hours 30 minutes): Desk {here}" in text


def test_resources_that_are_free_alike_share_a_line(library: Library, site_staff: FlaskClient) -> None:
    assert "Free now until 5pm: Desk 1, Desk 2" in page_at(site_staff).text


def test_what_is_too_short_for_any_service_is_no_gap(library: Library, site_staff: FlaskClient) -> None:
    library.clock.advance(timedelta(hours=7, minutes=35))
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert "No appointments. No free gaps." in page_at(manager).text


def test_a_group_room_says_how_many_places_are_left(library: Library, site_staff: FlaskClient) -> None:
    world = library.world
    room = make_resource(library.database, world.authority_id, world.site_id, "workshop", kind="room", seats=12)
    with library.database.writing() as db:
        template = db.scalars(select(SessionTemplate)).one()
        db.add(SessionResource(template_id=template.id, resource_id=room))
        bump_plan(db, world.authority_id, [world.site_id])
    assert "Free now until 5pm: Desk 1, Desk 2, Workshop (12 places)" in page_at(site_staff).text


def test_an_empty_day_says_why(library: Library, site_staff: FlaskClient) -> None:
    sunday = page_at(site_staff, f"{SITE}/days/2026-11-22").text
    assert "There are no appointments on this day." in sunday
    assert "No sessions are open on this day." in sunday
    christmas = page_at(site_staff, f"{SITE}/days/2026-12-25").text
    assert "Bank holiday: Christmas Day. The site is shut all day." in christmas


def test_before_the_doors_open_it_says_when_they_will(library: Library, site_staff: FlaskClient) -> None:
    library.clock.advance(timedelta(minutes=-60))
    assert "Not open yet. Sessions today: 9am to 5pm." in page_at(site_staff).text
    library.clock.advance(timedelta(minutes=60))
    assert "Sessions: 9am to 5pm." in page_at(site_staff).text


@pytest.mark.databases("sqlite", "postgresql")
def test_closures_say_so_and_who_must_be_rebooked(library: Library, site_staff: FlaskClient) -> None:
    library.book(60, resident=ResidentDetails("Robin Closed", phone="07700 900222", leave_no_message=True))
    library.book(180, resident=ResidentDetails("Ali Open"))
    library.close(NINE + timedelta(hours=1), NINE + timedelta(hours=2))
    library.close(NINE + timedelta(hours=6), NINE + timedelta(hours=7), "Broken", library.world.resource_ids[1])
    page = page_at(site_staff)
    assert "Site shut from 10am to 11am: Boiler." in page.text
    assert "Desk 2 shut from 3pm to 4pm: Broken." in page.text
    assert "Sessions: 9am to 10am, 11am to 5pm." in page.text
    notice = page.text.partition("1 person to rebook")[2].partition("Waiting now")[0]
    assert "Robin Closed" in notice
    assert "(leave no message)" in notice
    assert "Ali Open" not in notice
    assert page.link("07700 900222") == "tel:07700900222"


def test_each_person_to_rebook_is_moved_or_cancelled_from_the_list(library: Library, manager: FlaskClient) -> None:
    reference = library.book(60)
    library.close(NINE + timedelta(hours=1), NINE + timedelta(hours=2))
    page = page_at(manager)
    for link, heading in (("Move: 10am Robin Sample", "Move"), ("Cancel: 10am Robin Sample", "Cancel")):
        address = page.link(link)
        assert reference in address
        assert heading in page_at(manager, address).text
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "Move: 10am" not in page_at(adviser).text


@pytest.mark.parametrize("reason", list(MisfitReason))
def test_who_no_longer_fits_the_plan_is_listed_with_the_reason(
    library: Library, site_staff: FlaskClient, reason: MisfitReason
) -> None:
    reference = library.book(60)
    with library.database.writing() as db:
        appointment_id = db.scalars(select(Appointment.id).where(Appointment.reference == reference)).one()
        values = {"authority_id": library.world.authority_id, "appointment_id": appointment_id, "created_at": NINE}
        db.add(RebookItem(**values, reason=reason.value))
    text = page_at(site_staff).text
    assert "1 person to rebook" in text
    assert f"To rebook: {REBOOK_REASONS[reason]}" in text


def test_somebody_who_also_works_elsewhere_is_free_here_outside_their_time_there_and_the_way(
    library: Library, site_staff: FlaskClient
) -> None:
    """The other site is 5 kilometres away, 15 minutes. What is booked there is not on this list."""
    world, database = library.world, library.database
    person = make_resource(database, world.authority_id, None, "outreach", name="Outreach adviser", kind="adviser")
    needs = [{"kind": "adviser", "skills": []}]
    advice = make_service(database, world.authority_id, "outreach-advice", requirements=needs)
    hub = make_site(database, world.authority_id, "hub", name="Hub", easting=530_000)
    for site_id in (world.site_id, hub):
        make_session(database, world.authority_id, site_id, [person], [advice], "outreach")
    there = World(world.authority_id, hub, (person,), (advice,))
    make_appointment(library.runtime, there, NINE + timedelta(hours=2), resident=ResidentDetails("Ali Elsewhere"))
    text = page_at(site_staff).text
    assert "Free now until 10:45am: Outreach adviser" in text
    assert "Free 11:45am to 5pm (5 hours 15 minutes): Outreach adviser" in text
    assert "Ali Elsewhere" not in text
    with database.writing() as db:
        leave = {"slug": "leave", "reason": "Leave", "resource_id": person, "authority_id": world.authority_id}
        db.add(Closure(**leave, starts_at=NINE, ends_at=NINE + timedelta(hours=8)))
        bump_plan(db, world.authority_id)
    assert "Outreach adviser away from 9am to 5pm: Leave." in page_at(site_staff).text


def test_nobody_is_left_to_rebook_once_they_have_moved(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(60)
    library.close(NINE + timedelta(hours=1), NINE + timedelta(hours=2))
    to = Move(slot_key_at(library.world, NINE + timedelta(hours=4)))
    reschedule(library.runtime, library.world.authority_id, reference, to, actor=STAFF, enforce_cutoff=False)
    text = page_at(site_staff).text
    assert "to rebook" not in text
    assert "1pm" in text


@pytest.mark.databases("sqlite", "postgresql")
def test_a_whole_day_shut_and_a_cancelled_session_give_their_reasons(library: Library, site_staff: FlaskClient) -> None:
    world = library.world
    library.close(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC), "Stocktaking")
    with library.database.writing() as db:
        template = db.scalars(select(SessionTemplate)).one()
        db.add(SessionException(template_id=template.id, date=date(2026, 11, 24), reason="Training day"))
        bump_plan(db, world.authority_id, [world.site_id])
    assert "Site shut all day: Stocktaking." in page_at(site_staff).text
    assert "Training day" in page_at(site_staff, f"{SITE}/days/2026-11-24").text


def test_a_bank_holiday_and_the_clock_change_are_ordinary_days_to_look_at(
    library: Library, site_staff: FlaskClient
) -> None:
    for day in ("2026-03-29", "2026-10-25", "2027-03-28", "2028-02-29"):
        page_at(site_staff, f"{SITE}/days/{day}")


@pytest.mark.databases("sqlite", "postgresql")
def test_the_list_is_narrowed_by_resource_service_and_state(library: Library, site_staff: FlaskClient) -> None:
    first = library.book(resident=ResidentDetails("Ann First"))
    library.book(resident=ResidentDetails("Ben Second"), service=1)
    library.record(first, State.ARRIVED)
    one = library.desk_of(first)
    other = "2" if one == "1" else "1"
    cases = {
        f"resource=desk-{one}": ("Ann First", "Ben Second"),
        f"resource=desk-{other}": ("Ben Second", "Ann First"),
        "service=advice": ("Ben Second", "Ann First"),
        "show=waiting": ("Ann First", "Ben Second"),
        "show=free": ("Free 9:30am to 5pm", "Ann First"),
        "show=to-do": ("Ben Second", "Could not finish"),
    }
    for query, (there, not_there) in cases.items():
        text = page_at(site_staff, f"{DAY}?{query}").text
        assert there in text, query
        assert not_there not in text, query
    done = page_at(site_staff, f"{DAY}?show=done")
    assert "Nothing on this day fits your filter." in done.text
    assert done.link("Show everything") == DAY
    everybody = page_at(site_staff, f"{DAY}?resource=nonsense&show=nonsense&service=nonsense").text
    assert "Ann First" in everybody
    assert "Ben Second" in everybody


def test_the_filter_stays_on_other_days_and_in_the_forms(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    page = page_at(site_staff, f"{DAY}?resource=desk-1")
    assert page.link("Next day") == f"{SITE}/days/2026-11-24?resource=desk-1"
    assert page.link("Previous day") == f"{SITE}/days/2026-11-22?resource=desk-1"
    assert any(form.action == f"{DAY}/appointments/{reference}?resource=desk-1" for form in page.forms)


def test_any_day_can_be_picked(library: Library, site_staff: FlaskClient) -> None:
    assert site_staff.get(f"{SITE}/today").location == DAY
    assert site_staff.get(f"{SITE}/days").location == DAY
    picked = site_staff.get(f"{SITE}/days?date=2026-12-01&resource=desk-2")
    assert picked.location == f"{SITE}/days/2026-12-01?resource=desk-2"


@pytest.mark.parametrize(
    "day", ["tomorrow", "2026-13-01", "20261123", "0001-01-01", "9999-12-31", "2026-W48-1", "１234-01-01"]
)
def test_what_is_no_date_is_not_found(library: Library, site_staff: FlaskClient, day: str) -> None:
    for path in (
        f"{SITE}/days/{day}",
        f"{SITE}/days/{day}/rows",
        f"{SITE}/days/{day}/print",
        f"{SITE}/days?date={day}",
    ):
        assert site_staff.get(path).status_code == 404


def sections_at(client: FlaskClient, path: str = DAY) -> dict[str, list[str]]:
    """The references of the rows by the heading that they stand under, without its number."""
    html = client.get(path).text
    found: dict[str, list[str]] = {}
    for section in re.findall(r'<section class="fd-section.*?</section>', html, re.DOTALL):
        heading = re.search(r"<h2[^>]*>(.*?) \((\d+)\)</h2>", section)
        assert heading
        rows = re.findall(r'id="a-(\w+)" tabindex', section)
        if rows:
            assert int(heading.group(2)) == len(rows)
            found[heading.group(1)] = rows
    return found


@pytest.mark.databases("sqlite", "postgresql")
def test_everybody_stands_in_the_section_of_what_is_to_be_done_with_them(library: Library) -> None:
    references = [library.book(30 * number) for number in range(12)]
    library.clock.advance(timedelta(minutes=65))  # 10:05
    site_staff = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    library.record(references[1], State.ARRIVED, State.IN_PROGRESS)
    library.record(references[3], State.ARRIVED)
    library.clock.advance(timedelta(minutes=7))
    library.record(references[2], State.ARRIVED)
    library.record(references[4], State.ARRIVED, State.LEFT_BEFORE_SEEN)
    assert (
        sections_at(site_staff)
        == {
            "Waiting now": [references[3], references[2]],  # who has waited longest comes first, whatever was booked
            "Next": references[5:8],
            "Being seen now": [references[1]],
            "Time over, nothing recorded": [references[0]],
            "Later": references[8:],
            "Done or cancelled": [references[4]],
        }
    )
    text = page_at(site_staff).text
    assert "Waiting 7 minutes" in text
    assert "Waiting 0 minutes" in text


def test_who_is_put_back_has_waited_since_they_arrived(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    library.clock.advance(timedelta(minutes=9))
    library.record(reference, State.IN_PROGRESS)
    library.clock.advance(timedelta(minutes=2))
    assert "Waiting 11 minutes" not in page_at(site_staff).text
    correct(library.runtime, library.world.authority_id, reference, State.ARRIVED, actor=STAFF, reason="Not yet")
    assert "Waiting 11 minutes" in page_at(site_staff).text
    correct(library.runtime, library.world.authority_id, reference, State.BOOKED, actor=STAFF, reason="Not here")
    library.record(reference, State.ARRIVED)
    assert "Waiting 0 minutes" in page_at(site_staff).text


def test_of_another_day_nobody_comes_next(library: Library, site_staff: FlaskClient) -> None:
    tomorrow = [library.book(24 * 60 + 30 * number) for number in range(2)]
    assert sections_at(site_staff, f"{SITE}/days/2026-11-24") == {"Later": tomorrow}
    library.clock.advance(timedelta(days=2))
    later = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert sections_at(later, f"{SITE}/days/2026-11-24") == {"Time over, nothing recorded": tomorrow}


def test_a_long_section_shows_a_line_of_each_and_what_is_done_is_folded(
    library: Library, site_staff: FlaskClient
) -> None:
    references = [library.book(30 * number) for number in range(14)]
    for reference in references[:2]:
        library.record(reference, State.ARRIVED, State.LEFT_BEFORE_SEEN)
    html = site_staff.get(DAY).text
    assert html.count('<details class="fd-brief">') == len(references[5:])
    assert re.search(r'<details class="fd-fold">\s*<summary><h2[^>]*>Done or cancelled \(2\)', html)
    part = site_staff.get(f"{DAY}?service=certify").text
    assert "fd-brief" not in part
    assert '<details class="fd-fold">' not in part


def test_the_row_that_was_clicked_last_is_never_folded(library: Library, site_staff: FlaskClient) -> None:
    references = [library.book(30 * number) for number in range(3)]
    library.record(references[0], State.ARRIVED, State.LEFT_BEFORE_SEEN)
    assert sections_at(site_staff, f"{DAY}?keep={references[0]}")["Just recorded"] == [references[0]]


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("zoe", True),
        ("ANGS", True),
        ("ang zo", True),
        ("  zoë  ", True),
        ("oe", False),
        ("zoe x", False),
        ("{reference}", True),
        ("{spoken}", True),
        ("{end}", True),
        ("%", False),
        (" ", True),  # nothing at all
    ],
)
def test_the_list_is_searched_by_name_and_reference(
    library: Library, site_staff: FlaskClient, typed: str, is_found: bool
) -> None:
    reference = library.book(resident=ResidentDetails("Zoë Ångström"))
    others = [library.book(30 * number) for number in range(12)]
    spoken = f"{reference[:4]} {reference[4:]}"
    text = typed.format(reference=reference.lower(), spoken=spoken, end=reference[3:])
    page = site_staff.get(DAY, query_string={"q": text})
    found = re.findall(r'id="a-(\w+)" tabindex', page.text)
    assert (reference in found) == is_found
    if is_found and text.strip():
        assert not set(found) & set(others)


def test_a_search_stays_in_the_forms_of_the_rows(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    page = page_at(site_staff, f"{DAY}?q=robin")
    assert page.link("Show everything") == DAY
    assert any(form.action == f"{DAY}/appointments/{reference}?q=robin" for form in page.forms)
    assert "Nothing on this day fits your filter." in page_at(site_staff, f"{DAY}?q=nobody").text


def test_the_refresh_sends_only_what_is_new(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(30)
    first = site_staff.get(f"{DAY}/rows")
    assert (first.status_code, first.headers["Fd-As-At"]) == (200, "9am")
    mark = re.search(r'data-mark="(\w+)" data-now', site_staff.get(DAY).text)
    assert mark
    assert first.headers["ETag"] == f'"{mark.group(1)}"'
    library.clock.advance(timedelta(minutes=1))
    again = site_staff.get(f"{DAY}/rows", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text, again.headers["Fd-As-At"]) == (304, "", "9:01am")
    library.record(reference, State.ARRIVED)
    changed = site_staff.get(f"{DAY}/rows", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "<html" not in changed.text
    assert 'data-announcement="9:30am Robin Sample: arrived"' in changed.text


@pytest.mark.databases("sqlite", "postgresql")
def test_only_a_row_that_changed_gets_another_mark(library: Library, site_staff: FlaskClient) -> None:
    one, other = library.book(), library.book(30)

    def marks() -> dict[str, str]:
        return dict(re.findall(r'id="a-(\w+)" tabindex="-1" data-mark="(\w+)"', site_staff.get(f"{DAY}/rows").text))

    before = marks()
    library.record(one, State.ARRIVED)
    after = marks()
    assert before[one] != after[one]
    assert before[other] == after[other]


def test_every_view_is_logged_and_an_unchanged_refresh_is_not(library: Library, site_staff: FlaskClient) -> None:
    library.book(resident=ResidentDetails("One"))
    library.book(resident=ResidentDetails("Two"))
    site_staff.get(DAY)
    mark = site_staff.get(f"{DAY}/rows").headers["ETag"]
    site_staff.get(f"{DAY}/rows", headers={"If-None-Match": mark})
    site_staff.get(f"{DAY}/print?resource=desk-1")
    site_staff.get(f"{DAY}/list.csv")
    with library.database.reading() as db:
        views = db.scalars(select(ResidentView).order_by(ResidentView.id)).all()
        exported = db.scalars(select(AuditEntry).where(AuditEntry.action == "day_list_exported")).all()
    logged = [(view.purpose, len(view.facts["residents"]), view.facts["date"], view.actor_kind) for view in views]
    assert logged == [
        ("day_list", 2, "2026-11-23", "staff"),
        ("day_list_refresh", 2, "2026-11-23", "staff"),
        ("day_list_print", 1, "2026-11-23", "staff"),
        ("day_list_export", 2, "2026-11-23", "staff"),
    ]
    assert {(view.facts["site_id"], view.at) for view in views} == {(library.world.site_id, library.clock.now())}
    assert [entry.facts for entry in exported] == [{"date": "2026-11-23", "appointments": 2, "screen": "site.export"}]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_full_day_costs_as_many_statements_as_a_quiet_one(library: Library, site_staff: FlaskClient) -> None:
    library.book()
    site_staff.get(DAY)
    with counted(library.database) as of_a_quiet_day:
        site_staff.get(DAY)
    for number in range(1, 16):
        library.book(30 * number)
        library.book(30 * number, service=1)
    with counted(library.database) as of_a_full_day:
        site_staff.get(DAY)
    assert len(of_a_full_day) == len(of_a_quiet_day)
    assert len(of_a_full_day) <= 9


def test_the_page_for_paper_stands_on_its_own(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(resident=ResidentDetails("Robin Sample", phone="07700 900123"), notes="Speaks softly.")
    library.record(reference, State.ARRIVED)
    page = page_at(site_staff, f"{DAY}/print")
    for text_shown in (
        "High Street Library: Monday 23 November 2026",
        "Printed at 9am on Monday 23 November 2026.",
        "07700 900123",
        "Speaks softly.",
        "Bring: Passport",
        "☑",
        "☐",
    ):
        assert text_shown in page.text, text_shown
    assert page.forms == []
    assert "A filter is on" in page_at(site_staff, f"{DAY}/print?resource=desk-1").text


def test_the_file_holds_the_day(library: Library, site_staff: FlaskClient) -> None:
    library.book(resident=ResidentDetails('=HYPERLINK("http://evil.example")', phone="+44 7700 900123"), notes="a\nb")
    answer = site_staff.get(f"{DAY}/list.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="high-street-2026-11-23.csv"'
    assert answer.content_type == "text/csv; charset=utf-8"
    (row,) = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert row["Name"] == '\'=HYPERLINK("http://evil.example")'
    assert (row["Phone"], row["Notes"], row["Starts"], row["Date"]) == (
        "07700 900123",
        "a / b",
        "09:00",
        "2026-11-23",
    )


PAGES = (f"{SITE}/today", f"{SITE}/days", DAY, f"{DAY}/rows", f"{DAY}/print", f"{DAY}/list.csv")


def test_staff_of_another_site_and_council_find_nothing(library: Library) -> None:
    far = make_world(library.database, slug="elsewhere")
    strangers = [
        library.sign_in(Role.SITE_STAFF, library.other_site_id),
        library.sign_in(Role.SITE_MANAGER, library.other_site_id),
        library.sign_in(Role.TRIAGE_AGENT),
        library.sign_in(Role.AUTHORITY_ADMIN, authority_id=far.authority_id),
    ]
    library.book(resident=ResidentDetails("Secret Person"))
    for client in strangers:
        unknown = client.get(DAY.replace("high-street", "no-such-place"))
        assert unknown.status_code == 404
        for path in PAGES:
            answer = client.get(path)
            assert "Secret Person" not in answer.text
            if client is not strangers[3]:  # Elsewhere has a High Street too
                assert answer.status_code == 404, path
                assert check_page(answer.text).text == check_page(unknown.text).text


def test_an_administrator_sees_every_site_of_the_council(library: Library) -> None:
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    assert [admin.get(path).status_code for path in PAGES] == [302, 302, 200, 200, 200, 200]
    assert admin.get("/staff/sites/mill-lane/days/2026-11-23").status_code == 200


def test_an_adviser_sees_the_list_but_takes_no_copy_of_it(library: Library) -> None:
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "CSV" not in page_at(adviser).text
    assert adviser.get(f"{DAY}/list.csv").status_code == 404


def test_a_visitor_is_sent_to_sign_in(library: Library, client: FlaskClient) -> None:
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/staff/sign-in")


def test_no_two_links_of_the_staff_home_read_alike(library: Library) -> None:
    page = page_at(library.sign_in(Role.AUTHORITY_ADMIN), "/staff/")
    text_shown = [text for text, _href in page.links]
    assert page.link("Feeds of High Street") == f"{SITE}/feeds"
    assert f"{SITE}/today" in {href for _text, href in page.links}
    assert len(text_shown) == len(set(text_shown)), text_shown


@pytest.mark.parametrize("typed", ["cobblepott", "coblepot", "penelopi cobblepot", "koblepot"])
def test_a_misspelt_name_is_found_as_in_a_call(library: Library, site_staff: FlaskClient, typed: str) -> None:
    reference = library.book(0, resident=ResidentDetails("Penelope Cobblepot", phone="07700 900123"))
    library.book(30)
    page = site_staff.get(DAY, query_string={"q": typed})
    assert f'id="a-{reference}"' in page.text
    assert page.text.count('class="fd-row ') == 1


def test_an_adviser_is_led_nowhere_that_they_may_not_go(library: Library) -> None:
    library.book(30)
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "/staff/calls/" not in adviser.get(DAY, query_string={"q": "robin"}).text
