"""Questions that decide whether a service is the right one: before any time is shown, and with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one

pytestmark = pytest.mark.databases("sqlite")
INSTEAD = "Ask the council where you live."
LIVES_HERE = {"ask": "Do you live in Testshire?", "say": "", "wrong_answer": "no", "instead": INSTEAD}
IS_URGENT = {"ask": "Is it for today?", "say": "", "wrong_answer": "yes", "instead": "Ring us now."}


def ask(database: Database, town: Town, slug: str = "certify", *questions: dict[str, Any]) -> None:
    """Let the service have these questions, besides one that decides nothing."""
    asked = [{"ask": "Do you rent?", "say": "I ask."}, *(questions or (LIVES_HERE, IS_URGENT))]
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == slug)
        db.execute(update(Service).where(*where).values(triage_questions=asked))
        bump_plan(db, town.authority_id)


def test_who_is_wrong_here_reads_what_to_do_instead_and_sees_no_time(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town)
    visitor.open("/services/certify")
    visitor.follow("Find a time")
    assert visitor.at == "/questions"
    assert [one for one in ("Do you live in", "Is it for today?", "Do you rent?") if one in visitor.page.text] == [
        "Do you live in",
        "Is it for today?",
    ]
    visitor.send("/questions", question_0="no", question_1="no")
    assert INSTEAD in visitor.page.text
    assert "Ring us now." not in visitor.page.text
    assert not any("/where" in href or "/needs" in href for _, href in visitor.page.links)
    visitor.follow("Change your answers")
    visitor.send("/questions", question_0="no", question_1="yes")
    assert INSTEAD in visitor.page.text
    assert "Ring us now." in visitor.page.text


def test_each_question_is_answered_and_then_the_search_goes_on_without_asking_again(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town)
    visitor.open("/needs?service=certify&need=step-free")
    visitor.send("/questions", question_1="no")
    assert "Choose yes or no" in visitor.page.text
    visitor.send("/questions", question_0="yes", question_1="no")
    assert visitor.at == "/needs"
    assert visitor.page.form_to("/where").fields["need"] == ["step-free"]
    visitor.send("/where")
    assert visitor.at == "/where"
    reached = [href for _, href in visitor.page.links if "/when?" in href or "/times?" in href]
    assert reached
    assert all("asked=1" in href for href in reached)


@pytest.mark.parametrize("page", ["needs", "where", "when", "times", "wait"])
def test_no_page_of_a_search_can_be_reached_past_the_questions(
    page: str, database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town)
    visitor.open(f"/{page}?service=certify&site=high-street&day=2026-11-24")
    assert visitor.at == "/questions"
    visitor.open(f"/{page}?service=advice&site=high-street&day=2026-11-24")
    assert visitor.at == f"/{page}"


def test_whoever_moves_an_appointment_is_not_asked_again(database: Database, town: Town, visitor: Visitor) -> None:
    reference = book_one(visitor)
    ask(database, town)
    visitor.open(f"/when?service=certify&moving={reference}")
    assert visitor.at == "/when"


def test_without_a_question_that_decides_nothing_is_asked(visitor: Visitor) -> None:
    visitor.open("/questions?service=certify")
    assert visitor.at == "/needs"
