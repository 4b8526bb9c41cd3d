"""An agent may book sooner than an interpreter can be found, and is told so; the card says how far each one is."""

from __future__ import annotations

import pytest

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

WORDS = "It takes 30 days to find an interpreter, and this is sooner."


@pytest.fixture(autouse=True)
def _lead(database: Database, callers: Callers) -> None:
    with database.writing() as db:
        council = db.query(Authority).filter_by(slug="testshire").one()
        council.interpreter_lead_days = 30
        bump_plan(db, council.id)


@pytest.mark.parametrize("need", ["bsl", "language", "extra-time"])
def test_an_agent_books_sooner_and_knows_it(agent: Agent, callers: Callers, need: str) -> None:
    resident = f"/staff/calls/residents/{callers.people['amina']}"
    query = f"service=certify&filtered=1&need={need}"
    token, _ = agent.slots(f"{resident}?{query}")[0]
    held = agent.checked(agent.send(f"{resident}/hold?{query}", slot=token))
    is_arranged = need != "extra-time"
    assert (WORDS in held.text) is is_arranged
    read_back = agent.checked(agent.send(f"{resident}/confirm?{query}", idempotency_key="k1"))
    assert ("we are looking for one" in read_back.text) is is_arranged
    assert ("we are looking for one" in agent.check_caller(resident).text) is is_arranged
