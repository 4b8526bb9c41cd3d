"""A number that makes the visit longer: asked before the times, shown with the booking, changed with what it changes."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from booking.slot_tokens import Count, decode
from booking.tables import Appointment, Hold
from core.database import Database
from tests.support.callers import Callers
from tests.support.pages import Page
from tests.support.town import Town
from tests.web.agent.conftest import Agent, agent, callers
from tests.web.agent.test_call_pages import call_of
from tests.web.resident.browser import Visitor, fill_in
from tests.web.resident.test_question_pages import LIVES_HERE, ask

pytestmark = pytest.mark.databases("sqlite")
CHILDREN = {"ask": "How many children do you register?", "say": "", "minutes_each": 20, "most": 4}
__all__ = ["agent", "callers"]


def the_appointment(database: Database) -> Appointment:
    with database.reading() as db:
        row = db.query(Appointment).one()
        db.expunge(row)
        return row


def book_three(visitor: Visitor) -> Page:
    visitor.open("/services/certify")
    visitor.follow("Find a time")
    visitor.send("/questions", question_0="yes", number_0="3")
    visitor.send("/where")
    search = next(href for _, href in visitor.page.links if "/when?" in href)
    visitor.open("!" + search.replace("/when?", "/times?") + "&site=high-street&day=2026-11-24")
    visitor.take_first_time()
    return fill_in(visitor)


def test_the_number_is_asked_first_and_the_visit_is_as_long_as_it_says(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town, "certify", LIVES_HERE, CHILDREN)
    visitor.open("/services/certify")
    assert "about 50 minutes for one, and 20 minutes more for each further one. We ask you" in visitor.page.text
    visitor.open("/questions?service=certify")
    assert "The visit takes 50 minutes for one, and 20 minutes more for each further one" in visitor.page.text
    for wrong in ("", "0", "5", "-1", "two", "3.5", "９", "99999999999999999999"):
        visitor.open("/questions?service=certify")
        visitor.send("/questions", question_0="yes", number_0=wrong)
        assert "Enter a number from 1 to 4" in visitor.page.text
    page = book_three(visitor)
    assert "How many children do you register? 3" in page.text
    assert "1 hour 30 minutes" in page.text
    visitor.send("/check")
    row = the_appointment(database)
    assert (row.ends_at - row.starts_at).total_seconds() == 90 * 60
    assert decode(row.slot_token).counts == (Count(3, 12),)


@pytest.mark.parametrize("numbers", ["", "&number=0", "&number=5", "&number=x", "&number=1&number=1"])
@pytest.mark.parametrize("page", ["needs", "where", "when", "times", "wait"])
def test_no_page_of_a_search_is_reached_without_a_number(
    page: str, numbers: str, database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town, "certify", CHILDREN)
    visitor.open(f"/{page}?service=certify&asked=1&site=high-street&day=2026-11-24{numbers}")
    assert visitor.at == "/questions"


def test_whoever_changes_the_number_reads_what_changes_and_chooses_a_new_time(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town, "certify", LIVES_HERE, CHILDREN)
    book_three(visitor)
    visitor.send("/check")
    reference = the_appointment(database).reference
    visitor.open(f"/appointment/{reference}")
    visitor.follow("Change how long it takes")
    assert visitor.page.form_to("/questions").fields["number_0"] == ["3"]
    visitor.send("/questions", number_0="3")
    assert visitor.at == f"/appointment/{reference}"
    visitor.follow("Change how long it takes")
    visitor.send("/questions", number_0="1")
    assert "the visit takes 50 minutes, instead of 1 hour 30 minutes" in visitor.page.text
    visitor.open(f"/times?service=certify&site=high-street&day=2026-11-25&moving={reference}&number=1")
    slot = next(value for name, value in visitor.page.form_to("/move").buttons if name == "slot")
    visitor.send("/move", slot=slot)
    assert "50 minutes, instead of 1 hour 30 minutes" in visitor.page.text
    visitor.send("/move")
    assert decode(the_appointment(database).slot_token).counts == (Count(1, 4),)


def test_an_agent_types_the_number_beside_the_times(database: Database, callers: Callers, agent: Agent) -> None:
    ask(database, callers.town, "certify", CHILDREN)
    here = f"{call_of(callers)}?service=certify"
    assert "50 minutes" in agent.open(call_of(callers)).text
    page = agent.open(here)
    assert "How many children do you register?" in page.text
    answer = agent.send(f"{call_of(callers)}/stay?service=certify", data={"number": "3"})
    assert "number=3" in answer.request.url
    slots = agent.slots(f"{here}&number=3")
    assert {decode(token).counts for token, _ in slots} == {(Count(3, 12),)}
    held = agent.send(f"{call_of(callers)}/hold?service=certify&number=3", data={"slot": slots[0][0]})
    assert "1 hour 30 minutes" in agent.checked(held).text


def test_a_time_is_not_held_for_another_number_than_the_one_typed(
    database: Database, callers: Callers, agent: Agent
) -> None:
    """Every time is a button of the form in which the number is typed: whoever clicks one has not asked for new times."""
    ask(database, callers.town, "certify", CHILDREN)
    here = f"{call_of(callers)}?service=certify"
    token = agent.slots(here)[0][0]
    where = f"{call_of(callers)}/hold?service=certify"
    page = agent.checked(agent.send(where, data={"slot": token, "number": "3"}), 409)
    assert "That time was for another number" in page.text
    assert page.form_to("/stay").fields["number"] == ["3"]
    offered = {token for form in page.forms for token in form.values_of("slot")}
    assert {decode(one).counts for one in offered} == {(Count(3, 12),)}
    page = agent.checked(agent.send(where, data={"slot": token, "number": "none"}), 400)
    assert "Enter a number from 1 to 4" in page.text
    with database.reading() as db:
        assert not db.query(Hold).count()
    held = agent.send(where, data={"slot": token, "number": "1"})
    assert "50 minutes" in agent.checked(held).text


def test_what_an_agent_typed_stays_and_each_number_has_its_own_error(
    database: Database, callers: Callers, agent: Agent
) -> None:
    ask(database, callers.town, "certify", CHILDREN)
    ask(database, callers.town, "advice", {**CHILDREN, "ask": "How many rooms?", "most": 9})
    both = "service=certify&service=advice"

    def typed(*numbers: str) -> tuple[list[str], list[str]]:
        page = agent.open(f"{call_of(callers)}?{both}&{urlencode([('number', number) for number in numbers])}")
        return page.form_to("/stay").fields["number"], re.findall(r"Enter a number from 1 to (\d)", page.text)

    assert typed("three", "2") == (["three", "2"], ["4"])
    assert typed("2", "") == (["2", ""], ["9"])
    assert typed("5", "12") == (["5", "12"], ["4", "9"])
    assert typed("3") == (["3", "1"], [])
    assert not agent.slots(f"{call_of(callers)}?{both}&number=3&number=12")
    assert agent.slots(f"{call_of(callers)}?{both}&number=3&number=9")
