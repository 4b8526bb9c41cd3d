"""What of their papers people lack, on the list of the day and beside their documents; and whose answers they are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from booking.documents.paper_list import NeededPaper
from booking.tables import Appointment
from locations.catalogue_queries import bump_plan
from locations.paper_rules import paper_rule
from locations.tables import Service
from people.staff.policy import Role
from tests.support.pages import check_page
from tests.web.site.conftest import DAY, SITE, Library
from tests.web.site.test_day_list import counted

pytestmark = pytest.mark.databases("sqlite")
RULES: list[dict[str, Any]] = [
    {"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2},
    {"document": "Rent book"},
]


RENT_BOOK = {"Rent book": NeededPaper(paper_rule(RULES[1]), 1).mark}


def answer(library: Library, reference: str, papers: dict[str, Any]) -> None:
    """Let the service count papers, and the appointment have these answers."""
    with library.database.writing() as db:
        db.execute(update(Service).values(documents_by_rule=RULES))
        db.execute(update(Appointment).where(Appointment.reference == reference).values(paper_answers=papers))
        bump_plan(db, library.world.authority_id)


def test_a_row_says_which_papers_are_missing_and_one_without_answers_is_no_longer(library: Library) -> None:
    one, other = library.book(), library.book(30)
    answer(library, one, {"paid": "weekly", "cases": {}, "have": RENT_BOOK})
    client = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    assert check_page(client.get(DAY).text).text.count("1 of 2 papers missing: Payslips") == 1
    assert "1 of 2 papers missing: Payslips" in client.get(f"{SITE}/documents/{one}").text
    assert "papers missing" not in client.get(f"{SITE}/documents/{other}").text


def test_a_row_says_that_they_have_all(library: Library) -> None:
    answer(library, library.book(), {"paid": "never", "cases": {}, "have": RENT_BOOK})
    client = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    assert "They have all papers" in client.get(DAY).text


def test_the_list_asks_the_database_no_more_for_papers(library: Library) -> None:
    references = [library.book(minutes) for minutes in (0, 30, 60)]
    client = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    client.get(DAY)
    with counted(library.database) as without:
        client.get(DAY)
    for reference in references:
        answer(library, reference, {"paid": "weekly", "cases": {}, "have": {}})
    client.get(DAY)
    with counted(library.database) as of_answers:
        client.get(DAY)
    assert len(of_answers) == len(without)
