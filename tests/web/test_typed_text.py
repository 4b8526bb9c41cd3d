"""Boxes to type in: the browser offers its user's own details only where they are asked for, and text runs its own way."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, make_callers, sign_in
from tests.support.crawl import crawl
from tests.support.pages import Page, read_page
from tests.web.resident.browser import Visitor

pytestmark = pytest.mark.databases("sqlite")
# What a browser fills in of whoever sits before it. Source: WCAG 2.2, 1.3.5 and its section 7, read 2026-11-25.
OWN_DETAILS = {"name", "email", "tel", "postal-code", "family-name", "given-name", "street-address", "on"}
FREE_TEXT = re.compile(r'<textarea[^>]*>|<input(?![^>]*type="(?!text|search))[^>]*>')
NAME = re.compile(r'name="([^"]+)"')
CODES = {"near", "find"}  # postcodes, and what only filters a list


WITH_PREVIEWS = re.compile(r"/staff/(set-up|closures|sites/[^/]+/(week|sessions))\b(?!/outside-calendars)")


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire and the people who ring."""
    return make_callers(database, clock.now())


def offered_in(page: Page) -> dict[str, str]:
    """What the browser would fill in, by the name of the box."""
    boxes = ((box.get("name", ""), box.get("autocomplete", "")) for box in page.inputs)
    return {name: kind for name, kind in boxes if kind in OWN_DETAILS}


def not_brought_back(page: Page) -> set[str]:
    """The boxes that a browser leaves empty when it comes back to the page from the next one."""
    return {box["name"] for box in page.inputs if box.get("autocomplete") == "off" and box.get("type") != "hidden"}


def without_direction(html: str) -> set[str]:
    """The boxes for free text whose text does not run in the direction of its script."""
    boxes = (box for box in FREE_TEXT.findall(html) if 'dir="auto"' not in box and "readonly" not in box)
    return {NAME.findall(box)[0] for box in boxes} - CODES


def test_staff_are_offered_nothing_of_their_own(
    client: FlaskClient, database: Database, clock: FixedClock, callers: Callers
) -> None:
    admin = add_agent(database, callers.town.authority_id, clock.now(), "authority_admin")
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    opened = crawl(
        client, "/staff/", {"/staff/calls/find": {"q": "amina"}, "/staff/calls/new": {"q": "zebedee"}}
    ).opened
    pages = {path: client.get(path).text for paths in opened.values() for path in paths if path.startswith("/staff")}
    assert {path: found for path, html in pages.items() if (found := offered_in(read_page(html)))} == {}
    assert {path: boxes for path, html in pages.items() if (boxes := without_direction(html))} == {}
    assert len(pages) > 10
    set_up = {path: html for path, html in pages.items() if WITH_PREVIEWS.match(path)}
    assert {path: lost for path, html in set_up.items() if (lost := not_brought_back(read_page(html)))} == {}
    assert {path.split("/")[2] for path in set_up} >= {"set-up", "closures", "sites"}


@pytest.mark.parametrize(("who", "offered"), [("me", {"name", "email", "phone", "postcode"}), ("other", set())])
@pytest.mark.usefixtures("callers")
def test_a_helper_is_offered_nothing_for_the_person_they_book_for(
    client: FlaskClient, who: str, offered: set[str]
) -> None:
    visitor = Visitor(client)
    visitor.open("/times?service=certify&site=high-street&mode=in_person&day=2026-11-24")
    visitor.take_first_time()
    visitor.send("/who", who=who)
    if who == "other":
        assert set(offered_in(visitor.page)) == {"name", "email", "phone"}
        visitor.send("/acting", name="Kim Helper", basis="carer", email="", phone="")
    assert set(offered_in(visitor.page)) == offered
