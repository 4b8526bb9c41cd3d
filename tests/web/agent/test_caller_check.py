"""The caller is asked who they are before anything is read out, and that is on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.database import Database
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")


def entries(database: Database) -> list[tuple[str, list[str], str]]:
    with database.reading() as db:
        rows = db.scalars(select(AuditEntry).where(AuditEntry.action.startswith("caller_")).order_by(AuditEntry.id))
        return [(row.action, row.facts["facts"], row.reason) for row in rows]


@pytest.mark.databases("sqlite", "postgresql")
def test_two_facts_or_a_reason_are_recorded_once_for_a_call(agent: Agent, callers: Callers, database: Database) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    page = agent.open(f"{where}?service=certify")
    assert "Before you read anything out: ask for two of these" in page.text
    refused = agent.checked(agent.send(f"{where}/check", fact="phone"), 400)
    assert "Tick 2 things that they got right, or say why you did not ask" in refused.text
    data = {"fact": ["phone", "postcode", "made-up"]}
    done = agent.checked(agent.send(f"{where}/check?service=certify", data=data))  # type: ignore[arg-type]
    assert "You have checked who is calling." in done.text
    assert "Before you read anything out" not in done.text
    agent.send("/staff/calls/end", resident=str(callers.people["amina"]))
    assert "Before you read anything out" in agent.open(where).text
    agent.checked(agent.send(f"{where}/check", why_not="Their daughter rings for them"))
    assert entries(database) == [
        ("caller_checked", ["postcode", "phone"], ""),
        ("caller_not_checked", [], "Their daughter rings for them"),
    ]


def test_a_call_that_ends_without_asking_is_on_record_too(agent: Agent, callers: Callers, database: Database) -> None:
    agent.send("/staff/calls/end", resident=str(callers.people["norbert"]))
    assert entries(database) == [("caller_not_checked", [], "")]


def test_who_is_known_by_nothing_cannot_be_checked_and_the_page_says_so(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"/staff/calls/residents/{callers.people['norbert']}")
    assert "We know too little of them to check. Say so below." in page.text


@pytest.mark.parametrize("query", ["", "?service=certify", "?service=advice&near=NW11"])
def test_visits_and_notes_are_folded_until_the_caller_was_checked(agent: Agent, callers: Callers, query: str) -> None:
    where, reference = f"/staff/calls/residents/{callers.people['amina']}", callers.booked.reference
    folded = agent.open(f"{where}{query}")
    for secret in ("Wed 2 Dec", "10am Certify", "Lost her passport", f"move={reference}", f"messages/{reference}"):
        assert secret not in folded.text + str(folded.links), secret
    assert "You see their appointments and notes when you have checked who is calling." in folded.text
    shown = agent.checked(agent.send(f"{where}/check{query}", data={"fact": ["phone", "postcode"]}))  # type: ignore[dict-item]
    assert "Wed 2 Dec 10am Certify documents" in shown.text
    assert "Lost her passport" in shown.text


def test_one_press_shows_them_anyway_with_the_reason_on_record(
    agent: Agent, callers: Callers, database: Database
) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    assert agent.open(where).form_to("/check").values_of("quick_reason") == ["known", "rung"]
    assert "Wed 2 Dec" in agent.checked(agent.send(f"{where}/check", quick_reason="rung")).text
    assert entries(database) == [("caller_not_checked", [], "I rang them")]
    agent.send("/staff/calls/end", resident=str(callers.people["amina"]))
    assert "Wed 2 Dec" not in agent.open(where).text
    assert agent.send(f"{where}/check", quick_reason="made-up").status_code == 400
