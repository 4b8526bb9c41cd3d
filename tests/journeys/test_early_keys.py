"""Keys pressed while a page still comes over a slow network."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.server import LiveServer, serve
from web.assets import asset_url

START = '<!DOCTYPE html><title>Slow</title><script src="{script}"></script><p>Wait'
REST = '<p><a data-key="1" href="#one">One</a>'


def slow_app(script: str, rest_may_come: Event) -> Flask:
    """An application with one page, whose second half comes when `rest_may_come` is set."""
    app = Flask("slow")

    @app.get("/")
    def page() -> Iterator[str]:
        yield START.format(script=script)
        rest_may_come.wait()
        yield REST

    return app


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
