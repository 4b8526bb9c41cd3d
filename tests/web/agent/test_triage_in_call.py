"""A triage in a call: what is urgent is not a search for a day, and no answer goes on with another visit."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.tables import Appointment
from core.database import Database
from tests.support.callers import Callers
from tests.support.triages import put_triage
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
YES, NO, NOT_SAFE, A_NOTICE = "0.0", "0.1", "0.2", "1.0"


def answer(agent: Agent, callers: Callers, *answers: str, of: str = "amina") -> str:
    where = f"/staff/calls/residents/{callers.people[of]}"
    agent.check_caller(where)
    for one in answers:
        agent.send(f"{where}/triage/housing/answer", answer=one)
    return where


@pytest.mark.parametrize("urgent", [NO, NOT_SAFE])
def test_an_urgent_answer_shows_no_times_and_is_not_passed_by(
    agent: Agent, callers: Callers, database: Database, urgent: str
) -> None:
    put_triage(database, callers.town)
    where = answer(agent, callers, urgent)
    for _ in range(2):
        page = agent.open(f"{where}?service=certify")
        assert "01632 960001" in page.text
        assert "Go on without the questions" not in page.text
        assert agent.slots(f"{where}?service=certify") == []
        agent.send(f"{where}/triage/housing/pass")


def test_whoever_must_come_today_is_offered_today_at_that_site_and_no_other_day(
    agent: Agent, callers: Callers, database: Database
) -> None:
    put_triage(database, callers.town)
    where = answer(agent, callers, YES, A_NOTICE, of="norbert")
    labels = [label for _, label in agent.slots(f"{where}?service=certify&from=2026-12-07")]
    assert labels
    assert all(label.endswith("Mon 23 Nov, High Street Library") for label in labels)
    where = answer(agent, callers, YES, A_NOTICE, of="amina")  # who needs step-free access, which is not there
    page = agent.open(f"{where}?service=certify")
    assert "Nothing is free there today" in page.text
    assert agent.slots(f"{where}?service=certify") == []


def test_answers_go_on_with_the_visit_that_they_are_about_and_with_no_other(
    agent: Agent, callers: Callers, database: Database
) -> None:
    put_triage(database, callers.town, services=["parking"])
    where = answer(agent, callers, YES, "1.1")
    booked = {}
    for number, service in enumerate(("certify", "advice")):
        token, _ = agent.slots(f"{where}?service={service}")[number]
        agent.checked(agent.send(f"{where}/hold?service={service}", slot=token))
        agent.checked(agent.send(f"{where}/confirm?service={service}", shown=token))
        with database.reading() as db:
            booked[service] = db.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
    assert all(one is not None and one.answers == {} for one in booked.values())
