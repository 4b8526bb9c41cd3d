"""Where the council wants it, staff say why before the record of a resident opens, and it stands in the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
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
        return [{key: value for key, value in row.facts.items() if key in ("why", "words")} for row in rows]


def looks(database: Database) -> int:
    """How often it is written that somebody has seen a resident's record."""
    with database.reading() as db:
        return len(db.scalars(select(ResidentView.id).where(ResidentView.purpose == "call")).all())


@pytest.mark.databases("sqlite", "postgresql")
def test_the_record_opens_once_it_is_said_why(agent: Agent, amina: str, database: Database, clock: FixedClock) -> None:
    page = agent.open(f"{amina}?service=certify")
    assert QUESTION in page.headings
    assert looks(database) == 0, "nothing of the record was shown"
    forms = [form for form in page.forms if form.action.endswith("/why")]
    answer = agent.client.post(forms[0].action, data=forms[0].values(why="contact"))
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


def test_another_reason_is_in_words(agent: Agent, amina: str, database: Database) -> None:
    page = agent.open(amina)
    form = page.forms[-1]
    assert "words" in form.fields
    page = agent.checked(agent.client.post(form.action, data=form.values()), 400)
    assert "Say why, or choose one of the reasons above" in page.text
    agent.client.post(form.action, data=form.values(words="Fraud check 17"))
    assert said(database) == [{"why": "other", "words": "Fraud check 17"}]


def test_what_is_sent_is_never_lost_for_the_question(agent: Agent, amina: str) -> None:
    answer = agent.send(f"{amina}/note", call_note="Rang about the form", follow=False)
    assert answer.status_code == 303
    assert answer.location == amina


def test_nobody_is_asked_where_the_council_does_not_want_it(agent: Agent, amina: str, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(ask_why_looking=False))
    assert QUESTION not in agent.open(amina).headings


def test_it_leads_to_pages_of_this_resident_alone(agent: Agent, amina: str, callers: Callers) -> None:
    other = f"/staff/calls/residents/{max(callers.people.values())}"
    assert other != amina
    for wrong in (
        other,
        f"{amina}9",
        "/staff/",
        "https://elsewhere.example.org/",
        f"{amina}/../../",
        "//x",
        amina[:-1],
    ):
        assert agent.send(f"{amina}/why", why="contact", next=wrong, follow=False).location in (amina, wrong)
        assert agent.send(f"{amina}/why", why="contact", next=wrong, follow=False).location == amina


def test_no_value_breaks_it(agent: Agent, amina: str) -> None:
    form = agent.open(amina).forms[-1]
    for name in ("words", "why", "next"):
        for bad in BAD_VALUES.values():
            answer = agent.client.post(form.action, data=form.values() | {name: as_sent(bad)})
            assert answer.status_code in (303, 400), (name, bad)
