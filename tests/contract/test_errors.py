"""Everything below /api answers in problem details, whatever goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from people.staff.tables import ApiKey
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

CLOSED = [
    ("GET", "/appointments/22222222"),
    ("GET", "/appointments/22222222.ics"),
    ("GET", "/sites/high-street/days/2026-11-24"),
    ("POST", "/holds"),
    ("DELETE", "/holds/x"),
    ("POST", "/appointments"),
    ("POST", "/appointments/22222222/reschedule"),
    ("POST", "/appointments/22222222/cancel"),
    ("POST", "/appointments/22222222/outcome"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_key_is_needed(method: str, path: str, anonymous_program: Program) -> None:
    answer = anonymous_program.client.open(f"/api/v1{path}", method=method)
    assert_problem(answer, 401, "not_allowed")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Bearer fd_00000000_x", "Basic eDp5", "fd_x"])
def test_a_key_that_does_not_work_opens_nothing(header: str, app: Flask, world: World) -> None:
    caller = Program(app.test_client(), {"Authorization": header})
    for path in ("/appointments/22222222", "/services"):
        assert_problem(caller.get(path), 401, "not_allowed")


@pytest.mark.databases("sqlite", "postgresql")
def test_a_revoked_key_stops_at_once(program: Program, database: Database, clock: FixedClock) -> None:
    assert program.get("/services").status_code == 200
    with database.writing() as db:
        db.execute(update(ApiKey).values(revoked_at=clock.now()))
    assert_problem(program.get("/services"), 401, "not_allowed")


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_key_without_the_scope_is_not_allowed(
    method: str, path: str, app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    wrong = "book" if method == "GET" else "read"
    caller = program_with(app, key_for(database, world.authority_id, clock, wrong))
    answer = caller.client.open(f"/api/v1{path}", method=method, headers=caller.headers)
    assert_problem(answer, 403, "not_allowed")


def test_an_unknown_route_is_not_found(anonymous_program: Program) -> None:
    assert_problem(anonymous_program.get("/nothing/here"), 404, "not_found")
    assert_problem(anonymous_program.client.get("/api/v2/services"), 404, "not_found")


def test_a_wrong_method_says_which_are_right(anonymous_program: Program) -> None:
    answer = anonymous_program.client.put("/api/v1/services")
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"[]", b'"text"', b"null", b"1" * 6000])
def test_what_is_no_json_object_cannot_be_read(body: bytes, program: Program) -> None:
    for path in ("/holds", "/appointments", "/appointments/22222222/cancel"):
        answer = program.client.post(
            f"/api/v1{path}", data=body, content_type="application/json", headers=program.headers
        )
        assert_problem(answer, 400, "validation", "body")


def test_another_content_type_is_refused(program: Program) -> None:
    answer = program.client.post("/api/v1/holds", data={"slot": "x"}, headers=program.headers)
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_that_is_too_long_is_refused(program: Program) -> None:
    body = json.dumps({"slot": "x" * 1_100_000})
    answer = program.client.post("/api/v1/holds", data=body, content_type="application/json", headers=program.headers)
    assert_problem(answer, 413, "request_entity_too_large")


@pytest.fixture
def slow(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    """The application, with three requests an hour for each caller."""
    return create_app(replace(settings, api_rate_limit="3/hour"), database=database, clock=clock)


def test_too_many_requests_are_told_when_to_come_back(
    slow: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    caller = program_with(slow, key_for(database, world.authority_id, clock, "read"))
    welcome = [caller.get("/services") for _ in range(3)]
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in welcome] == [(200, None)] * 3
    answer = caller.get("/sites")
    assert_problem(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_each_key_and_each_address_is_counted_by_itself(
    slow: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    callers = [program_with(slow, key_for(database, world.authority_id, clock, "read")) for _ in range(2)]
    callers.append(Program(slow.test_client()))
    for caller in callers:
        assert [caller.get("/services").status_code for _ in range(4)] == [200, 200, 200, 429]
    elsewhere = slow.test_client().get("/api/v1/services", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


def test_pages_are_not_limited_with_the_api(slow: Flask, world: World) -> None:
    client = slow.test_client()
    assert [client.get("/healthz").status_code for _ in range(6)] == [200] * 6
