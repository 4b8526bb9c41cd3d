"""Pages and messages in a language whose lines begin on the right: mirrored, with numbers and references as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

import core.language
from core.database import Database
from tests.reminders.channels import writer
from tests.reminders.test_messages import AUTHORITY, CASES, FACTS, Outline
from tests.support.pages import Page
from tests.support.rtl_language import arabic
from tests.support.server import serve
from tests.support.town import make_resident_app, make_town
from tests.web.resident.browser import Visitor

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(autouse=True)
def _arabic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(core.language.LANGUAGES, "ar", "العربية")
    monkeypatch.setitem(core.language.loaded, "ar", arabic())


@pytest.fixture
def app(database: Database) -> Flask:
    """The residents' pages of a council that has Arabic alone."""
    make_town(database, languages=["ar"], first_language="ar")
    return make_resident_app(database)


class Pages(Visitor):
    """A visitor who looks at how each page is written."""

    def _see(self, answer: TestResponse) -> Page:
        html = answer.get_data(as_text=True)
        assert '<html lang="ar" dir="rtl"' in html
        assert set(re.findall(r'rel="stylesheet" href="/static/[^"]*?(\.rtl\.css|\.css)"', html)) == {".rtl.css"}
        for number in re.findall(r">([^<>]*0\d{4} \d{6}[^<>]*)<", html):
            assert re.search(rf'dir="ltr">{re.escape(number)}<', html), number
        self.html = html
        return super()._see(answer)


def test_every_page_of_a_booking_is_mirrored(app: Flask) -> None:
    visitor = Pages(app.test_client())
    for path in ("/", "/find", "/privacy", "/accessibility", "/services/advice", "/sites/riverside-hub", "/nothing"):
        visitor.open(path)
    for path in ("/needs", "/where", "/when", "/wait"):
        visitor.open(f"{path}?service=certify")
    visitor.open("/times?service=certify&site=high-street&mode=in_person&day=2026-11-24")
    visitor.take_first_time()
    visitor.send("/who", who="me")
    visitor.send("/details", name="", contact_preference="email")
    visitor.send("/details", name="Robin Sample", email="robin@example.org", contact_preference="email")
    visitor.send("/check")
    assert re.search(r'class="fd-reference" dir="ltr">[A-Z0-9]{4} [A-Z0-9]{4}<', visitor.html)
    visitor.open(
        f"!{next(href for _, href in visitor.page.links if href.endswith('.ics')).removesuffix('.ics')}/cancel"
    )
    assert re.search(r'<bdi dir="ltr">[A-Z0-9]{4} [A-Z0-9]{4}</bdi>', visitor.html)


@pytest.mark.parametrize("case", CASES)
def test_every_message_is_mirrored(case: str) -> None:
    kind, values, to = CASES[case]
    facts = replace(FACTS, **(values | {"authority": replace(AUTHORITY, languages=("ar",), first_language="ar")}))
    message = writer().write(kind, facts, replace(to, language="ar"))
    assert '<html lang="ar" dir="rtl">' in message.html
    assert Outline(message.html).language == "ar"
    assert re.search("[\u0600-\u06ff]{3}", message.text)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the pages are served."""
    with serve(app) as server:
        yield server.url


def test_a_browser_shows_the_page_from_the_right(browser: Browser, address: str) -> None:
    for width in (320, 1280):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{address}/testshire/needs?service=certify")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box, label = (page.locator(f".govuk-checkboxes__{part}").first.bounding_box() for part in ("input", "label"))
        assert box
        assert label
        assert box["x"] > label["x"]
        heading = page.locator("h1").bounding_box()
        assert heading
        assert width - (heading["x"] + heading["width"]) < width / 2
        page.close()
