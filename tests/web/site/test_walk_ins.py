"""Somebody walks in: their visit begins at once where somebody is free, and never over another one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from booking.slot_tokens import counts_in_token
from booking.states import State
from booking.tables import Appointment, Claim
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.tables import Resident
from people.staff.policy import Role
from reminders.tables import Notification
from tests.support.pages import check_page, read_page
from tests.web.site.conftest import DAY, NINE, SITE, Library

pytestmark = pytest.mark.databases("sqlite")
WALK_INS = f"{SITE}/walk-ins"


def take(client: FlaskClient, **typed: str) -> TestResponse:
    """Send the form as it is drawn, with what is typed."""
    fields = read_page(client.get(WALK_INS).text).form_to("/walk-ins").fields
    return client.post(WALK_INS, data=fields | {"name": "Wanda Walker", "service": "certify"} | typed)


def appointments(library: Library) -> list[Appointment]:
    with library.database.reading() as db:
        return list(db.scalars(select(Appointment).order_by(Appointment.id)))


@pytest.mark.databases("sqlite", "postgresql")
def test_the_visit_begins_at_once_off_the_grid_and_waits(library: Library, site_staff: FlaskClient) -> None:
    library.clock.advance(timedelta(minutes=7))
    answer = take(site_staff)
    (visit,) = appointments(library)
    assert answer.location == f"{DAY}?keep={visit.reference}#a-{visit.reference}"
    assert (visit.state, visit.channel, visit.is_walk_in) == (State.ARRIVED, "counter", True)
    assert (visit.starts_at, visit.ends_at) == (NINE + timedelta(minutes=5), NINE + timedelta(minutes=35))
    assert visit.arrived_at == NINE + timedelta(minutes=7)
    text = check_page(site_staff.get(DAY).text).text
    assert "Waiting now (1)" in text
    assert "Wanda Walker" in text
    assert "walk-in" in text
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Claim)) == 6  # five minutes each
        assert db.scalar(select(func.count()).select_from(Notification)) == 0
    library.record(visit.reference, State.IN_PROGRESS, State.ATTENDED)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_visit_that_would_run_into_another_is_refused(library: Library, site_staff: FlaskClient) -> None:
    for _ in range(2):  # both desks are booked from half past nine
        library.book(30)
    library.clock.advance(timedelta(minutes=10))
    answer = take(site_staff, name="Wanda Walker")
    assert answer.status_code == 409
    page = check_page(answer.text)
    assert "Nothing is free here now for 30 minutes. The next time is Monday 23 November 2026 at 10am" in page.text
    assert page.form_to("/walk-ins").fields["name"] == ["Wanda Walker"]
    assert len(appointments(library)) == 2


def test_when_the_site_is_shut_nobody_is_taken(library: Library, site_staff: FlaskClient) -> None:
    library.close(NINE, NINE + timedelta(hours=1))
    assert take(site_staff).status_code == 409
    assert appointments(library) == []


def test_a_form_that_is_sent_twice_takes_one_visit(library: Library, site_staff: FlaskClient) -> None:
    fields = read_page(site_staff.get(WALK_INS).text).form_to("/walk-ins").fields
    sent = fields | {"name": "Wanda Walker", "service": "certify"}
    first, second = (site_staff.post(WALK_INS, data=sent) for _ in range(2))
    assert first.location == second.location
    assert len(appointments(library)) == 1


@pytest.mark.parametrize("typed", [{"name": ""}, {"name": "\x00"}, {"phone": "no number"}, {"service": "nothing"}])
def test_what_cannot_be_used_is_said(library: Library, site_staff: FlaskClient, typed: dict[str, str]) -> None:
    answer = take(site_staff, **typed)
    assert answer.status_code == 400
    check_page(answer.text)
    assert appointments(library) == []


def test_who_takes_walk_ins(library: Library, site_staff: FlaskClient) -> None:
    assert check_page(site_staff.get(DAY).text).link("Take a walk-in") == WALK_INS
    assert "Take a walk-in" not in site_staff.get(f"{SITE}/days/2026-11-24").text
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert [client.get(WALK_INS).status_code for client in (elsewhere, adviser)] == [404, 404]


def refused(library: Library, client: FlaskClient) -> TestResponse:
    """The form after nobody was free: both desks are booked from half past nine."""
    for _ in range(2):
        library.book(30)
    library.clock.advance(timedelta(minutes=10))
    return take(client, phone="07700 900 321")


@pytest.mark.databases("sqlite", "postgresql")
def test_the_next_time_is_booked_with_what_was_typed(library: Library, site_staff: FlaskClient) -> None:
    form = check_page(refused(library, site_staff).text).form_to("/walk-ins")
    answer = site_staff.post(f"{WALK_INS}/next", data=form.fields)
    visit = appointments(library)[-1]
    assert answer.location == f"{DAY}?keep={visit.reference}#a-{visit.reference}"
    assert (visit.state, visit.channel, visit.is_walk_in) == (State.BOOKED, "counter", False)
    assert visit.starts_at == NINE + timedelta(hours=1)
    with library.database.reading() as db:
        resident = db.get_one(Resident, visit.resident_id)
        assert (resident.name, resident.phone) == ("Wanda Walker", "07700 900 321")


def test_the_next_time_is_still_offered_beside_an_error(library: Library, site_staff: FlaskClient) -> None:
    form = check_page(refused(library, site_staff).text).form_to("/walk-ins")
    answer = site_staff.post(f"{WALK_INS}/next", data=form.fields | {"phone": "0770"})
    assert answer.status_code == 400
    again = check_page(answer.text).form_to("/next")
    assert site_staff.post(again.action, data=again.fields | {"phone": "07700 900 321"}).status_code == 303
    assert appointments(library)[-1].starts_at == NINE + timedelta(hours=1)


def test_a_next_time_that_is_gone_gives_way_to_the_one_after(library: Library, site_staff: FlaskClient) -> None:
    form = check_page(refused(library, site_staff).text).form_to("/walk-ins")
    for _ in range(2):
        library.book(60)
    answer = site_staff.post(f"{WALK_INS}/next", data=form.fields)
    assert answer.status_code == 409
    page = check_page(answer.text)
    assert "The next time is Monday 23 November 2026 at 10:30am" in page.text
    assert page.form_to("/walk-ins").fields["name"] == ["Wanda Walker"]


@pytest.mark.parametrize("start", ["", "x", "-1", "0", "99999999", "1" * 400, "١٢٣"])
def test_a_start_that_was_never_offered_books_nothing(library: Library, site_staff: FlaskClient, start: str) -> None:
    fields = read_page(site_staff.get(WALK_INS).text).form_to("/walk-ins").fields
    sent = fields | {"name": "Wanda Walker", "service": "certify", "start": start}
    answer = site_staff.post(f"{WALK_INS}/next", data=sent)
    assert answer.status_code == 409
    check_page(answer.text)
    assert appointments(library) == []


def test_finding_or_registering_takes_along_what_was_typed(library: Library, site_staff: FlaskClient) -> None:
    form = read_page(site_staff.get(WALK_INS).text).form_to("/walk-ins")
    typed = form.fields | {"name": "Wanda Walker", "phone": "07700 900 321"}
    found = check_page(site_staff.post("/staff/calls/find", data=typed, follow_redirects=True).text)
    assert "Nobody found" in found.text
    new = site_staff.post("/staff/calls/new", data=found.form_to("/new").fields, follow_redirects=True)
    fields = check_page(new.text).form_to("/register").fields
    assert (fields["name"], fields["phone"]) == (["Wanda Walker"], ["07700 900 321"])


def test_the_script_is_told_whether_the_form_can_be_sent(library: Library, site_staff: FlaskClient) -> None:
    fields = read_page(site_staff.get(WALK_INS).text).form_to("/walk-ins").fields
    assert site_staff.post(f"{WALK_INS}/try", data=fields).status_code == 204
    assert site_staff.post(f"{WALK_INS}/try").status_code == 400  # another session's token
    assert library.app.test_client().post(f"{WALK_INS}/try", data=fields).status_code == 303


def test_a_walk_in_takes_as_long_as_the_number_says_and_the_gap_must_hold_it(
    library: Library, site_staff: FlaskClient
) -> None:
    for _ in range(2):  # both desks are booked from ten
        library.book(60)
    asked = {"ask": "How many sets of documents?", "say": "", "minutes_each": 15, "most": 4}
    with library.database.writing() as db:
        values = {"triage_questions": [asked], "duration_minutes": 15}
        db.execute(update(Service).where(Service.slug == "certify").values(**values))
        bump_plan(db, library.world.authority_id)
    refused = take(site_staff, **{"number-certify": "4"})
    text = check_page(refused.text).text
    assert refused.status_code == 409
    assert "Nothing is free here now for 1 hour 15 minutes" in text
    assert take(site_staff, **{"number-certify": "9"}).status_code == 400
    take(site_staff, **{"number-certify": "3"})
    (visit,) = (one for one in appointments(library) if one.is_walk_in)
    assert visit.ends_at - visit.starts_at == timedelta(minutes=60)
    assert counts_in_token(visit.slot_token)[0].number == 3
