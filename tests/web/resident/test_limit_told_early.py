"""Whoever has as many appointments as one person may have is told so before they look for a time, where we can know it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.resident.browser import Visitor, book_one, go_to_times

pytestmark = pytest.mark.databases("sqlite")
TOLD = "You already have 2 appointments for this."


def book_two(visitor: Visitor) -> None:
    """As many appointments for the same thing as one person may have."""
    book_one(visitor, day="2026-11-24")
    book_one(visitor, day="2026-11-25")


@pytest.mark.databases("sqlite", "postgresql")
def test_it_is_told_before_the_search_and_before_the_form(visitor: Visitor) -> None:
    book_one(visitor, day="2026-11-24")
    visitor.open("/services/certify")
    assert TOLD not in visitor.page.text
    book_one(visitor, day="2026-11-25")
    visitor.open("/services/certify")
    assert TOLD in visitor.page.text
    go_to_times(visitor, day="2026-11-26")
    visitor.take_first_time()
    assert TOLD in visitor.page.text
    visitor.send("/who", who="other")  # which is allowed: it is for another person
    assert visitor.page.headings == ["About you"]


def test_other_services_are_not_concerned(visitor: Visitor) -> None:
    book_two(visitor)
    for path in ("/services/advice", "/"):
        assert TOLD not in visitor.open(path).text


def test_another_browser_and_one_that_was_told_to_forget_learn_nothing(town_app: Flask, visitor: Visitor) -> None:
    book_two(visitor)
    assert TOLD not in Visitor(town_app.test_client()).open("/services/certify").text
    answer = visitor.client.get("/testshire/services/certify")
    assert TOLD in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    visitor.open("/services/certify")
    visitor.client.post("/testshire/forget", data=csrf_of(visitor))
    answer = visitor.client.get("/testshire/services/certify")
    assert TOLD not in answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"


def csrf_of(visitor: Visitor) -> dict[str, str]:
    """The token of a form of this browser."""
    visitor.open("/find")
    return {"csrf_token": visitor.page.form_to("/find").fields["csrf_token"][0]}
