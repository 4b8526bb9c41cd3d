"""Whoever books for another person is offered nothing of their own for them; names and words run as their script does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web.resident.browser import Visitor, go_to_times

pytestmark = pytest.mark.databases("sqlite")
OWN = {"name", "email", "tel", "postal-code", "family-name", "given-name"}
NAME, NOTES, HELPER, REASON = "سارة الأمين", "الطابق الثاني", "ליאה כהן", "مريضة"


class Shown(HTMLParser):
    """Where each text stands that has letters of a script which runs from right to left."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.free: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what is open."""
        if tag not in ("meta", "link", "input", "br", "img"):
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Forget it."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep the texts that nothing keeps apart from the words around them."""
        is_isolated = any(tag in ("bdi", "title") or attrs.get("dir") == "auto" for tag, attrs in self.open)
        if not is_isolated and any(text in data for text in (NAME, NOTES, HELPER, REASON)):
            self.free.append(data.strip())


def book_for_another(visitor: Visitor) -> None:
    """As far as the page of details of the other person."""
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name=HELPER, basis="carer", email="lea@example.org", phone="")


def offered(visitor: Visitor) -> dict[str, Any]:
    """What the browser may fill in, by field."""
    return {
        field["name"]: field.get("autocomplete") for field in visitor.page.inputs if field.get("autocomplete") in OWN
    }


def test_their_fields_offer_nothing(visitor: Visitor) -> None:
    book_for_another(visitor)
    assert visitor.page.headings == ["Their details"]
    assert offered(visitor) == {}
    visitor.send("/details", name=NAME, contact_preference="email")
    visitor.send("/check")
    visitor.follow("See, change or cancel")
    visitor.follow("Change email")
    assert offered(visitor) == {"helper_email": "email", "helper_phone": "tel"}


def test_ones_own_fields_do(visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="me")
    assert offered(visitor) == {"name": "name", "email": "email", "phone": "tel", "postcode": "postal-code"}


def test_names_and_words_are_kept_apart_from_the_text_around_them(visitor: Visitor) -> None:
    book_for_another(visitor)
    pages = [visitor.send("/details", name=NAME, notes=NOTES, contact_preference="email").text]
    html = []

    def keep() -> None:
        html.append(visitor.client.get(f"{visitor.base}{visitor.at}").text)

    keep()
    visitor.send("/check")
    keep()
    visitor.follow("See, change or cancel")
    keep()
    for words in ("Change email", "Change the help you need"):
        visitor.follow(words)
        keep()
        visitor.follow("Back")
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel", reason=REASON)
    keep()
    assert NAME in pages[0]
    free = []
    for page in html:
        shown = Shown()
        shown.feed(page)
        free += shown.free
    assert sum(NAME in page for page in html) >= 2
    assert free == [], "\n".join(free)
