"""Every field of every request of the API, bad in forty ways: never a failure, and what is refused is named.

The operations and their fields are read from the OpenAPI document, so that a new one is tried as soon as it is described.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from tests.contract.conftest import PROBLEM, Program, key_for
from tests.support.bad_values import BAD_VALUES, FEW, FOR_DATABASES, as_sent, has_its_turn
from tests.support.explorer import TimeMachine
from tests.support.factories import make_world

REFUSED = {400, 404, 409, 410, 414, 422}
DONE = {200, 201, 202, 204}
WRONG_KINDS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a large number": 10**30,
    "a fraction": 1.5,
    "a list": ["x"],
    "an object": {"x": None},
}
QUERIES = {"service": "certify"}
WORDS = {"description", "example", "title"}  # of a description, beside what a field takes


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No limit of requests: it is not tried here."""
    return Settings(database_url=database_url, secret_key="x", is_test=True, api_rate_limit="1000000/second")


class Caller(Program):
    """A program with an appointment, and free slots."""

    def __init__(self, machine: TimeMachine, database: Database, clock: FixedClock) -> None:
        world = make_world(database)
        key = key_for(database, world.authority_id, clock, "read", "book", "manage", "callers", "visits", "receipts")
        super().__init__(machine.client, {"Authorization": f"Bearer {key}"})
        slots = self.slots()
        hold = self.post("/holds", {"slot": slots[6]["slot"]}).get_json()["hold"]
        night = {"starts_at": "2026-11-24T22:00:00+00:00", "ends_at": "2026-11-24T23:00:00+00:00"}
        self.parts = {
            "closure": str(self.post("/closures", night).get_json()["id"]),
            "reference": self.book(slots[3]["slot"])["reference"],
            "hold": hold,
            "site": "high-street",
            "date": "2026-11-24",
            "batch": "99999999",
        }
        told = {"url": "https://benefits.example.org/", "events": ["receipts.handed_over"]}
        self.parts["webhook"] = str(self.post("/webhooks", told).get_json()["id"])
        person = {"name": "Ann Other", "email": "ann@example.org"}
        later = self.book(slots[-1]["slot"])["reference"]
        self.parts["wish"] = str(self.post("/waiting-list", {"appointment": later}).get_json()["id"])
        self.bodies: dict[str, dict[str, Any]] = {
            "close": night,
            "add_webhook": told,
            "hold": {"slot": slots[9]["slot"]},
            "book": {
                "slot": slots[9]["slot"],
                "resident": person,
                "representative": {"name": "Robin Sample", "basis": "family"},
            },
            "reschedule": {"slot": slots[9]["slot"]},
            "cancel": {"by": "resident"},
            "outcome": {"outcome": "arrived"},
            "walk_in": {"service": "certify", "name": "Ann Other"},
            "next": {"resource": "desk-1"},
            "wait": {"services": ["certify"], "resident": person},
        }


def test_no_value_breaks_an_operation(app: Flask, database: Database, clock: FixedClock, every_value: bool) -> None:
    """Of fields that are described alike, the first gets all values, and the others take turns."""
    values: dict[str, Any] = {**(BAD_VALUES if database.is_sqlite else FOR_DATABASES), **WRONG_KINDS}
    with closing(TimeMachine(app, database, clock)) as machine:
        caller = Caller(machine, database, clock)
        moment = machine.keep()
        document = machine.client.get("/api/v1/openapi.json").get_json()
        failures, tried = list[str](), list[str]()
        for path, method, operation in operations(document):
            for where, name, shape in fields(document, operation):
                alike = f"{where} {name if where == 'path' else shape}"
                tried.append(alike)
                is_first = every_value or tried.count(alike) == 1
                for words, value in values.items():
                    if not (is_first or words in WRONG_KINDS or words in FEW or has_its_turn(words, len(tried))):
                        continue
                    machine.go_back(moment)
                    failed = failure(caller, path, method, operation["operationId"], where, name, value)
                    failures += [f"{method} {path} {where} {name} {words}: {failed}"] if failed else []
    assert not failures, "\n".join(failures)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def fields(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Where each field of the operation is sent, its name (of a resident's name "resident.name"), and what it takes."""
    yield from ((one["in"], one["name"], shape_of(one["schema"])) for one in operation["parameters"])
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        yield from (("body", name, shape) for name, shape in names_in(document, media["schema"]))


def shape_of(schema: dict[str, Any]) -> str:
    return str({key: value for key, value in sorted(schema.items()) if key not in WORDS})


def names_in(document: dict[str, Any], schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    found = [schema, *schema.get("anyOf", ()), *schema.get("allOf", ())]
    for one in found:
        shape = document["components"]["schemas"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for name, inner in shape.get("properties", {}).items():
            yield f"{prefix}{name}", shape_of(inner)
            yield from names_in(document, inner, f"{prefix}{name}.")


def failure(caller: Caller, path: str, method: str, operation_id: str, where: str, name: str, value: Any) -> str:
    """What is wrong with the answer when this field has this value; empty when nothing is."""
    try:
        answer = send(caller, path, method, operation_id, where, name, value)
    except Exception as error:  # noqa: BLE001 - in tests, what would be a 500 is raised
        return f"{type(error).__name__}: {str(error)[:200]}"
    if answer.status_code in DONE:
        return ""
    if answer.status_code not in REFUSED or answer.mimetype != PROBLEM:
        return f"status {answer.status_code}, {answer.mimetype}"
    errors = answer.get_json().get("errors", {name: []})
    name = "slot" if name == "hold" and "slot" in errors else name  # where there is no hold, a slot is needed
    is_named = any(one == name or one.startswith((f"{name}.", name.partition(".")[0])) for one in errors)
    return "" if is_named or where == "path" else f"errors only at {sorted(errors)}"


def send(caller: Caller, path: str, method: str, operation_id: str, where: str, name: str, value: Any) -> TestResponse:
    text = value if isinstance(value, str) else str(value)
    parts = {key: quote(part) for key, part in caller.parts.items()}
    query: dict[str, Any] = dict(QUERIES) if path.endswith("/availability") else {}
    headers, body = dict(caller.headers), with_value(caller.bodies.get(operation_id, {}), "", None)
    if where == "path":
        parts[name] = quote(as_sent(text), safe="") or "%20"
    elif where == "query":
        query[name] = as_sent(text)
    elif where == "header":
        headers[name] = text.encode("latin-1", "replace").decode("latin-1").translate({10: " ", 13: " "})
    else:
        body = with_value(body, name, value)
        if name == "hold":  # a slot, or else a hold
            del body["slot"]
    sent: dict[str, Any] = {"json": body} if method == "post" else {}
    return caller.client.open(path.format(**parts), method=method, query_string=query, headers=headers, **sent)


def with_value(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """`body` with `value` at `name`."""
    first, _, rest = name.partition(".")
    if not first:
        return dict(body)
    return {**body, first: with_value(body.get(first, {}), rest, value) if rest else value}
