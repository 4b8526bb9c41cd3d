"""Every page of staff can be reached from their home page by links; nobody has to know an address."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import POLICY, Role
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, make_callers, sign_in
from tests.support.crawl import crawl
from web.staff_guard import mark_of_endpoint

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire and the people who ring."""
    return make_callers(database, clock.now())


def pages_for(app: Flask, role: Role) -> set[str]:
    """The endpoints that answer a GET of somebody with this role and ask for an action."""
    found = set()
    for rule in app.url_map.iter_rules():
        mark = mark_of_endpoint(app, rule.endpoint)
        if mark and mark.action and "GET" in (rule.methods or ()) and role in POLICY[mark.action]:
            found.add(rule.endpoint)
    return found


@pytest.mark.parametrize("role", Role)
def test_every_page_is_reached_by_links_from_the_home_of_its_role(
    client: FlaskClient, database: Database, clock: FixedClock, callers: Callers, role: Role
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role.value, f"crawler.{role}@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    reached = crawl(client, "/staff/", {"/staff/calls/find": {"q": "amina"}}, each=6).reached
    assert pages_for(client.application, role) - reached == set()
