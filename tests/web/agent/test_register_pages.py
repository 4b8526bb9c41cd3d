"""The pages of the register of people who cannot get online, and where it marks who is on it; without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.use_cases.support_register import put_on_register
from core.audit import Actor
from core.database import Database
from core.flask_context import EXTENSION
from people.residents.register_rules import CRITERIA, Decision
from people.residents.tables import RegisterEntry, ResidentView
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

CALLS = "/staff/calls"
TODAY = datetime(2026, 11, 23, tzinfo=UTC).date()
MARK = "On the register: cannot get online"


@pytest.fixture
def amina(callers: Callers) -> str:
    """The address of Amina's call."""
    return f"{CALLS}/residents/{callers.people['amina']}"


def put(agent: Agent, callers: Callers, key: str, days: int) -> None:
    """Somebody is on the register, to be looked at anew so many days from now."""
    runtime = agent.client.application.extensions[EXTENSION]
    decision = Decision(CRITERIA, "", (datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=days)).date())
    actor = Actor("staff", callers.agent_id, "Agnes Agent")
    put_on_register(runtime, callers.town.authority_id, callers.people[key], decision, today=TODAY, seen=0, actor=actor)


@pytest.mark.databases("sqlite", "postgresql")
def test_from_the_call_to_the_register_and_off_it(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    unchecked = agent.client.get(f"{amina}/register")
    assert unchecked.location.endswith(f"{amina}#caller-check-title")
    assert MARK not in agent.open(amina).text
    call = agent.check_caller(amina)
    assert f"{amina}/register" in [href for _, href in call.links]
    page = agent.open(f"{amina}/register")
    form = page.form_to(f"{amina}/register")
    refused = agent.checked(agent.client.post(f"{amina}/register", data=form.values(criteria=["not_online"])), 400)
    assert "Say why, since not all three criteria are met." in refused.text
    assert refused.form_to(f"{amina}/register").fields["criteria"] == ["not_online"]
    values = form.values(criteria=list(CRITERIA))
    done = agent.checked(agent.client.post(f"{amina}/register", data=values, follow_redirects=True))
    assert "They are on the register." in done.text
    assert "Agnes Agent" in done.text
    assert MARK in agent.open(amina).text
    found = agent.checked(agent.send(f"{CALLS}/find", q="Amina Yus"))
    assert MARK in found.text
    typed = agent.send(f"{CALLS}/typed", q="Amina Yus").text
    assert MARK not in typed, "most of those who are listed while it is typed have nothing to do with the call"
    assert "Amina Yusuf" in agent.open(f"{CALLS}/register").text
    stale = agent.checked(agent.client.post(f"{amina}/register", data=values), 409)
    assert "Somebody else has decided about the register since you opened this page" in stale.text
    off = stale.form_to(f"{amina}/register/end")
    agent.checked(agent.client.post(f"{amina}/register/end", data=off.values(why=[""])), 400)
    ended = agent.client.post(f"{amina}/register/end", data=off.values(why=["Has a tablet"]), follow_redirects=True)
    assert "They are not on the register any more." in agent.checked(ended).text
    assert "Has a tablet" in ended.text
    assert MARK not in agent.open(amina).text
    with database.reading() as db:
        assert db.scalars(select(RegisterEntry)).one().ended_why == "Has a tablet"
        assert "register_list" in set(db.scalars(select(ResidentView.purpose)))


def test_the_list_has_those_first_who_are_due(agent: Agent, callers: Callers, database: Database) -> None:
    assert "Nobody is on the register." in agent.open(f"{CALLS}/register").text
    put(agent, callers, "amina", 10)
    put(agent, callers, "norbert", 400)
    assert "to be looked at anew" not in agent.open("/staff/").text
    with database.writing() as db:
        entry = db.scalars(select(RegisterEntry).where(RegisterEntry.resident_id == callers.people["amina"])).one()
        entry.review_on = datetime(2026, 11, 20, tzinfo=UTC).date()
    text = agent.open(f"{CALLS}/register").text
    assert text.index("To be looked at anew") < text.index("Amina Yusuf") < text.index("Norbert Nobody")
    home = agent.open("/staff/")
    assert "The register: 1 person who cannot get online is to be looked at anew" in home.text
