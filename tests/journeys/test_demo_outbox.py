"""Somebody who tries the demo reads what it would have sent, at two widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from core.clock import FixedClock
from reminders.channels.stored import StoredChannel
from tests.reminders.channels import worker_on
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import make_world
from tests.support.journeys import demo_settings, journeys_database
from tests.support.server import LiveServer, serve

pytestmark = pytest.mark.journey

MESSAGES = 30  # more than one page


@pytest.fixture
def live_server(sqlite_url: str, clock: FixedClock) -> Iterator[LiveServer]:
    """A demo that has sent some messages, and little else."""
    from wsgi import create_app

    database = journeys_database(sqlite_url)
    owe(database, make_world(database), MESSAGES, now=clock.now())
    counts = worker_on(database, clock, StoredChannel(database, "appointments@testshire.example.org")).send_due()
    assert counts.sent == MESSAGES
    with serve(create_app(demo_settings(sqlite_url), database=database, clock=clock)) as server:
        yield server
    database.dispose()


def test_messages_can_be_listed_and_read(page: Page, axe: Callable[[Page], None]) -> None:
    page.goto("/demo/outbox")
    axe(page)
    expect(page.get_by_role("row")).to_have_count(26)  # a page of 25, and the headings
    expect(page.get_by_role("cell", name=f"robin.{MESSAGES}@example.org")).to_be_visible()
    page.get_by_role("link", name="Older messages").click()
    expect(page.get_by_role("cell", name="robin.1@example.org")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Reminder: your appointment").last.click()
    expect(page.get_by_text("Dear Robin Sample 1,")).to_be_visible()
    expect(page.get_by_role("link", name="/manage/")).to_be_visible()
    axe(page)
