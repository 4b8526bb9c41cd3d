"""Addresses that nobody writes by hand, in a browser that has a booking: no page breaks, whatever the database."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from core.clock import FixedClock
from core.database import Database
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, book_one

ODD = ["\x00", "a\x00b", "é" * 500, "x" * 5_000, "\ud7ff\U0010ffff", "..", "%2e%2e", "' OR 1=1 --", "{{7*7}}", "\u202e"]
KNOWN = {"authority": "testshire", "slug": "certify"}


@pytest.mark.parametrize("odd", ODD)
def test_no_part_of_an_address_breaks_a_public_page(
    app: Flask, database: Database, clock: FixedClock, odd: str
) -> None:
    make_town(database)
    visitor = Visitor(app.test_client())
    book_one(visitor)
    token = visitor.page.form_to("/forget").fields["csrf_token"][0]
    for path, methods in paths_with(app, odd):
        for method in methods:
            sent: dict[str, Any] = {"data": {"csrf_token": token}} if method == "POST" else {}
            answer = visitor.client.open(path, method=method, **sent)
            assert answer.status_code < 500, f"{method} {path}"


def paths_with(app: Flask, odd: str) -> list[tuple[str, list[str]]]:
    """Each address outside the staff's and the programs' parts, with one part of it odd."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/staff", "/api", "/demo", "/static")) or rule.endpoint == "resident.forget":
            continue
        for name in rule.arguments:
            path = "".join(
                quote(odd if part == name else KNOWN.get(part, "x"), safe="") if is_argument else part
                for is_argument, part in rule._trace
            ).lstrip("|")
            found.append((path, sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})))
    assert len(found) > 30
    return found
