"""Somebody walks in: their visit begins at once where somebody is free, and never over another one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from booking.states import State
from booking.tables import Appointment, Claim
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
