"""Answers are compressed for whoever can read that, and every public page with its assets is light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from tests.support.crawl import crawl
from tests.support.town import make_town
from web.assets import SUFFIXES, module_urls

pytestmark = pytest.mark.databases("sqlite")
HEAVIEST = 60 * 1024
ASSET = re.compile(r'<(?:link|script)[^>]+(?:href|src)="(/[^"]+)"')
MODULE = re.compile(r'<script type="module" src="/static/assets/[^/]+/([^"]+)"')
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.fixture(autouse=True)
def _town(database: Database) -> None:
    make_town(database)


def wire_bytes(client: FlaskClient, address: str) -> int:
    """How many bytes the answer has, with its headers."""
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == 200, address
    return len(answer.data) + len(str(answer.headers))


def weight(client: FlaskClient, path: str) -> int:
    """The bytes of a page and of everything that it loads, nothing of which is in the browser yet."""
    html = client.get(path).text
    with client.application.test_request_context():
        modules = {url for name in MODULE.findall(html) for url in module_urls(name)}
    return sum(wire_bytes(client, address) for address in {path, *ASSET.findall(html), *modules})


def test_every_public_page_is_light(client: FlaskClient) -> None:
    pages = [path for paths in crawl(client, "/testshire/", {}).opened.values() for path in paths]
    html = [path for path in pages if client.get(path).mimetype == "text/html" and not client.get(path).location]
    heavy = {path: size for path in html if (size := weight(client, path)) > HEAVIEST}
    assert len(html) > 10
    assert heavy == {}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("*", "br"),
        ("br;q=0, gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/testshire/", "asset"])
def test_an_answer_is_in_the_best_encoding_that_is_taken(
    client: FlaskClient, path: str, accepted: str, encoding: str | None
) -> None:
    with client.application.test_request_context():
        address = module_urls("js/agent.js")[0] if path == "asset" else path
    plain = client.get(address).data
    answer = client.get(address, headers={"Accept-Encoding": accepted})
    read: Mapping[str | None, object] = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    text = read[encoding](answer.data)  # type: ignore[operator]
    assert text.partition(b"</html>")[0].splitlines()[:8] == plain.partition(b"</html>")[0].splitlines()[:8]


def test_the_length_of_a_page_is_no_measure_of_its_content(client: FlaskClient) -> None:
    lengths = {len(client.get("/testshire/accessibility", headers=BROWSER).data) for _ in range(20)}
    assert len(lengths) > 5


def test_an_asset_that_the_browser_has_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    with app.test_request_context():
        address = module_urls("js/agent.js")[0]
    first = client.get(address, headers=BROWSER)
    again = client.get(address, headers=BROWSER | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_the_build_has_made_ready_is_what_is_sent(app: Flask, clock: FixedClock) -> None:
    """The compressed file of an asset holds just that asset."""
    static = Path(app.static_folder or "")
    files = [path for path in static.rglob("*") if path.suffix in SUFFIXES]
    for path in files:
        answer = app.test_client().get(
            f"/static/assets/x/{path.relative_to(static)}", headers={"Accept-Encoding": "br"}
        )
        assert brotli.decompress(answer.data) == path.read_bytes()


@pytest.mark.parametrize("name", ["build.py", "used_css.py", "../wsgi.py", "built/packed", "missing.css"])
def test_nothing_but_assets_is_sent(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/assets/x/{name}").status_code == 404
