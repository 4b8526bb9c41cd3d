"""The days of a month one under the other, for whoever cannot read a table: a link away, without a script."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import Page
from tests.web.resident.browser import Visitor

pytestmark = pytest.mark.databases("sqlite")
SEARCH = "service=certify&mode=in_person&site=high-street"
DAY = re.compile(r"[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+ \d{4}: \d+ free times?")


def days_of(page: Page) -> list[tuple[str, str]]:
    """Words and day of each link to a day."""
    links = [(words, address) for words, address in page.links if "/times?" in address]
    return [(DAY.search(words).group(), re.search(r"day=([\d-]+)", address).group(1)) for words, address in links]  # type: ignore[union-attr]


@pytest.mark.parametrize("month", ["", "&month=2026-12"])
def test_the_list_has_the_days_of_the_table(visitor: Visitor, month: str) -> None:
    table = days_of(visitor.open(f"/when?{SEARCH}{month}"))
    assert table
    visitor.follow("Show the days as a list")
    assert days_of(visitor.page) == table
    assert "<table" not in visitor.client.get(f"/testshire/when?{SEARCH}{month}&days=list").text


def test_the_choice_stays_on_the_way_to_a_time_and_back(visitor: Visitor) -> None:
    visitor.open(f"/when?{SEARCH}")
    visitor.follow("Show the days as a list")
    visitor.follow("Later")
    first = days_of(visitor.page)[0]
    visitor.follow(first[0])
    visitor.follow("Back to the month")
    assert days_of(visitor.page)[0] == first
    assert visitor.page.link("Show the days as a month")
    visitor.follow("Show the days as a month")
    assert days_of(visitor.page)[0] == first
