"""A document is missing: by the pages alone, from the waiting room to the next appointment, and the figures for managers."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.outcomes import correct
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.staff.policy import Role
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.pages import Form, check_page
from tests.web.site.conftest import DAY, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")


def page_of(reference: str) -> str:
    return f"{SITE}/turned-away/{reference}"


def form_of(client: FlaskClient, reference: str, end: str = "") -> Form:
    return check_page(client.get(page_of(reference)).text).form_to(f"{reference}{end}")


def appointments(library: Library) -> list[tuple[str, list[str]]]:
    with library.database.reading() as db:
        rows = db.scalars(select(Appointment).order_by(Appointment.id))
        return [(row.state, list(row.missing_before)) for row in rows]


def walk_in(library: Library) -> str:
    new = NewWalkIn("Wendy")
    given = take_walk_in(library.runtime, library.world.authority_id, "high-street", "certify", new, actor=STAFF)
    return given.reference


@pytest.mark.databases("sqlite", "postgresql")
def test_one_click_records_it_books_the_next_time_and_tells_what_to_bring(
    library: Library, site_staff: FlaskClient, manager: FlaskClient
) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    assert check_page(site_staff.get(DAY).text).link("Document missing").endswith(page_of(reference))
    form = form_of(site_staff, reference)
    assert form.fields["slot"]  # the first time is chosen already
    answer = site_staff.post(form.action, data=form.values(missing=["Passport"]))
    assert answer.status_code == 303, answer.text
    text = check_page(site_staff.get(answer.location).text).text
    assert "Turned away. Missing: Passport" in text
    assert "Booked: Monday 23 November 2026 at 9:30am, High Street Library." in text
    assert appointments(library) == [(State.NOT_COMPLETED, []), (State.BOOKED, ["Passport"])]
    figures = check_page(manager.get("/staff/turned-away").text).text
    assert "People who were turned away: 1" in figures
    assert "Passport: 1" in figures
    rows = manager.get("/staff/turned-away.csv").text.splitlines()
    assert rows[1:] == [f'"2026-11-23","high-street","certify","{document}","1"' for document in ("Passport", "people")]
    form = form_of(site_staff, reference, "/undo")
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert appointments(library) == [(State.IN_PROGRESS, []), (State.CANCELLED_BY_RESIDENT, ["Passport"])]
    assert "Nobody was turned away" in check_page(manager.get("/staff/turned-away").text).text


def test_an_adviser_does_it_too_and_cancels_what_was_booked_when_it_was_put_right_elsewhere(library: Library) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    form = form_of(adviser, reference)
    assert adviser.post(form.action, data=form.values(missing=["Passport"])).status_code == 303
    council = library.world.authority_id
    correct(library.runtime, council, reference, State.IN_PROGRESS, actor=STAFF, reason="A slip")
    page = check_page(adviser.get(page_of(reference)).text)
    assert "slot" not in page.form_to(reference).fields
    form = page.form_to("/cancel")
    assert adviser.post(form.action, data={**form.fields, "version": "7"}).status_code == 409
    assert adviser.post(form.action, data=form.fields).status_code == 303
    assert appointments(library) == [(State.IN_PROGRESS, []), (State.CANCELLED_BY_RESIDENT, ["Passport"])]
    assert form_of(adviser, reference).fields["slot"]


def test_of_a_stranger_a_name_is_asked_for_and_what_was_typed_is_kept(
    library: Library, site_staff: FlaskClient
) -> None:
    reference = walk_in(library)
    form = form_of(site_staff, reference)
    typed = form.values(missing=["Passport"], other="A <letter>", name="")
    answer = site_staff.post(form.action, data=typed)
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert "Enter a name, or choose no time" in page.text
    assert page.form_to(reference).fields["other"] == ["A <letter>"]
    assert site_staff.post(form.action, data=form.values()).status_code == 400
    answer = site_staff.post(form.action, data=typed | {"name": "Wendy Walker", "phone": "07700 900123"})
    assert answer.status_code == 303
    assert "A <letter>" in check_page(site_staff.get(page_of(reference)).text).text
    assert appointments(library) == [(State.BOOKED, ["Passport", "A <letter>"])]
    with library.database.reading() as db:
        assert db.scalars(select(DayVisit.resident_id)).one() is not None


def test_without_a_time_and_without_a_list_of_documents_it_is_recorded_too(
    library: Library, site_staff: FlaskClient
) -> None:
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id, [library.world.site_id])
        db.get_one(Service, library.world.service_ids[0]).documents = []
    reference = walk_in(library)
    form = form_of(site_staff, reference)
    assert "missing" not in form.fields
    answer = site_staff.post(form.action, data=form.values(other="", slot="none"))
    assert "Choose or enter which document was missing" in check_page(answer.text).text
    assert site_staff.post(form.action, data=form.values(other="Letter", slot="none")).status_code == 303
    text = check_page(site_staff.get(page_of(reference)).text).text
    assert "No appointment was booked next." in text
    assert appointments(library) == []


def test_a_stale_form_changes_nothing(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    form = form_of(site_staff, reference)
    library.record(reference, State.ARRIVED)
    answer = site_staff.post(form.action, data=form.values(missing=["Passport"]))
    assert answer.status_code == 409
    assert "A colleague has changed this meanwhile" in check_page(answer.text).text
    assert appointments(library) == [(State.ARRIVED, [])]


def test_nobody_elsewhere_sees_it(library: Library, client: FlaskClient) -> None:
    reference = library.book()
    other = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert other.get(page_of(reference)).status_code == 404
    assert other.get(f"/staff/sites/mill-lane/turned-away/{reference}").status_code == 404
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    staff = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "This visit is over, or not of today." in check_page(staff.get(page_of(reference)).text).text


def test_no_value_breaks_it(library: Library, site_staff: FlaskClient) -> None:
    reference = walk_in(library)
    form = form_of(site_staff, reference)
    right = form.values(missing=["Passport"], slot="none")
    for words, value in BAD_VALUES.items():
        for field in ("missing", "other", "slot", "name", "phone", "seen"):
            wrong = right | ({"missing": []} if field in ("missing", "other") else {"slot": form.fields["slot"]})
            answer = site_staff.post(form.action, data=wrong | {field: as_sent(value)})
            assert answer.status_code in (303, 400, 409), (words, field)
            if answer.status_code == 303:
                undo = form_of(site_staff, reference, "/undo")
                site_staff.post(undo.action, data=undo.fields)
                form = form_of(site_staff, reference)
                right = form.values(missing=["Passport"], slot="none")
