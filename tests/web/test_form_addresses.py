"""An address that only takes forms is opened all the same: from restored tabs, or with Enter in the address bar."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NoReturn

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from core.clock import FixedClock
from core.database import Database
from people.staff.access_marks import public
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, make_callers, sign_in
from tests.support.crawl import endpoint_of
from tests.support.town import Town, make_resident_app, make_town
from tests.web.resident.browser import Visitor, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")
ARGUMENTS: dict[str, Any] = {
    "authority": "testshire",
    "visit": "0a1b2c3d",
    "day_visit": 1,
    "step": "details",
    "site": "hub",
    "date": "2026-11-23",
    "reference": "99999999",
    "resident_id": 1,
    "other_id": 2,
    "mandate_id": 1,
    "document_file": 1,
    "certified_copy": 1,
    "code": "ABCDE-FGHJK-MNPQR-STVWX",
    "feed": 1,
    "colleague": 1,
    "api_key": 1,
    "closure": 1,
    "pause": 1,
    "wish": 1,
    "invitation": 1,
    "session": "hub-days",
    "inbound_text": 1,
    "urgent_request": 1,
    "message_id": 1,
    "calendar": 1,
    "kind": "reminder",
    "trial": 1,
    "service_id": 1,
    "task": 1,
    "slug": "housing",
    "sign_in": 1,
    "number": "88888888",
    "webhook": 1,
}


def rules_for_forms(app: Flask) -> list[Rule]:
    """The addresses of pages that answer no GET."""
    rules = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(("/api/", "/static/", "/webhooks/"))]
    with_get = {rule.rule for rule in rules if "GET" in (rule.methods or ())}
    return [rule for rule in rules if rule.rule not in with_get]


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire, its agents and those who ring."""
    return make_callers(database, clock.now())


@pytest.fixture
def agent(client: FlaskClient, database: Database, clock: FixedClock, callers: Callers) -> FlaskClient:
    """Somebody who may open every page."""
    staff = add_agent(database, callers.town.authority_id, clock.now(), "authority_admin", "admin@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    return client


def test_every_address_of_a_form_leads_to_a_page(agent: FlaskClient) -> None:
    app = agent.application
    rules = rules_for_forms(app)
    assert len(rules) > 20
    for rule in rules:
        path = app.url_map.bind("localhost").build(
            rule.endpoint, {name: ARGUMENTS[name] for name in rule.arguments}, method="POST"
        )
        for method in ("get", "head"):
            answer = getattr(agent, method)(path)
            assert answer.status_code == 303, path
            assert endpoint_of(app, answer.location) is not None, path
        page = agent.get(path, follow_redirects=True)
        assert page.status_code in (200, 404, 410), path
        assert "Method Not Allowed" not in page.text


@public
def refuse(status: int) -> NoReturn:
    """Answer as werkzeug does by itself."""
    abort(status)


@pytest.mark.parametrize("status", [408, 413, 415, 418, 431])
def test_http_s_own_words_stand_on_no_page(client: FlaskClient, status: int) -> None:
    client.application.add_url_rule("/refuse/<int:status>", "refuse", refuse)
    answer = client.get(f"/refuse/{status}")
    assert answer.status_code == status
    assert "There is a problem" in answer.text
    assert HTTPStatus(status).phrase not in answer.text


@pytest.fixture
def town(database: Database) -> Town:
    """A town that can be booked."""
    return make_town(database)


def test_a_booking_goes_on_where_it_was(database: Database, town: Town) -> None:
    visitor = Visitor(make_resident_app(database).test_client())
    go_to_times(visitor)
    visitor.take_first_time()
    visit = visitor.at.split("/")[2]
    for ending in ("leave", "again", "keep/who"):
        visitor.open(f"/book/{visit}/{ending}")
        assert (visitor.status, visitor.at) == (200, f"/book/{visit}/who"), ending
    fill_in(visitor)
    visitor.open(f"/book/{visit}/leave")
    assert (visitor.status, visitor.at) == (200, f"/book/{visit}/check")
    for address in ("/book/hold", "/forget"):
        visitor.open(address)
        assert (visitor.status, visitor.at) == (200, "/")
    visitor.open("/book/0a1b2c3d/leave")
    assert (visitor.status, visitor.at) == (410, "/book/0a1b2c3d")
