"""The page of a memorable word: what a caller says is compared, and shown nowhere; without scripts."""

from __future__ import annotations

import pytest

from core.database import Database
from tests.support.callers import Callers
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

CALLS = "/staff/calls"
WORD = "Blue Teapot"


@pytest.fixture
def amina(callers: Callers) -> str:
    """The address of Amina's call."""
    return f"{CALLS}/residents/{callers.people['amina']}"


def check_by_facts(agent: Agent, amina: str) -> None:
    """She has said her postcode and her number."""
    agent.checked(agent.send(f"{amina}/check", data={"fact": "postcode"}, follow=True), 400)
    token = agent.open(amina).form_to("/stay").fields["csrf_token"]
    agent.client.post(f"{amina}/check", data={"csrf_token": token, "fact": ["postcode", "phone"]})


@pytest.mark.databases("sqlite", "postgresql")
def test_agree_on_a_word_and_be_known_by_it_in_the_next_call(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    call = agent.open(amina)
    assert "Until then say nothing of appointments" in call.text
    assert f"{amina}/word" not in [href for _, href in call.links], "there is none to ask for"
    assert "They have no memorable word." in agent.open(f"{amina}/word").text
    check_by_facts(agent, amina)
    page = agent.open(f"{amina}/word")
    form = page.form_to("/word/new")
    refused = agent.checked(agent.client.post(f"{amina}/word/new", data=form.values(new_word=["Amina"])), 400)
    assert "Choose a word that is neither a name of theirs nor a number." in refused.text
    kept = agent.client.post(f"{amina}/word/new", data=form.values(new_word=[WORD]), follow_redirects=True)
    assert "The word is kept." in agent.checked(kept).text
    assert WORD not in kept.text
    agent.send(f"{CALLS}/end", resident=str(callers.people["amina"]))
    assert f"{amina}/word" in [href for _, href in agent.open(amina).links]
    check_by_facts(agent, amina)
    assert "You have checked who is calling." not in agent.open(amina).text, "the facts are not asked for any more"
    page = agent.open(f"{amina}/word")
    assert "/word/new" not in page.text
    form = page.form_to(f"{amina}/word")
    wrong = agent.checked(agent.client.post(f"{amina}/word", data=form.values(word=["Red Teapot"])), 400)
    assert "That is not their memorable word." in wrong.text
    assert "Red Teapot" not in wrong.text
    right = agent.client.post(f"{amina}/word", data=form.values(word=["blue teapot"]), follow_redirects=True)
    assert "You have checked who is calling." in agent.checked(right).text
    gone = agent.open(f"{amina}/word").form_to("/word/remove")
    agent.checked(agent.client.post(f"{amina}/word/remove", data=gone.values(why=[""])), 400)
    why = ["Forgotten, showed a passport"]
    done = agent.client.post(f"{amina}/word/remove", data=gone.values(why=why), follow_redirects=True)
    assert "They have no memorable word any more." in agent.checked(done).text


def test_whoever_was_let_in_by_a_reason_chooses_no_word(agent: Agent, amina: str) -> None:
    """A word lets somebody in the next time: who only said that they are known cannot make one."""
    agent.check_caller(amina)
    page = agent.open(f"{amina}/word")
    assert "/word/new" not in page.text
    agent.send(f"{amina}/word/new", new_word=WORD)
    agent.send(f"{amina}/word/remove")
    assert "They have no memorable word." in agent.open(f"{amina}/word").text


def test_the_sixth_try_in_an_hour_is_not_compared(agent: Agent, amina: str) -> None:
    check_by_facts(agent, amina)
    form = agent.open(f"{amina}/word").form_to("/word/new")
    agent.client.post(f"{amina}/word/new", data=form.values(new_word=[WORD]))
    values = form.values() | {"word": "red"}
    for _ in range(5):
        assert agent.client.post(f"{amina}/word", data=values).status_code == 400
    assert agent.client.post(f"{amina}/word", data={**values, "word": WORD}).status_code == 429
