"""No page loses the council: its name, its colours, its telephone, and for staff their menu."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from locations.tables import Authority
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, make_callers, sign_in
from tests.support.pages import check_page
from tests.support.town import make_town

pytestmark = pytest.mark.databases("sqlite")
PHONE = "020 7946 0999"


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire with its staff, and another council, so that no page can guess."""
    callers = make_callers(database, clock.now())
    make_town(database, slug="othershire")
    with database.writing() as db:
        db.get_one(Authority, callers.town.authority_id).phone = PHONE
    return callers


@pytest.fixture
def staff(client: FlaskClient, callers: Callers, database: Database, clock: FixedClock) -> FlaskClient:
    """The browser of an agent who is signed in."""
    client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    return client


def has_colours(html: str) -> bool:
    return "/testshire/brand.css" in html


@pytest.mark.parametrize("path", ["/staff/nowhere", "/staff/sites/hub/days/2026-11-23", "/staff/messages/ABCDEFGH"])
def test_an_error_for_staff_keeps_their_council_and_their_menu(staff: FlaskClient, path: str) -> None:
    answer = staff.get(path)
    page = check_page(answer.text)
    assert answer.status_code == 404
    assert page.headings == ["Page not found"]
    assert has_colours(answer.text)
    assert page.form_to("/staff/sign-out")
    assert page.link("staff home page") == page.link("Staff home") == "/staff/"
    assert PHONE not in page.text


def test_a_form_without_its_token_keeps_the_council_of_the_staff(staff: FlaskClient) -> None:
    answer = staff.post("/staff/calls/find")
    assert answer.status_code == 400
    assert has_colours(answer.text)
    assert check_page(answer.text).form_to("/staff/sign-out")


def test_the_sign_in_page_keeps_the_council_when_the_session_has_run_out(staff: FlaskClient, clock: FixedClock) -> None:
    assert staff.get("/staff/").status_code == 200
    clock.advance(timedelta(hours=13))
    answer = staff.get("/staff/calls/", follow_redirects=True)
    assert check_page(answer.text).headings == ["Staff sign-in"]
    assert has_colours(answer.text)


def test_the_sign_in_page_keeps_the_council_after_signing_out(staff: FlaskClient) -> None:
    form = check_page(staff.get("/staff/").text).form_to("/staff/sign-out")
    answer = staff.post(form.action, data=form.values(), follow_redirects=True)
    assert check_page(answer.text).headings == ["Staff sign-in"]
    assert has_colours(answer.text)


@pytest.mark.usefixtures("callers")
def test_a_stranger_s_sign_in_page_names_no_council_of_several(client: FlaskClient) -> None:
    assert "brand.css" not in client.get("/staff/sign-in").text


@pytest.mark.usefixtures("callers")
@pytest.mark.parametrize("path", ["/testshire/nowhere", "/testshire/services/nothing", "/Testshire/nowhere/"])
def test_an_error_for_residents_keeps_the_council_and_its_telephone(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    page = check_page(answer.text)
    assert answer.status_code == 404
    assert has_colours(answer.text)
    assert PHONE in page.text
    assert page.link("start page") == "/testshire/"


@pytest.mark.usefixtures("callers")
def test_a_residents_form_without_its_token_keeps_the_council_and_its_telephone(client: FlaskClient) -> None:
    answer = client.post("/testshire/find", data={"reference": "K7PM 4QX2"})
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert has_colours(answer.text)
    assert PHONE in page.text
    assert page.link("start page") == "/testshire/"


def test_an_unknown_link_offers_a_new_one(app: Flask, callers: Callers) -> None:
    answer = app.test_client().get("/manage/unknown")
    page = check_page(answer.text)
    assert answer.status_code == 404
    assert {href for _, href in page.links} >= {"/testshire/find", "/othershire/find"}


def test_an_unknown_link_keeps_the_only_council(app: Flask, database: Database, clock: FixedClock) -> None:
    make_callers(database, clock.now())
    answer = app.test_client().get("/manage/unknown")
    assert has_colours(answer.text)
    assert check_page(answer.text).link("Send me a new link") == "/testshire/find"


@pytest.mark.usefixtures("callers")
def test_lost_answers_are_spoken_of(client: FlaskClient) -> None:
    answer = client.get("/testshire/book/lost/details")
    page = check_page(answer.text)
    assert answer.status_code == 410
    assert page.headings == ["We no longer have your answers"]
    assert page.link("Start again") == "/testshire/"
    assert PHONE in page.text


@pytest.mark.usefixtures("callers")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/Testshire", "/testshire/"),
        ("/TESTSHIRE/", "/testshire/"),
        ("/testshire/find/", "/testshire/find"),
        ("/TestShire/Find/?from=poster", "/testshire/find?from=poster"),
        ("/Testshire/Services/Certify", "/testshire/services/certify"),
        ("/STAFF/Sign-In", "/staff/sign-in"),
        ("/Testshire/appointment/K7PM4QX2/", "/testshire/appointment/K7PM4QX2"),
    ],
)
def test_an_address_as_it_is_printed_leads_to_its_page(client: FlaskClient, typed: str, meant: str) -> None:
    answer = client.get(typed)
    assert (answer.status_code, answer.location) == (301, meant)


def test_no_address_of_another_host_is_made(client: FlaskClient) -> None:
    for path in ("/.//evil.example/Barnet/", "///evil.example/BARNET/", "/%2F%2Fevil.example/Find/"):
        location = client.get(path).location or "/"
        assert location.startswith("/")
        assert not location.startswith("//")


@pytest.mark.parametrize("path", ["/api/v1/Nothing/", "/static/Nothing.css/", "/testshire/Nothing/"])
def test_what_is_no_page_in_any_spelling_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
