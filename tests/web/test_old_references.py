"""The reference of another system finds its appointment on every page, and in the API, that looks one up."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.use_cases.import_appointments import import_appointments
from booking.use_cases.manage_links import answer_link_requests
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from people.staff.api_keys import create_api_key
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import add_agent, sign_in
from tests.support.factories import make_world
from tests.support.pages import read_page

pytestmark = pytest.mark.databases("sqlite")
FILE = b"""reference,services,site,start,name,email
BK-2026/017,certify,high-street,24/11/2026 10:00,Amina Yusuf,amina@example.org
BK-2026/018,certify,high-street,24/11/2026 10:30,Robin Sample,robin@example.org
"""
TYPED = ("BK-2026/017", "bk 2026 017", "BK2026017")
DAY = "/staff/sites/high-street/days/2026-11-24"


@pytest.fixture
def authority_id(app: Flask, database: Database) -> int:
    world = make_world(database)
    import_appointments(app.extensions[EXTENSION], FILE, "testshire", actor=Actor.system())
    return world.authority_id


@pytest.fixture
def staff(app: Flask, database: Database, clock: FixedClock, authority_id: int) -> FlaskClient:
    admin = add_agent(database, authority_id, clock.now(), role="authority_admin")
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    return client


@pytest.mark.parametrize("typed", TYPED)
def test_an_agent_finds_the_resident_by_it(staff: FlaskClient, typed: str) -> None:
    form = read_page(staff.get("/staff/calls/").get_data(as_text=True)).form_to("/find")
    answer = staff.post("/staff/calls/find", data=form.values(q=typed))
    assert answer.status_code == 303
    assert "Amina Yusuf" in staff.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("typed", [*TYPED, "2026/017"])
def test_the_day_list_is_searched_by_it(staff: FlaskClient, typed: str) -> None:
    page = staff.get(DAY, query_string={"q": typed}).get_data(as_text=True)
    assert "Amina Yusuf" in page
    assert "Robin Sample" not in page


@pytest.mark.parametrize("typed", ["BK-2026-017", "BK2026017"])
def test_a_program_gets_it(app: Flask, database: Database, clock: FixedClock, authority_id: int, typed: str) -> None:
    with database.writing() as db:
        key = create_api_key(db, name="Kiosk", authority_id=authority_id, scopes=("read", "book"), now=clock.now())
    client, headers = app.test_client(), {"Authorization": f"Bearer {key}"}
    found = client.get(f"/api/v1/appointments/{typed}", headers=headers).get_json()
    assert (found["resident"]["name"], found["old_reference"]) == ("Amina Yusuf", "BK-2026/017")
    again = client.get(f"/api/v1/appointments/{found['reference']}", headers=headers).get_json()
    assert again == found
    assert client.get(f"/api/v1/appointments/{typed}.ics", headers=headers).status_code == 200
    cancelled = client.post(f"/api/v1/appointments/{typed}/cancel", headers=headers, json={"reason": "Rang"})
    assert (cancelled.status_code, cancelled.get_json()["reference"]) == (200, found["reference"])


@pytest.mark.parametrize("typed", TYPED)
def test_a_resident_has_a_lost_link_sent_by_it(app: Flask, authority_id: int, typed: str) -> None:
    client = app.test_client()
    html = client.get("/testshire/find").get_data(as_text=True)
    assert "You can leave out spaces and signs." in html
    fields = read_page(html).form_to("/find").values(reference=typed, surname="Yusuf")
    assert client.post("/testshire/find", data=fields).status_code == 303
    assert answer_link_requests(app.extensions[EXTENSION]) == 1


def test_a_council_without_old_references_says_at_once_what_is_none(app: Flask, database: Database) -> None:
    make_world(database)
    client = app.test_client()
    page = read_page(client.get("/testshire/find").get_data(as_text=True))
    fields = page.form_to("/find").values(reference="BK-2026/017", surname="Yusuf")
    answer = client.post("/testshire/find", data=fields)
    assert "Check the reference" in answer.get_data(as_text=True)
