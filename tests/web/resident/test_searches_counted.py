"""The page and the file of searches without an appointment, from what a resident came to."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import add_agent, sign_in
from tests.support.pages import check_page
from tests.support.town import Town
from tests.support.triages import put_triage
from tests.web.resident.browser import Visitor
from web.search_counting import write_searches

pytestmark = pytest.mark.databases("sqlite")


def test_what_people_looked_for_and_did_not_book(
    client: FlaskClient, database: Database, town: Town, clock: FixedClock, visitor: Visitor
) -> None:
    put_triage(database, town)
    staff = add_agent(database, town.authority_id, clock.now(), role="authority_admin", email="admin@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    assert "Nothing was counted" in check_page(client.get("/staff/searches").text).text
    visitor.open("/triage/housing")
    for question, number in (("tonight", "0"), ("what", "1")):
        visitor.send(f"/questions/{question}", answer=number)
    visitor.follow("Back")
    visitor.send("/questions/what", answer="1")  # the same again is no other search
    write_searches(visitor.client.application)
    page = check_page(client.get("/staff/searches").text)
    assert "Diverted: 1" in page.text
    rows = list(csv.reader(io.StringIO(client.get("/staff/searches.csv").text.removeprefix("\ufeff"))))
    assert rows[1:] == [["2026-11-23", "certify", "", "online", "online", "1"]]
    other = "/staff/searches?from=x&until=2026-11-22"
    assert "Nothing was counted" in check_page(client.get(other).text).text
