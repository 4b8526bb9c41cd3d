"""A small council, and a program with a key that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.database import Database
from people.staff.api_keys import create_api_key
from tests.support.factories import World, make_world
from tests.support.receivers import Receiver

PROBLEM = "application/problem+json"


@dataclass
class Program:
    """A caller of the API."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET below /api/v1."""
        return self.client.get(f"/api/v1{path}", query_string=query or None, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """POST JSON below /api/v1; headers with underscores for hyphens."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=self.headers | more)

    def delete(self, path: str) -> TestResponse:
        """DELETE below /api/v1."""
        return self.client.delete(f"/api/v1{path}", headers=self.headers)

    def slots(self, **query: Any) -> list[dict[str, Any]]:
        """Free slots of the first service."""
        items: list[dict[str, Any]] = self.get("/availability", **({"service": "certify"} | query)).get_json()["items"]
        return items

    def book(self, slot: str, name: str = "Robin Sample", **body: Any) -> dict[str, Any]:
        """The answer to a booking that succeeds."""
        answer = self.post("/appointments", {"slot": slot, "resident": {"name": name}} | body)
        assert answer.status_code == 201, answer.text
        booked: dict[str, Any] = answer.get_json()
        return booked


@pytest.fixture
def world(database: Database) -> World:
    """One library with one desk, open from 09:00 to 17:00."""
    return make_world(database)


def key_for(database: Database, authority_id: int, clock: FixedClock, *scopes: str) -> str:
    """A new key."""
    with database.writing() as db:
        return create_api_key(db, name="Website", authority_id=authority_id, scopes=scopes, now=clock.now())


def program_with(app: Flask, key: str) -> Program:
    """A caller that sends `key`."""
    return Program(app.test_client(), {"Authorization": f"Bearer {key}"})


@pytest.fixture
def program(app: Flask, database: Database, world: World, clock: FixedClock) -> Program:
    """A caller that may read and book."""
    return program_with(app, key_for(database, world.authority_id, clock, "read", "book"))


@pytest.fixture
def anonymous_program(app: Flask, world: World) -> Program:
    """A caller without a key."""
    return Program(app.test_client())


def assert_problem(answer: TestResponse, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Check that `answer` is these problem details, with an error at each of `fields`; its body."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == PROBLEM
    body: dict[str, Any] = answer.get_json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    assert body["type"] == "about:blank"
    if fields:
        assert set(body["errors"]) == set(fields)
    return body


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Another system, which runs."""
    with Receiver() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()
