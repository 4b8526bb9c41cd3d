"""What a search engine may show: the pages to begin with, and nothing that is anybody's own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.database import Database
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, book_one

pytestmark = pytest.mark.databases("sqlite")
ARGUMENTS: dict[str, Any] = {
    "kind": "site",
    "authority": "testshire",
    "site": "high-street",
    "date": "2026-11-24",
    "slug": "certify",
    "filename": "icon.svg",
}
SHOWN = {
    "/",
    "/testshire/",
    "/testshire/services/certify",
    "/testshire/find",
    "/testshire/privacy",
    "/testshire/accessibility",
}
ASSETS = {"static", "assets", "health.robots_txt"}


@pytest.fixture
def client(app: Flask, database: Database) -> FlaskClient:
    """Somebody who is not signed in, at Testshire."""
    make_town(database)
    return app.test_client()


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Endpoint and an address of each route that can be read."""
    found = []
    with app.test_request_context("/"):
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                values = {name: ARGUMENTS.get(name, "2") for name in rule.arguments}
                path = rule.build(values, append_unknown=False)
                found.append((rule.endpoint, path[1] if path else rule.rule))
    return found


def is_shown(client: FlaskClient, path: str) -> bool:
    """Whether a search engine may show what it gets."""
    return client.get(path).headers.get("X-Robots-Tag") != "noindex"


def test_of_all_routes_only_the_first_pages_are_shown(app: Flask, client: FlaskClient) -> None:
    pages = [(endpoint, path) for endpoint, path in addresses(app) if endpoint not in ASSETS]
    assert len(pages) > 60
    assert {path for _, path in pages if is_shown(client, path)} == SHOWN - {"/"}  # one council: "/" leads to it


@pytest.mark.parametrize(
    "path",
    [
        "/testshire/?find=housing",
        "/testshire/services/nothing",
        "/nowhere/",
        "/testshire/services/certify?visit=2",
        "/staff/sign-in",
    ],
)
def test_other_views_of_them_are_not(client: FlaskClient, path: str) -> None:
    assert not is_shown(client, path)


def test_nothing_of_an_appointment_is(app: Flask, client: FlaskClient) -> None:
    visitor = Visitor(client)
    reference = book_one(visitor).replace(" ", "")
    link = visitor.page.link("See, change or cancel")
    visitor.open(f"!{link}")
    page = f"/testshire/appointment/{reference}"
    assert client.get(page).status_code == 200
    for path in (link, page, f"{page}.ics", f"{page}/cancel", f"{page}/contact", f"{page}/needs"):
        assert not is_shown(client, path)
        assert any(fnmatchcase(path, f"{pattern}*") for pattern in disallowed(client))


def disallowed(client: FlaskClient) -> list[str]:
    """The addresses that robots.txt keeps crawlers from."""
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    first, *rest = answer.text.splitlines()
    assert first == "User-agent: *"
    return [line.removeprefix("Disallow: ").replace("?", "[?]") for line in rest]


def test_crawlers_may_go_to_what_they_may_show(client: FlaskClient) -> None:
    for path in SHOWN:
        assert not any(fnmatchcase(path, f"{pattern}*") for pattern in disallowed(client))
