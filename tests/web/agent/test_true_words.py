"""What the agent's screen says is so: who calls, how they hear from us, why nothing is free, and what went out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from people.residents.tables import ResidentView
from people.staff.sign_in_sessions import COOKIE
from reminders.recipients import CHANNELS, TEXT, WITHOUT_PROVIDERS
from tests.support.callers import Callers, sign_in
from tests.web.agent.conftest import Agent
from web.agent.call_request import Typed, read_typed
from web.agent.typed_helper import representation_of

pytestmark = pytest.mark.databases("sqlite")


def call_of(callers: Callers) -> str:
    return f"/staff/calls/residents/{callers.people['amina']}"


@pytest.mark.parametrize("ticked", ["", "self", "other", "rep-3"])
def test_who_types_the_name_of_a_helper_means_somebody_new(ticked: str) -> None:
    typed = read_typed({"caller": ticked, "rep_name": "Hilda Helper", "rep_basis": "carer"})
    assert (typed.is_other, typed.is_self) == (True, False)
    found = representation_of(typed, None)
    assert found is not None
    assert found.name == "Hilda Helper"
    assert read_typed({"caller": "self"}) == Typed()


def test_nobody_prefers_an_email_that_there_is_none_of(agent: Agent) -> None:
    typed = {"name": "Zork Testperson", "phone": "07700 900444", "contact_preference": "email"}
    assert "Email, but we have none" in agent.checked(agent.send("/staff/calls/register", data=typed)).text


def test_what_is_preferred_is_said_as_it_can_be_had(agent: Agent, callers: Callers, database: Database) -> None:
    typed = {"name": "Zork Testperson", "phone": "07700 900444", "contact_preference": "text"}
    address = agent.send("/staff/calls/register", follow=False, data=typed).location
    for channels, words in ((WITHOUT_PROVIDERS, "(we cannot send any yet)"), (WITHOUT_PROVIDERS | {TEXT}, "")):
        database.facts[CHANNELS] = channels
        text = agent.checked(agent.client.get(address)).text
        assert "Text message" in text
        assert ("we cannot send any yet" in text) is bool(words)
    letters = {"name": "Yulia Testperson", "phone": "07700 900445", "contact_preference": "letter"}
    assert "Letter, but we have no address" in agent.checked(agent.send("/staff/calls/register", data=letters)).text


def test_from_what_is_read_out_the_details_lead_back_to_it(agent: Agent, callers: Callers) -> None:
    reference, where = callers.booked.reference, call_of(callers)
    done = agent.open(f"{where}/appointments/{reference}?what=booked")
    details = agent.open(done.link("Change details"))
    form = details.form_to("/details")
    answer = agent.client.post(form.action, data=form.values(), follow_redirects=True)
    page = agent.checked(answer)
    assert "Read out" in page.text
    assert page.title.startswith("Booked")


def test_a_cancelled_visit_says_what_became_of_the_message_about_it(agent: Agent, callers: Callers) -> None:
    where = call_of(callers)
    answer = agent.send(f"{where}/cancel?cancel={callers.booked.reference}")
    page = agent.checked(answer)
    assert "The message that says so:" in page.text
    assert page.link("All messages about it") == f"/staff/messages/{callers.booked.reference}"


def test_the_messages_say_whose_they_are_and_when_the_visit_is(
    agent: Agent, callers: Callers, database: Database
) -> None:
    page = agent.open(f"/staff/messages/{callers.booked.reference}")
    assert re.search(r"Amina [^,]+, \w+day \d+ \w+ 2026 at [^,]+, ", page.text)
    with database.reading() as db:
        rows = db.execute(select(ResidentView.purpose, ResidentView.facts)).all()
    assert ("messages", [callers.people["amina"]]) in [(row.purpose, row.facts.get("residents")) for row in rows]


def test_a_day_that_is_over_is_not_called_full(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    address = f"{call_of(callers)}?service=certify"
    assert "Over" not in agent.open(address).text
    clock.advance(timedelta(hours=11))
    agent.client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    text = agent.open(address).text
    assert "Over" in text
    assert "Times to choose with one key" in text
