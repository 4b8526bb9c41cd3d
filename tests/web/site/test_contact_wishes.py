"""Whatever shows a number or an address of a resident to staff says beside it what the resident asked."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from people.residents.details import Representation, ResidentDetails
from people.staff.policy import Role
from tests.support.council import make_key
from tests.support.pages import read_page
from tests.web.site.conftest import DAY, NINE, SITE, TODAY, Library

pytestmark = pytest.mark.databases("sqlite")

WISHES = ("do not contact", "do not text", "leave no message")
NUMBERS = ("7700900321", "7700900654")
CONTACTS = re.compile(r"zq@example\.org|jo@example\.org")
WHO = ResidentDetails(
    "Zebedee Quill",
    email="zq@example.org",
    phone="07700 900321",
    contact_preference="none",
    do_not_text=True,
    leave_no_message=True,
)
HELPER = Representation("Jo Carer", "carer", email="jo@example.org", phone="07700900654")
MOST_PAGES = 120
BLOCKS = ("li", "tr", "main")  # one person's: an entry or a row of a list, else the page


def shows_contact(text: str) -> bool:
    return any(number in re.sub(r"\D", "", text) for number in NUMBERS) or CONTACTS.search(text) is not None


class Blocks(HTMLParser):
    """The text of every entry, row and page, with the values and addresses that it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, list[str]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.open.append((tag, []))
        self.handle_data(" ".join(value for name, value in attrs if value and name in ("value", "href")))

    def handle_data(self, data: str) -> None:
        for _, words in self.open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag:
            self.texts.append(" ".join(self.open.pop()[1]))


def silent_html(html: str) -> list[str]:
    """The blocks that show a number or an address and do not say what was asked."""
    texts = [" ".join(text.split()).casefold() for text in Blocks(html).texts]
    return [text for text in texts if shows_contact(text) and not all(wish in text for wish in WISHES)]


def silent_json(value: Any, *, is_said: bool = False) -> list[str]:
    """The objects that hold a number or an address while neither they nor the one around them say what was asked."""
    if isinstance(value, list):
        return [found for one in value for found in silent_json(one, is_said=is_said)]
    if not isinstance(value, dict):
        return [value] if isinstance(value, str) and shows_contact(value) and not is_said else []
    about = value.get("resident") or value
    says = {"contact_preference": "none", "do_not_text": True, "leave_no_message": True}
    is_said = is_said or (isinstance(about, dict) and all(about.get(key) == wish for key, wish in says.items()))
    return [found for one in value.values() for found in silent_json(one, is_said=is_said)]


def silent_parts(answer: TestResponse) -> list[str]:
    kind = answer.mimetype
    if kind == "text/html":
        return silent_html(answer.text)
    if kind == "application/json":
        return silent_json(json.loads(answer.text))
    if kind == "text/csv":
        rows = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
        cells = [" ".join(row.values()) for row in rows]
        return [text for text in cells if shows_contact(text) and not all(wish in text for wish in WISHES)]
    return [answer.text] if shows_contact(answer.text) else []


def crawled(client: FlaskClient, *first: str) -> Iterator[tuple[str, TestResponse]]:
    """The pages and files that links lead to, beginning with these."""
    waiting, seen = list(first), set(first)
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        answer = client.get(address, follow_redirects=True)
        yield address, answer
        if answer.mimetype == "text/html":
            for _, href in read_page(answer.text).links:
                path = href.split("#")[0]
                if path.startswith("/staff") and path not in seen:
                    seen.add(path)
                    waiting.append(path)


@pytest.fixture
def library_to_rebook(library: Library) -> Library:
    """A resident who asked for a lot is on the list of people to rebook, has another visit by telephone, and is helped."""
    library.book(resident=WHO, representative=HELPER)
    library.book(60, resident=WHO)
    library.close(NINE, NINE + timedelta(minutes=30))
    return library


def test_no_page_print_file_or_answer_shows_a_number_without_what_was_asked(library_to_rebook: Library) -> None:
    library = library_to_rebook
    here, owner = library.world.site_id, library.world.authority_id
    agent = library.sign_in(Role.TRIAGE_AGENT)
    found = agent.post("/staff/calls/find", data=_search_form(agent, "Zebedee"))
    people = [
        (agent, [found.headers.get("Location", "/staff/calls/")]),
        (library.sign_in(Role.SITE_STAFF, here), [DAY, f"{DAY}/print", f"{DAY}/list.csv", f"{DAY}/rows"]),
        (library.sign_in(Role.AUTHORITY_ADMIN, authority_id=owner), [DAY, f"{SITE}/today"]),
    ]
    kinds = set()
    for client, first in people:
        for address, answer in crawled(client, *first):
            assert not silent_parts(answer), (address, silent_parts(answer))
            if shows_contact(answer.text):
                kinds.add(answer.mimetype)
    assert kinds == {"text/html", "text/csv"}


def test_a_list_of_several_people_says_it_of_each(library: Library) -> None:
    for phone in ("07700 900321", "07700 900654"):
        library.book(
            resident=ResidentDetails(
                "Zebedee Quill", phone=phone, do_not_text=True, contact_preference="none", leave_no_message=True
            )
        )
    agent = library.sign_in(Role.TRIAGE_AGENT)
    answer = agent.post("/staff/calls/find", data=_search_form(agent, "Zebedee Quill"), follow_redirects=True)
    assert shows_contact(answer.text)
    assert not silent_parts(answer)


def test_the_api_says_it_beside_every_number(library_to_rebook: Library, client: FlaskClient) -> None:
    library = library_to_rebook
    headers = {
        "Authorization": f"Bearer {make_key(library.database, library.clock, library.world.authority_id, 'read')}"
    }
    answer = client.get(f"/api/v1/sites/high-street/days/{TODAY}", headers=headers)
    assert shows_contact(answer.text)
    assert not silent_parts(answer)


def _search_form(agent: FlaskClient, text: str) -> dict[str, str | list[str]]:
    return read_page(agent.get("/staff/calls/").text).form_to("/find").values(q=text)
