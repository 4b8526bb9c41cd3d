"""Nothing stands outside its box on a telephone of 320 pixels with text twice as large, on any page of the journey."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_look import addresses
from tests.journeys.test_resident import button, fill_in, free_days, heading, hold_a_time
from tests.support.journeys import PATIENCE_MILLISECONDS, SIZES
from tests.support.reflow import overflowing
from tests.support.server import LiveServer

pytestmark = pytest.mark.journey


class Walk:
    """What overflows on the pages of a walk."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.seen: list[str] = []

    def look(self) -> None:
        """Measure the page that is open."""
        self.seen.append(self.page.title())
        self.wrong += [f"{self.page.title()}: {text}" for text in overflowing(self.page)]


@pytest.fixture
def narrow(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A telephone of 320 pixels."""
    context = browser.new_context(base_url=live_server.url, viewport=SIZES[320])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def client(live_server: LiveServer) -> FlaskClient:
    """Who looks for the pages to which links lead."""
    return live_server.app.test_client()


def test_every_page_that_links_lead_to(narrow: Page, client: FlaskClient) -> None:
    walk = Walk(narrow)
    for path in addresses(client, "/"):
        narrow.goto(path)
        walk.look()
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert len(walk.seen) > 20


def send_wrong(walk: Walk, words: str) -> None:
    """Send the form as it stands, and measure what it says of its errors."""
    button(walk.page, words).click()
    expect(walk.page.locator(".govuk-error-summary")).to_be_visible()
    walk.look()


def test_every_page_of_a_booking(narrow: Page) -> None:
    walk = Walk(narrow)
    hold_a_time(narrow)
    walk.look()
    send_wrong(walk, "Continue")
    narrow.get_by_label("Somebody else").check()
    button(narrow, "Continue").click()
    walk.look()
    send_wrong(walk, "Continue")
    hold_a_time(narrow)
    narrow.get_by_label("Me", exact=True).check()
    button(narrow, "Continue").click()
    walk.look()
    send_wrong(walk, "Continue")
    hold_a_time(narrow)
    fill_in(narrow)
    walk.look()
    button(narrow, "Book this appointment").click()
    heading(narrow, "Your appointment is booked")
    walk.look()
    narrow.get_by_role("link", name="See, change or cancel").click()
    walk.look()
    url = narrow.url
    for ending in ("contact", "needs", "cancel"):
        narrow.goto(f"{url}/{ending}")
        walk.look()
    narrow.goto(url)
    button(narrow, "Choose another time").click()
    walk.look()
    free_days(narrow).nth(3).click()
    walk.look()
    narrow.locator(".fd-time").first.click()
    heading(narrow, "Is this new time right?")
    walk.look()
    button(narrow, "Change to the new time").click()
    expect(narrow.get_by_text(re.compile("^Changed"))).to_be_visible()
    walk.look()
    narrow.goto(f"{url}/cancel")
    button(narrow, "Yes, cancel").click()
    walk.look()
    assert walk.wrong == [], "\n".join(walk.wrong)
