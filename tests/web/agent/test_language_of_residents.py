"""Staff see in which language somebody is written and spoken to before they ring, and write it down when it is asked."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from people.residents.tables import Resident
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")


def test_the_language_is_shown_asked_and_kept(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"], first_language="cy"))
        bump_plan(db, callers.town.authority_id)
    resident = callers.people["amina"]
    at = f"/staff/calls/residents/{resident}"
    assert "Not asked. Greet them in both: “Bore da, good morning”, and ask." in agent.open(at).text
    form = agent.open(f"{at}/details").form_to("/details")
    assert form.choices["message_language"] == ["cy", "en", ""]
    page = agent.checked(agent.client.post(form.action, data=form.values(message_language="cy"), follow_redirects=True))
    assert re.search(r"Write and speak in\W*Welsh", page.text)
    with database.reading() as db:
        assert db.get_one(Resident, resident).message_language == "cy"


def test_a_council_with_english_alone_asks_nobody(agent: Agent, callers: Callers) -> None:
    at = f"/staff/calls/residents/{callers.people['amina']}"
    assert "Write and speak" not in agent.open(at).text
    assert "message_language" not in agent.open(f"{at}/details").form_to("/details").choices


def test_what_is_not_shown_stays_as_it_is(agent: Agent, callers: Callers, database: Database) -> None:
    """A council that has given up a language keeps what it knows of people."""
    resident = callers.people["amina"]
    with database.writing() as db:
        db.execute(update(Resident).where(Resident.id == resident).values(message_language="cy"))
    form = agent.open(f"/staff/calls/residents/{resident}/details").form_to("/details")
    agent.checked(agent.client.post(form.action, data=form.values(postcode="N12 0GA"), follow_redirects=True))
    with database.reading() as db:
        assert db.get_one(Resident, resident).message_language == "cy"


def test_a_call_opens_in_both_languages_and_asks_for_the_meeting(
    agent: Agent, callers: Callers, database: Database
) -> None:
    """The wish is a link beside the times, and stays with what else is needed; elsewhere nobody is asked."""
    at = f"/staff/calls/residents/{callers.people['amina']}?service=certify"
    assert "in Welsh" not in agent.open(at).text
    with database.writing() as db:
        db.execute(
            update(Authority).values(
                languages=["en", "cy"], first_language="cy", translations={"name_cy": "Cyngor Testshire"}
            )
        )
        bump_plan(db, callers.town.authority_id)
    assert re.search(r"“(Bore|Prynhawn) da, Cyngor Testshire. Good", agent.open("/staff/calls").text)
    page = agent.open(agent.open(f"{at}&filtered=1&need=step-free").link("Yes, in Welsh"))
    assert "Step-free access, Meeting in Welsh" in page.text
    assert "Not in Welsh" in page.text
