"""The work list of urgent requests, from an answer in a call to what was done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.urgent.tables import UrgentRequest
from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.pages import check_page, read_page
from tests.support.triages import put_triage
from tests.web.agent.conftest import Agent
from tests.web.agent.test_triage_in_call import NO, YES, answer

pytestmark = pytest.mark.databases("sqlite")
URGENT = "/staff/urgent"


def test_an_urgent_answer_in_a_call_is_taken_by_one_and_closed_with_words(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    put_triage(database, callers.town)
    answer(agent, callers, NO)
    assert agent.open("/staff/").link("Take 1 urgent request") == URGENT
    clock.advance(timedelta(minutes=15))
    assert "nobody’s name for over 15 minutes" in agent.open("/staff/").text
    listed = agent.open(URGENT)
    for words in ("Amina Yusuf", "Nowhere to sleep tonight", "Somewhere to sleep? No", "07700 900", "Over 15 minutes"):
        assert words in listed.text
    shown = listed.form_to("/take")
    taken = agent.checked(agent.client.post(shown.action, data=shown.fields, follow_redirects=True))
    assert "Agnes Agent sees to it" in taken.text
    other = add_agent(database, callers.town.authority_id, clock.now(), email="other@example.org")
    mine = agent.client.get_cookie(COOKIE)
    agent.client.set_cookie(COOKIE, sign_in(database, other, clock.now()))
    late = agent.client.post(shown.action, data=shown.fields)  # the page that was open before
    assert (late.status_code, "This request has another name on it" in check_page(late.text).text) == (409, True)
    assert mine is not None
    agent.client.set_cookie(COOKIE, mine.value)
    close = agent.open(URGENT).form_to("/close")
    assert "Say what was done" in check_page(agent.client.post(close.action, data=close.fields).text).text
    done = {**close.fields, "done": "A room for tonight."}
    assert (
        "A room for tonight." in agent.checked(agent.client.post(close.action, data=done, follow_redirects=True)).text
    )
    late = agent.client.post(close.action, data={**close.fields, "done": "Said in another tab."})
    assert (late.status_code, "Said in another tab." in late.text) == (409, True)
    assert "urgent request" not in agent.open("/staff/").text.replace("Urgent requests", "")


def test_a_wrong_click_in_a_call_that_is_corrected_asks_nobody(
    agent: Agent, callers: Callers, database: Database
) -> None:
    put_triage(database, callers.town)
    where = answer(agent, callers, NO)
    agent.send(f"{where}/triage/housing/answer", answer=YES, seen="1")
    assert "Every urgent request has a name on it" in agent.open(URGENT).text
    with database.reading() as db:
        assert db.scalars(select(UrgentRequest.closed_at)).one() is not None


def test_advisers_do_not_read_who_asked(
    client: FlaskClient, callers: Callers, database: Database, clock: FixedClock
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role="adviser", email="adviser@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    assert client.get(URGENT).status_code in (403, 404)
    assert "Urgent requests" not in read_page(client.get("/staff/").text).text
