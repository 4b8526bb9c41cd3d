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
        agent.send(f"{where}/triage/housing/answer", answer=one, seen="1")
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


def test_what_was_selected_before_the_questions_is_booked_beside_what_they_lead_to(
    agent: Agent, callers: Callers, database: Database
) -> None:
    put_triage(database, callers.town)
    where = answer(agent, callers, YES, "1.2")
    selected = "service=advice&service=certify&filtered=1&need=step-free&near=EX1+1AA"
    form = agent.client.get(f"{where}/triage/housing?{selected}").text
    address = next(part for part in form.split('"') if "/triage/housing/done" in part).replace("&amp;", "&")
    done = agent.send(address, follow=False)
    assert done.location.partition("?")[2] == "service=certify&service=advice&filtered=1&need=step-free&near=EX1+1AA"


def test_no_start_of_another_day_is_held_or_booked_after_an_urgent_answer(
    agent: Agent, callers: Callers, database: Database
) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    agent.check_caller(where)
    token, _ = agent.slots(f"{where}?service=certify")[-1]
    agent.send(f"{where}/hold?service=certify", slot=token)
    put_triage(database, callers.town)
    answer(agent, callers, NO)
    for path, fields in (("confirm", {"shown": token}), ("hold", {"slot": token})):
        refused = agent.send(f"{where}/{path}?service=certify", follow=False, data=fields)
        assert (refused.status_code, "/triage/housing" in refused.location) == (303, True)
    stale = agent.send(f"{where}/triage/housing/answer", answer="0.0", seen="0")
    assert "The questions have changed" in agent.checked(stale, 409).text
