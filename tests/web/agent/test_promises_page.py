"""The page of what is promised, and the line on the staff home that leads to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from booking.promises.tables import PromiseDay
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.staff.policy import Role
from tests.conftest import NOW
from tests.support.callers import Callers
from tests.web.agent.test_staff_home import home_of

pytestmark = pytest.mark.databases("sqlite")
WORDS = "1 service does not keep what was promised"


def promise(callers: Callers, database: Database, figures: dict[int, int | None]) -> None:
    """Promise the third free time within 5 days, which was so many days away some days ago."""
    town = callers.town
    with database.writing() as db:
        row = db.query(Service).filter_by(authority_id=town.authority_id, slug="certify").one()
        db.execute(update(Service).where(Service.id == row.id).values(third_time_within_days=5, seen_within_minutes=10))
        for ago, figure in figures.items():
            day = NOW.date() - timedelta(days=ago)
            facts = {"authority_id": town.authority_id, "service_id": row.id, "promise": "third_time"}
            db.add(PromiseDay(**facts, date=day, figure=figure))
        bump_plan(db, town.authority_id)


def test_a_promise_that_is_broken_for_three_days_is_on_the_home_of_managers_with_its_figures(
    callers: Callers, database: Database, client: FlaskClient
) -> None:
    promise(callers, database, {0: 9, 1: None, 2: 6, 3: 5})
    manager = home_of(client, callers, database, Role.SITE_MANAGER, "hub")
    home = manager.open("/staff/")
    assert home.link(WORDS) == "/staff/promises"
    page = manager.open("/staff/promises")
    for words in ("Not kept", "9 days, not kept", "For 3 days in a row", "there were not three free times", "5 days"):
        assert words in page.text
    assert "Not measured yet" in page.text
    agent = home_of(client, callers, database, Role.TRIAGE_AGENT)
    assert WORDS not in agent.open("/staff/").text


def test_a_promise_that_is_broken_for_two_days_is_not_told_yet(
    callers: Callers, database: Database, client: FlaskClient
) -> None:
    promise(callers, database, {0: 9, 1: 9, 2: 5})
    admin = home_of(client, callers, database, Role.AUTHORITY_ADMIN)
    assert WORDS not in admin.open("/staff/").text
    assert "For 2 days in a row" in admin.open("/staff/promises").text


def test_without_a_promise_the_page_says_where_to_enter_one(
    callers: Callers, database: Database, client: FlaskClient
) -> None:
    admin = home_of(client, callers, database, Role.AUTHORITY_ADMIN)
    page = admin.open("/staff/promises")
    assert "No service has a promise yet" in page.text
    assert page.link("Change what you promise, in the set-up") == "/staff/set-up"
