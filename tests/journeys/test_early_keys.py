"""Keys pressed while a page still comes over a slow network, or before the browser has drawn it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.server import LiveServer, serve
from web.assets import asset_url

START = '<!DOCTYPE html><title>Slow</title><script src="{script}"></script>'
WAIT = "<p>Wait"
REST = '<p><a data-key="1" href="#one">One</a>'
BOX = '<input id="box" autofocus><script>document.getElementById("box").focus()</script>'
LATE = '<script async blocking="render" src="/late"></script>'


@pytest.fixture
def width() -> int:
    """One is enough: nothing is laid out."""
    return 1280


def slow_app(script: str, rest_may_come: Event) -> Flask:
    """An application with one page, whose second half comes when `rest_may_come` is set."""
    app = Flask("slow")

    @app.get("/")
    def page() -> Iterator[str]:
        yield START.format(script=script) + WAIT
        rest_may_come.wait()
        yield REST

    return app


def undrawn_app(script: str, may_be_drawn: Event) -> Flask:
    """An application with one page, which the browser reads, and draws when `may_be_drawn` is set."""
    app = Flask("undrawn")

    @app.get("/")
    def page() -> str:
        return START.format(script=script) + LATE + BOX + REST

    @app.get("/late")
    def late() -> str:
        may_be_drawn.wait()
        return ""

    return app


def test_a_box_that_was_left_before_the_page_was_drawn_takes_no_key(page: Page, live_server: LiveServer) -> None:
    """With its first frame the browser gives the focus to what has `autofocus`, once more after the script of the page."""
    with live_server.app.test_request_context():
        script = f"{live_server.url}{asset_url('js/keyboard.js')}"
    may_be_drawn = Event()
    with serve(undrawn_app(script, may_be_drawn)) as server:
        page.goto(server.url, wait_until="commit")
        expect(page.locator("#box")).to_be_focused()
        page.keyboard.press("Escape")
        may_be_drawn.set()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.keyboard.press("1")
        page.wait_for_url("**/#one")


def test_a_key_pressed_before_its_element_has_come_acts_when_it_has(page: Page, live_server: LiveServer) -> None:
    with live_server.app.test_request_context():
        script = f"{live_server.url}{asset_url('js/keyboard.js')}"
    rest_may_come = Event()
    with serve(slow_app(script, rest_may_come)) as server:
        page.goto(server.url, wait_until="commit")
        expect(page.get_by_text("Wait")).to_be_visible()
        page.keyboard.press("1")
        rest_may_come.set()
        page.wait_for_url("**/#one")
