"""Who books a service again is told of the visit that is to come for it, and may book all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.tables import Appointment
from booking.use_cases.book import coming_visits
from core.clock import FixedClock
from core.database import Database
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

HEADING = "They have an appointment for this already."
pytestmark = pytest.mark.databases("sqlite")


def call_of(callers: Callers, name: str = "amina") -> str:
    return f"/staff/calls/residents/{callers.people[name]}"


def test_the_visit_to_come_is_named_before_and_beside_the_held_time_and_booking_goes_on(
    agent: Agent, callers: Callers, database: Database
) -> None:
    where, reference = call_of(callers), callers.booked.reference
    agent.check_caller(where)
    token, _ = agent.slots(f"{where}?service=certify")[0]
    for page in (
        agent.open(f"{where}?service=certify"),
        agent.open(f"{where}?service=advice&service=certify"),
        agent.checked(agent.send(f"{where}/hold?service=certify", slot=token)),
    ):
        warning = page.text.split(HEADING)[1][:300]
        assert "Wed 2 Dec 10am Certify documents" in warning
        assert f"{reference[:4]} {reference[4:]}" in warning
        assert page.link("Move that one instead").endswith(f"?move={reference}")
    agent.checked(agent.send(f"{where}/confirm?service=certify", shown=token))
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Appointment)) == 2


def test_before_the_caller_is_checked_the_page_says_no_more_than_that_there_is_one(
    agent: Agent, callers: Callers
) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify")
    assert "Check who is calling, to see it" in page.text.split(HEADING)[1]
    assert not any("Move that one" in text for text, _ in page.links)


@pytest.mark.parametrize("query", ["", "?service=advice", "?move={}", "?cancel={}"])
def test_another_service_or_the_visit_itself_is_no_reason_to_warn(agent: Agent, callers: Callers, query: str) -> None:
    agent.check_caller(call_of(callers))
    assert HEADING not in agent.open(f"{call_of(callers)}{query.format(callers.booked.reference)}").text


@pytest.mark.databases("sqlite", "postgresql")
def test_only_booked_visits_to_come_count(callers: Callers, database: Database, clock: FixedClock) -> None:
    amina, certify = callers.people["amina"], callers.town.services["certify"]
    advice = callers.town.services["advice"]

    def found(after: timedelta = timedelta()) -> dict[int, list[str]]:
        with database.reading() as db:
            return dict(coming_visits(db, [amina], [certify, advice], clock.now() + after))

    assert found() == {certify: [callers.booked.reference]}
    assert found(timedelta(days=30)) == {}
    with database.writing() as db:
        db.get_one(Appointment, callers.booked.appointment_id).state = "cancelled_by_resident"
    assert found() == {}
