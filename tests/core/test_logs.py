"""One structured line for each request: an id, the route, how long it took, and no personal data."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from structlog.stdlib import ProcessorFormatter

from core.database import Database
from tests.contract.conftest import Program, program, world

pytestmark = pytest.mark.databases("sqlite")

__all__ = ["program", "world"]  # fixtures of the API's tests

# PostgreSQL's own words about a refused row quote the row.
REFUSES_RESIDENTS = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON residents BEGIN SELECT RAISE(ABORT, 'no residents'); END",
    "postgresql": "ALTER TABLE residents ADD CONSTRAINT no_residents CHECK (name = '')",
}
SECRETS = ("Zephyrine Quill", "Quill", "zephyrine", "01632", "960123", "NW11", "a private story")


@pytest.fixture
def logged(app: Flask) -> StringIO:
    """What the application has logged so far."""
    handlers = logging.getLogger().handlers
    (ours,) = (handler for handler in handlers if isinstance(handler.formatter, ProcessorFormatter))
    assert isinstance(ours, logging.StreamHandler)
    stream = StringIO()
    ours.setStream(stream)
    return stream


def lines_of(text: str) -> list[dict[str, Any]]:
    """Each line, which is JSON."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_request_is_one_line_with_its_id(client: FlaskClient, logged: StringIO) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"})
    (line,) = lines_of(logged.getvalue())
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    assert line["request_id"] == "from-the-proxy-1"
    assert (line["event"], line["method"], line["endpoint"], line["status"]) == ("request", "GET", "health.alive", 200)
    assert line["milliseconds"] >= 0
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("given", ["short", "x" * 65, "with spaces in it", "breaks\tthe-line"])
def test_a_strange_id_is_replaced(given: str, client: FlaskClient, logged: StringIO) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    (line,) = lines_of(logged.getvalue())
    assert line["request_id"] == answer.headers["X-Request-ID"] != given


def test_no_line_says_anything_about_anybody(program: Program, logged: StringIO) -> None:
    """A whole course of an appointment: booked, seen, refused, moved, cancelled, its manage link opened."""
    who = {"name": "Zephyrine Quill", "email": "zephyrine@example.org", "phone": "01632 960123", "postcode": "NW11 9QS"}
    slots = program.slots(near="NW11 9QS")
    body = {"slot": slots[0]["slot"], "resident": who, "notes": "a private story"}
    booked = program.post("/appointments", body).get_json()
    path = f"/appointments/{booked['reference']}"
    program.post("/appointments", body)
    program.post("/appointments", body | {"resident": who | {"email": "zephyrine at home"}})
    program.get(path)
    program.get(f"{path}.ics")
    program.post(f"{path}/reschedule", {"slot": slots[8]["slot"], "reason": "a private story"})
    program.post(f"{path}/cancel", {"reason": "a private story"})
    program.client.get(booked["manage_url"])
    text = logged.getvalue()
    lines = lines_of(text)
    assert len(lines) >= 9
    assert {line["event"] for line in lines} == {"request"}
    token = booked["manage_url"].rpartition("/")[2]
    key = program.headers["Authorization"].partition(" ")[2]
    for secret in (*SECRETS, booked["reference"], token, key):
        assert secret not in text


@pytest.mark.databases("sqlite", "postgresql")
def test_an_error_of_the_database_names_its_request_and_nobody(app: Flask, program: Program, logged: StringIO) -> None:
    """The log says which statement broke and why, and neither its values nor the row that was refused."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    database: Database = app.extensions["front_door"].database
    slot = program.slots()[0]["slot"]
    with database.writing() as db:
        db.execute(text(REFUSES_RESIDENTS[database.engine.dialect.name]))
    who = {"name": "Zephyrine Quill", "email": "zephyrine@example.org", "phone": "01632 960123", "postcode": "NW11 9QS"}
    headers = {"X_Request_ID": "broken-request-1"}
    answer = program.post("/appointments", {"slot": slot, "resident": who, "notes": "a private story"}, **headers)
    assert answer.status_code == 500
    assert not [secret for secret in SECRETS if secret in logged.getvalue()]
    (line,) = (line for line in lines_of(logged.getvalue()) if line["event"] == "unforeseen error")
    assert "INSERT INTO residents" in line["exception"]
    assert "no_residents" in line["exception"].replace(" ", "_")
    assert line["request_id"] == "broken-request-1"
