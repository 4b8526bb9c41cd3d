"""Papers that are counted and dated, asked for in a call: one form among the others, and the list to read out."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.support.callers import Callers
from tests.support.pages import Page
from tests.web.agent.conftest import Agent
from tests.web.resident.test_papers import RULES

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def held(database: Database, callers: Callers, agent: Agent) -> str:
    """The query of a call in which a time is held for a service that counts papers."""
    with database.writing() as db:
        where = (Service.authority_id == callers.town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(documents_by_rule=RULES))
        bump_plan(db, callers.town.authority_id)
    where_ = f"/staff/calls/residents/{callers.people['amina']}"
    agent.check_caller(where_)
    token = agent.slots(f"{where_}?service=certify")[0][0]
    agent.send(f"{where_}/hold?service=certify", slot=token)
    return where_


def shown(agent: Agent, at: str) -> Page:
    return agent.open(f"{at}?service=certify")


def typed(agent: Agent, at: str, **answers: str) -> dict[str, Any]:
    """The fields of the form that stands on the page, with answers about papers."""
    form = shown(agent, at).form_to("/hold")
    return form.values(**{f"answer-papers--{name}": value for name, value in answers.items()})


def said_of(agent: Agent, at: str, *values: str) -> dict[str, str]:
    """What is said of the papers in the order of the list, by the fields of the page."""
    names = re.findall(r'name="answer-papers--(has-[0-9a-f-]+)"', agent.client.get(f"{at}?service=certify").text)
    return dict(zip(names, values, strict=False))


def answers_for(day: str = "2026-11-20") -> dict[str, str]:
    return {"paid": "weekly", "paid_on": day, "accounts": "1", "adults": "1", "case_0": "no"}


def test_the_list_is_worked_out_among_what_is_typed_and_read_out(agent: Agent, held: str) -> None:
    assert "Which papers they bring, and of which dates" in shown(agent, held).text
    answer = agent.client.post(f"{held}/stay?service=certify", data=typed(agent, held, **answers_for()))
    assert answer.status_code == 303
    page = shown(agent, held)
    assert "Payslips: bring 5, of" in page.text.partition("What")[0]
    assert "If they do not have it: Ask your bank. You can still come." in page.text
    assert "Proof of rent" not in page.text


def test_what_they_have_is_booked_with_the_appointment(agent: Agent, held: str, database: Database) -> None:
    agent.client.post(f"{held}/stay?service=certify", data=typed(agent, held, **answers_for()))
    sent = typed(agent, held, **said_of(agent, held, "yes", "no"))
    done = agent.client.post(f"{held}/confirm?service=certify", data=sent, follow_redirects=True)
    assert done.status_code == 200
    assert "Payslips: bring 5, of" in done.text
    assert "Still missing: Ask your bank." in done.text
    with database.reading() as db:
        kept = db.scalars(select(Appointment.paper_answers).order_by(Appointment.id.desc())).first()
    assert kept is not None
    assert set(kept["have"]) == {"Payslips"}
    assert date.fromisoformat(kept["paid_on"]) == date(2026, 11, 20)


def test_nothing_is_kept_where_nobody_asked(agent: Agent, held: str, database: Database) -> None:
    agent.client.post(f"{held}/confirm?service=certify", data=typed(agent, held), follow_redirects=True)
    with database.reading() as db:
        assert db.scalars(select(Appointment.paper_answers).order_by(Appointment.id.desc())).first() == {}


@pytest.mark.parametrize(
    ("name", "value"), [("paid_on", "last week"), ("accounts", "99"), ("adults", "none"), ("paid", "daily")]
)
def test_an_answer_that_cannot_be_is_refused_at_its_field_and_nothing_is_booked(
    agent: Agent, held: str, database: Database, name: str, value: str
) -> None:
    with database.reading() as db:
        before = len(db.scalars(select(Appointment.id)).all())
    sent = typed(agent, held, **(answers_for() | {name: value}))
    answer = agent.client.post(f"{held}/confirm?service=certify", data=sent)
    page = agent.checked(answer, 400)
    assert f'href="#answer-papers--{name}' in answer.text
    assert "There is a problem" in page.text
    with database.reading() as db:
        assert len(db.scalars(select(Appointment.id)).all()) == before


def test_what_was_said_of_other_dates_is_asked_anew(agent: Agent, held: str) -> None:
    agent.client.post(f"{held}/stay?service=certify", data=typed(agent, held, **answers_for()))
    agent.client.post(f"{held}/stay?service=certify", data=typed(agent, held, **said_of(agent, held, "yes", "yes")))
    before = set(said_of(agent, held, "", "", ""))
    agent.client.post(f"{held}/stay?service=certify", data=typed(agent, held, paid="monthly"))
    after = set(said_of(agent, held, "", "", ""))
    assert len(before - after) == 1
