"""An appointment is found by what it is about and its day, by whoever may see it, and on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.tables import Appointment
from core.database import Database
from people.residents.tables import Resident, ResidentView
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
WHERE = "/staff/calls/appointments"


def test_what_it_is_about_and_the_day_find_whose_it_is(agent: Agent, callers: Callers, database: Database) -> None:
    with database.reading() as db:
        day = db.scalars(select(Appointment.local_date)).one()
        name = db.get_one(Resident, callers.people["amina"]).name
    page = agent.open(f"{WHERE}?service=certify&day={day}")
    assert "1 appointment on " in page.text
    assert (
        next(href for text, href in page.links if name in text) == f"/staff/calls/residents/{callers.people['amina']}"
    )
    with database.reading() as db:
        facts = db.scalars(select(ResidentView.facts).where(ResidentView.purpose == "appointment_search")).one()
    assert facts == {"residents": [callers.people["amina"]], "date": str(day), "screen": "agent.appointments"}
    assert name not in agent.open(f"{WHERE}?service=certify&day=2026-12-30").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("service=&day=2026-11-24", "Choose what it is about"),
        ("service=certify&day=", "Enter the day of the appointment"),
        ("service=certify&day=31+foo", "Day of the appointment:"),
        ("service=nothing&day=2026-11-24", "choose one of those on the page"),
        ("service=certify&day=2026-11-24&site=nowhere", "choose one of those on the page"),
    ],
)
def test_what_cannot_be_looked_for_is_said_at_its_field(agent: Agent, query: str, words: str) -> None:
    assert words in agent.checked(agent.client.get(f"{WHERE}?{query}"), 400).text


def test_the_search_box_leads_there(agent: Agent) -> None:
    assert agent.open("/staff/calls/").link("Find an appointment by its day") == WHERE
    nobody = agent.send("/staff/calls/find", q="zebedee quux")
    assert agent.checked(nobody).link("Find an appointment by its day") == WHERE
