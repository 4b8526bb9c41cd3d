"""Addresses with bytes that are no text, as scanners and broken links send them: an answer, and no fault of ours."""

from __future__ import annotations

import pytest
from flask import Flask

from core.clock import FixedClock
from core.database import Database
from people.staff import sign_in_sessions
from people.staff.policy import Role
from tests.support.council import Council, make_staff
from tests.web.test_every_route import routes_of

pytestmark = pytest.mark.databases("sqlite")
BYTE = "\xff"  # as WSGI has it: one byte for each character (PEP 3333)


@pytest.mark.parametrize("is_staff", [False, True])
def test_no_route_fails_for_bytes_that_are_no_text(
    app: Flask, database: Database, clock: FixedClock, council: Council, *, is_staff: bool
) -> None:
    client = app.test_client()
    if is_staff:
        member = make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN)
        with database.writing() as db:
            client.set_cookie(sign_in_sessions.COOKIE, sign_in_sessions.start(db, member.id, clock.now()))
    for rule, method, address in routes_of(app):
        if method != "GET" or rule.endpoint in ("staff.sign_out", "static"):
            continue
        paths = (address,) if is_staff else (address, f"{address}{BYTE}")
        for path in paths:
            raw = {"PATH_INFO": path, "QUERY_STRING": f"q={BYTE}&{BYTE}=1&lang={BYTE}"}
            status = client.get("/", environ_overrides=raw).status_code
            assert status < 500 or (path, status) == ("/readyz", 503), (path, status)  # no scheduler runs here


def test_text_that_was_not_encoded_is_read_all_the_same(app: Flask, council: Council) -> None:
    raw = {"PATH_INFO": "/northbank/", "QUERY_STRING": "q=caf\xc3\xa9"}
    with app.test_request_context("/", environ_overrides=raw) as context:
        assert context.request.args["q"] == "café"
        assert context.request.query_string == b"q=caf%C3%A9"
