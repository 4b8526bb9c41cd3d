"""A postcode is asked only where a rule needs it, and whoever lives elsewhere reads what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.support.callers import Callers
from tests.support.town import Town
from tests.web.agent.conftest import Agent, agent, callers
from tests.web.agent.test_call_pages import call_of
from tests.web.resident.browser import Visitor, fill_in

pytestmark = pytest.mark.databases("sqlite")
INSTEAD = "Ask the council where you live."
__all__ = ["agent", "callers"]


def limit(database: Database, town: Town, **values: Any) -> None:
    row = {"catchment": ["N12", "NW11 8"], "catchment_instead": INSTEAD} | values
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(**row))
        bump_plan(db, town.authority_id)


def test_whoever_lives_elsewhere_sees_no_time_and_reads_what_to_do(
    database: Database, town: Town, visitor: Visitor
) -> None:
    limit(database, town)
    visitor.open("/services/certify")
    assert "for people whose postcode begins with: N12, NW11 8." in visitor.page.text
    visitor.follow("Find a time")
    assert visitor.at == "/questions"
    visitor.send("/questions", home="")
    assert "Enter the postcode where you live" in visitor.page.text
    visitor.send("/questions", home="nonsense")
    assert "Enter a full postcode" in visitor.page.text
    visitor.send("/questions", home="ol1 1ul")
    assert INSTEAD in visitor.page.text
    for page in ("needs", "where", "when", "times", "wait"):
        visitor.open(f"/{page}?service=certify&site=high-street&day=2026-11-24&asked=1&home=OL11UL")
        assert visitor.at == "/questions"


def test_whoever_lives_there_books_with_the_postcode_and_cannot_change_it_to_another(
    database: Database, town: Town, visitor: Visitor
) -> None:
    limit(database, town)
    visitor.open("/services/certify")
    visitor.follow("Find a time")
    visitor.send("/questions", home="n12 0ga")
    visitor.send("/where")
    search = next(href for _, href in visitor.page.links if "/when?" in href)
    visitor.open("!" + search.replace("/when?", "/times?") + "&site=high-street&day=2026-11-24")
    visitor.take_first_time()
    page = fill_in(visitor, postcode="OL1 1UL")
    visitor.send("/check")
    assert (visitor.status, INSTEAD in visitor.page.text) == (422, True)
    visitor.open("!" + page.link("Change postcode").partition("#")[0])
    visitor.send("/details", postcode="N12 0GA")
    visitor.send("/check")
    assert visitor.at.endswith("/done")


def test_without_a_rule_no_postcode_is_asked(database: Database, town: Town, visitor: Visitor) -> None:
    limit(database, town, catchment_kind="preference")
    visitor.open("/services/certify")
    assert "Others can book it as well." in visitor.page.text
    visitor.follow("Find a time")
    assert visitor.at == "/needs"


def test_an_agent_reads_it_beside_the_times_and_books_with_a_reason(
    database: Database, callers: Callers, agent: Agent
) -> None:
    limit(database, callers.town, catchment=["OL1", "OL2 3"])
    here = call_of(callers)
    page = agent.open(f"{here}?service=certify")
    assert "OL1, OL2 3" in page.text
    assert INSTEAD in page.text
    token = agent.slots(f"{here}?service=certify")[0][0]
    held = agent.checked(agent.send(f"{here}/hold?service=certify", data={"slot": token}))
    assert "Why do you book it for somebody from elsewhere?" in held.text
    refused = agent.send(f"{here}/confirm?service=certify", data={"shown": token})
    assert "Say why you book it" in agent.checked(refused, 400).text
    done = agent.send(f"{here}/confirm?service=certify", data={"shown": token, "reason": "Fled from home"})
    assert "/appointments/" in done.request.url
