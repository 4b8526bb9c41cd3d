"""Fixtures for journeys: the demo behind a real server, and a page in a real Chromium at two widths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from tests.support.axe import assert_accessible
from tests.support.chromium import find_chromium
from tests.support.server import LiveServer, serve
from tests.support.sqlite import SqliteTemplate

DEMO_PASSWORD = "a password for demo people"
SIZES = {320: ViewportSize(width=320, height=640), 1280: ViewportSize(width=1280, height=900)}
PATIENCE_MILLISECONDS = 15_000
# What Chromium itself says of an address, or of a worker's script, that is not reached or not found.
NOT_REACHED = ("Failed to load resource", "An unknown error occurred when fetching the script")


@pytest.fixture(scope="session")
def demo_template(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A SQLite file with the demo loaded as of the fixed clock, to copy."""
    from tests.conftest import NOW
    from wsgi import create_app

    demo = sqlite_template.derived(tmp_path_factory.mktemp("demo"))
    database = Database(demo.url)
    app = create_app(demo_settings(demo.url), database=database, clock=FixedClock(NOW))
    with mock.patch.dict(os.environ, DEMO_PASSWORD=DEMO_PASSWORD):
        result = app.test_cli_runner().invoke(args=["demo", "load"])
    database.dispose()
    assert result.exit_code == 0, result.output
    demo.close_journal()
    return demo


def journeys_database(url: str) -> Database:
    """The database at `url`, which signs with the key of the application, also before that is there."""
    database = Database(url)
    database.secret_keys = demo_settings(url).secret_keys
    return database


def demo_settings(url: str) -> Settings:
    """Settings of the demo on the database at `url`."""
    return Settings(database_url=url, secret_key="a secret for journeys", is_demo=True, is_test=True, undo_seconds=0)


@pytest.fixture
def demo_store(demo_template: SqliteTemplate, tmp_path: Path) -> Iterator[Database]:
    """The demo's database; a fresh copy for each test."""
    database = journeys_database(demo_template.copy_to(tmp_path))
    yield database
    database.dispose()


@pytest.fixture
def live_server(demo_store: Database, clock: FixedClock) -> Iterator[LiveServer]:
    """The demo behind a real socket, at the time of `clock`."""
    from wsgi import create_app

    app = create_app(demo_settings(demo_store.url), database=demo_store, clock=clock)
    with serve(app) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find_chromium().launch_options())
        yield browser
        browser.close()


@pytest.fixture(params=list(SIZES), ids=lambda width: f"{width}px")
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window: a small telephone, and a desktop."""
    return int(request.param)


@pytest.fixture
def context(browser: Browser, live_server: LiveServer, width: int) -> Iterator[BrowserContext]:
    """A visitor's browser, with nothing in it; relative addresses go to the live server."""
    context = browser.new_context(
        base_url=live_server.url, viewport=SIZES[width], locale="en-GB", timezone_id="Europe/London"
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of that browser; a script error, or anything the content policy stops, fails the test at its end."""
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in NOT_REACHED):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Call it with a page: it fails when axe finds a violation there, or the page is wider than its window."""

    def check(page: Page) -> None:
        assert_accessible(page)
        excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert excess <= 0, f"{page.url} is {excess} pixels wider than the window"

    return check
