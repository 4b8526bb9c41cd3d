"""An agent who is signed in, and Testshire's callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, make_callers, sign_in
from tests.support.pages import Page, check_page, read_page


@dataclass
class Agent:
    """Opens pages and sends their forms, as a browser without scripts does; every page is checked."""

    client: FlaskClient

    def open(self, path: str) -> Page:
        """The page, through redirects."""
        return self.checked(self.client.get(path, follow_redirects=True))

    def checked(self, response: TestResponse, status: int = 200) -> Page:
        """The page of an answer with this status."""
        assert response.status_code == status, response.text[:2000]
        return check_page(response.text)

    def send(
        self, path: str, *, follow: bool = True, data: Mapping[str, str] | None = None, **fields: str
    ) -> TestResponse:
        """Send a form with a fresh CSRF token. Fields whose names are no Python names come in `data`."""
        token = read_page(self.client.get("/staff/calls/").text).form_to("/find").fields["csrf_token"]
        return self.client.post(path, data={"csrf_token": token, **(data or {}), **fields}, follow_redirects=follow)

    def check_caller(self, where: str) -> Page:
        """The page of the call at `where` after it is on record why the caller was not asked: with visits and notes."""
        return self.checked(self.send(f"{where}/check", quick_reason="known"))

    def slots(self, path: str) -> list[tuple[str, str]]:
        """The tokens and full labels of the grid's times on a page."""
        page = self.client.get(path, follow_redirects=True).text
        parts = page.split('<button name="slot" value="')[1:]
        return [(part.split('"')[0], part.split('aria-label="')[1].split('"')[0]) for part in parts]


@pytest.fixture
def callers(app: Flask, database: Database, clock: FixedClock) -> Callers:
    """Everybody who rings. What becomes of their appointments is heard of: the application is there."""
    assert app
    return make_callers(database, clock.now())


@pytest.fixture
def agent(callers: Callers, database: Database, clock: FixedClock, client: FlaskClient) -> Agent:
    """The triage agent, signed in."""
    client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    return Agent(client)
