"""Where the council wants it, staff say why before the record of a resident opens, and it stands in the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.clock import FixedClock
from core.database import Database
from locations.tables import Authority
from people.residents.tables import ResidentView
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
QUESTION = "Why do you look at this record?"


@pytest.fixture
def amina(callers: Callers, database: Database) -> str:
    """The address of Amina's call, in a council that asks."""
    with database.writing() as db:
        db.execute(update(Authority).values(ask_why_looking=True))
    return f"/staff/calls/residents/{callers.people['amina']}"


def said(database: Database) -> list[dict[str, str]]:
    """Why somebody looked, as it is kept: without the names of the screens."""
    with database.reading() as db:
        rows = db.scalars(select(ResidentView).where(ResidentView.purpose == "why").order_by(ResidentView.id))
        return [{key: value for key, value in row.facts.items() if key == "why"} for row in rows]


def looks(database: Database) -> int:
    """How often it is written that somebody has seen a resident's record."""
    with database.reading() as db:
        return len(db.scalars(select(ResidentView.id).where(ResidentView.purpose == "call")).all())


@pytest.mark.databases("sqlite", "postgresql")
def test_the_record_opens_once_it_is_said_why(agent: Agent, amina: str, database: Database, clock: FixedClock) -> None:
    page = agent.open(f"{amina}?service=certify")
    assert QUESTION in page.headings
    assert looks(database) == 0, "nothing of the record was shown"
    form = page.form_to("/why")
    answer = agent.client.post(form.action, data=form.values(why="contact"))
    assert answer.location == f"{amina}?service=certify"
    assert QUESTION not in agent.open(answer.location).headings
    assert said(database) == [{"why": "contact"}]
    assert looks(database) == 1
    for part in ("details", "word", "history"):
        assert QUESTION not in agent.open(f"{amina}/{part}").headings
    for _ in range(5):
        clock.advance(timedelta(minutes=25))
        agent.open("/staff/calls/")
    assert QUESTION in agent.open(f"{amina}/details").headings


def test_only_one_of_the_reasons_is_an_answer(agent: Agent, amina: str, database: Database) -> None:
    form = agent.open(amina).form_to("/why")
    for bad in ("nosy", "WHY", *BAD_VALUES.values()):
        answer = agent.client.post(form.action, data=form.values() | {"why": as_sent(bad)})
        assert QUESTION in agent.checked(answer, 400).headings
    assert said(database) == []


def test_both_are_asked_about_where_two_records_stand_side_by_side(agent: Agent, amina: str, callers: Callers) -> None:
    first, second = callers.people["amina"], callers.people["aminah"]
    agent.send(f"{amina}/why", why="contact")
    page = agent.open(f"{amina}/same-as/{second}")
    assert QUESTION in page.headings
    form = page.form_to("/why")
    assert form.action.endswith(f"/{second}/why")
    answer = agent.client.post(form.action, data=form.values(why="record"))
    assert answer.location == f"/staff/calls/residents/{first}/same-as/{second}"
    assert QUESTION not in agent.open(answer.location).headings


def test_every_page_about_a_resident_asks(agent: Agent, amina: str, callers: Callers, app: Flask) -> None:
    number, asking = callers.people["amina"], 0
    for rule in app.url_map.iter_rules():
        is_page = rule.rule.startswith("/staff/") and "GET" in (rule.methods or ()) and rule.endpoint != "agent.why"
        if is_page and any("resident" in name or name == "other_id" for name in rule.arguments):
            values = {name: number if name.endswith("_id") else "x" for name in rule.arguments}
            built = rule.build(values)
            assert built
            asking += 1
            answer = agent.client.get(built[1])
            assert "/why?next=" in (answer.location or ""), (rule.rule, answer.status)
    assert asking > 8


def test_what_is_sent_is_never_lost_for_the_question(agent: Agent, amina: str) -> None:
    answer = agent.send(f"{amina}/note", call_note="Rang about the form", follow=False)
    assert answer.status_code == 303
    assert answer.location == amina


def test_nobody_is_asked_where_the_council_does_not_want_it(agent: Agent, amina: str, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(ask_why_looking=False))
    assert QUESTION not in agent.open(amina).headings


def test_it_leads_to_pages_of_staff_alone(agent: Agent, amina: str) -> None:
    form = agent.open(amina).form_to("/why")
    for wrong in ("https://elsewhere.example.org/", "//x", "/testshire/", "javascript:alert(1)", *BAD_VALUES.values()):
        sent = form.values(why="contact") | {"next": as_sent(wrong)}
        assert agent.client.post(form.action, data=sent).location == amina
