"""Pages say from which day an interpreter can be found, refuse a sooner time in words, and warn where it may be too late."""

from __future__ import annotations

import pytest

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, go_to_times

pytestmark = pytest.mark.databases("sqlite")

SEARCH = "service=certify&site=high-street&mode=in_person&visit=one"
FIRST_DAY = "We need time to find an interpreter, so the first day is Thursday 26 November 2026."


@pytest.fixture(autouse=True)
def _lead(database: Database, town: Town) -> None:
    with database.writing() as db:
        db.get_one(Authority, town.authority_id).interpreter_lead_days = 3
        bump_plan(db, town.authority_id)


@pytest.mark.parametrize("page", ["where", "when", "times"])
@pytest.mark.parametrize("need", ["bsl", "language", "step-free", "extra-time"])
def test_the_pages_of_a_search_say_which_day_is_the_first(visitor: Visitor, page: str, need: str) -> None:
    visitor.open(f"/{page}?{SEARCH}&need={need}&day=2026-11-24&language={'Polish' if need == 'language' else ''}")
    assert (FIRST_DAY in visitor.page.text) is (need in ("bsl", "language"))


def test_the_page_of_needs_says_how_long_it_takes(visitor: Visitor) -> None:
    assert "We need 3 days to find an interpreter." in visitor.open("/needs?service=certify").text


def test_a_sooner_time_is_refused_with_the_first_that_can_be_booked(visitor: Visitor) -> None:
    go_to_times(visitor)
    form = visitor.page.form_to("/book/hold")
    slot = next(value for name, value in form.buttons if name == "slot")
    visitor.send("/book/hold", slot=slot, steps=f"{SEARCH}&need=bsl")
    assert visitor.page.headings == ["That time is too soon"]
    assert "The first time you can book online is after Thursday 26 November 2026" in visitor.page.text


def test_who_asks_for_an_interpreter_late_is_warned(database: Database, town: Town, visitor: Visitor) -> None:
    words = "If you ask for an interpreter now, we may not find one in time."
    book_one(visitor)
    visitor.follow("See, change or cancel")
    assert words in visitor.follow("Change the help you need").text
    with database.writing() as db:
        db.get_one(Authority, town.authority_id).interpreter_lead_days = 1
        bump_plan(db, town.authority_id)
    assert words not in visitor.open(visitor.at).text
