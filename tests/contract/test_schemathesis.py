"""Requests that nobody thought of: schemathesis makes them from the OpenAPI document and compares the answers with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select, update

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.tables import DocumentReceipt
from booking.tables import Appointment
from booking.use_cases.hand_over_receipts import hand_over_receipts
from booking.use_cases.keep_documents import check_documents, give_receipt
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from locations.tables import Authority
from tests.contract.conftest import Program, key_for, program_with
from tests.support.factories import World, make_world
from wsgi import create_app

pytestmark = pytest.mark.slow

UNCOMPRESSED = {"Accept-Encoding": "identity"}  # without a server in between, nobody would decompress the answer
CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 25
# The real values that let requests get past the door; the rest is schemathesis's own.
IN_BODY = "$response.body#/"
UNREACHED = {400, 404, 422}
PATHS = {"hold": "/holds", "book": "/appointments"}
NIGHT = {"starts_at": "2026-11-24T22:00:00+00:00", "ends_at": "2026-11-24T23:00:00+00:00"}
ARRIVES = {"service": "certify", "name": "Ann Other", "resource": "desk-1"}
WAIT = {"services": ["certify"], "resident": {"name": "Ann Other", "email": "ann@example.org"}, "appointment": None}
TOLD = {"url": "https://benefits.example.org/", "events": ["receipts.handed_over"]}
KNOWN = {"service": ["certify"], "site": "high-street", "date": "2026-11-24", "number": "07700900123"}


def receipt_of(runtime: Runtime, world: World, reference: str) -> str:
    """The number of a receipt for a passport that was seen."""
    with runtime.database.reading() as db:
        row = db.execute(
            select(Appointment.id, Appointment.resident_id).where(Appointment.reference == reference)
        ).one()
    owner = DocumentOwner(world.authority_id, world.site_id, row.id, resident_id=row.resident_id)
    check_documents(runtime, owner, {"Passport": CheckResult.SEEN}, actor=Actor.system())
    return give_receipt(runtime, owner, actor=Actor.system())


def batch_of(runtime: Runtime, world: World) -> str:
    """The number of the batch of all receipts, which programs fetch."""
    with runtime.database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="webhook"))
        ids = db.scalars(select(DocumentReceipt.id)).all()
    return hand_over_receipts(runtime, world.authority_id, world.site_id, ids, actor=Actor.system())


class Town:
    """One application with free slots, a closure and an appointment, for all the requests of one database.

    `answer` is that of the operation whose links are followed.
    """

    def __init__(self, app: Flask, database: Database, clock: FixedClock) -> None:
        self.app = app
        world = make_world(database)
        self.program: Program = program_with(
            app, key_for(database, world.authority_id, clock, "read", "book", "manage", "callers", "visits", "receipts")
        )
        slots = self.program.slots()
        self.slot, self.answer = slots[9]["slot"], dict[str, Any]()
        self.slots = iter(slot["slot"] for slot in slots[10:])
        self.closure = self.program.post("/closures", NIGHT).get_json()["id"]
        self.reference = self.program.book(slots[3]["slot"])["reference"]
        runtime = app.extensions[EXTENSION]
        self.receipt = receipt_of(runtime, world, self.reference)
        self.batch = batch_of(runtime, world)


@pytest.fixture
def towns(sqlite_url: str, postgres_url: str, clock: FixedClock) -> Iterator[list[Town]]:
    """The same town on both databases. What is sent is made once for both: making it takes longer than sending it."""
    with ExitStack() as stack:
        databases = [Database(url) for url in (sqlite_url, postgres_url)]
        for database in databases:
            stack.callback(database.dispose)
        yield [_town(database, clock) for database in databases]


def _town(database: Database, clock: FixedClock) -> Town:
    settings = Settings(
        database_url=database.url, secret_key="x", is_test=True, api_rate_limit="1000000/second", log_level="CRITICAL"
    )
    return Town(create_app(settings, database=database, clock=clock), database, clock)


def test_no_request_breaks_the_api_or_its_description(towns: list[Town]) -> None:
    """Each operation as generated, and once more with a real slot, reference and service where it has one.

    With these, every operation is reached: what is refused is refused for what it is asked to do, not for its address.
    """
    schema = schema_of(towns[0])
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == 29
    for operation in operations:
        for statuses in send_all(towns, operation, leave, known):
            assert statuses - UNREACHED, (operation.label, statuses)


def schema_of(town: Town) -> Any:
    """The document that the town's application gives of its API."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.app)


def send_all(towns: list[Town], operation: Any, *ways: Callable[[Town, Any], None]) -> list[set[int]]:
    """Send the operation's requests, always the same ones, in each of these ways, and check each answer.

    Gives the statuses of the answers to the last of these ways, by town.
    """
    statuses: list[set[int]] = [set() for _ in towns]

    @seed(20261123)
    @hypothesis_settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        made = case.path_parameters, case.query, case.body
        for town, found in zip(towns, statuses, strict=True):
            for prepare in ways:
                case.path_parameters, case.query, case.body = map(own_copy, made)
                prepare(town, case)
                headers = town.program.headers | UNCOMPRESSED
                answer = case.call_and_validate(app=town.app, headers=headers, checks=CHECKS)
            found.add(answer.status_code)

    send()
    return statuses


def own_copy(value: Any) -> Any:
    """What a town may change; what is no part of the request is itself."""
    return deepcopy(value) if isinstance(value, dict | list) else value


def leave(_town: Town, _case: Any) -> None:
    """The case as it is."""


def known(town: Town, case: Any) -> None:
    """The case with real values where a program would have read them before."""
    paths, query, body = case.path_parameters or {}, case.query or {}, case.body
    for name in paths.keys() & {"reference", "closure", "batch"}:
        paths[name] = getattr(town, name)
    if "wish" in paths:
        paths["wish"] = town.program.post("/waiting-list", WAIT).get_json()["id"]
    if "webhook" in paths:
        there = town.program.get("/webhooks").get_json()["items"]
        paths["webhook"] = (there or [town.program.post("/webhooks", TOLD).get_json()])[0]["id"]
    for name in ("site", "date", "number"):
        if name in paths:
            paths[name] = KNOWN[name]
    if "number" in paths and "/receipts/" in case.operation.path:
        paths["number"] = town.receipt
    if "service" in query:
        query["service"] = "certify" if "site" in paths else KNOWN["service"]
    query.pop("authority", None)
    if isinstance(body, dict) and "slot" in body:
        body["slot"] = town.slot
    if isinstance(body, dict):
        case.body = real_body(town, case.operation.path.removeprefix("/api/v1"), body)


def real_body(town: Town, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with what the town has; that of a booking, an arrival or a call has nothing else."""
    if path == "/appointments":
        return {"slot": town.slot, "resident": WAIT["resident"]}
    if path.endswith(("/walk-ins", "/next")):
        return ARRIVES
    real: dict[str, dict[str, Any]] = {
        "/waiting-list": WAIT,
        "/closures": NIGHT | {"preview": True},
        "/webhooks": TOLD,
    }
    return body | real.get(path, {})


def test_the_links_lead_from_a_slot_to_all_that_can_be_done_with_it(towns: list[Town], clock: FixedClock) -> None:
    """Each operation that a link leads to is sent with what the answer before it has, and is done at least once."""
    schema = schema_of(towns[0])
    for start, path in PATHS.items():
        answers = schema.find_operation_by_id(start).definition.raw["responses"]
        for operation_id, link in answers["201"]["links"].items():
            for town in towns:
                body = {"slot": next(town.slots), "resident": {"name": "Ann Other"}}
                answer = town.program.post(path, body)
                assert answer.status_code == 201, answer.text
                town.answer, town.slot = answer.get_json(), next(town.slots)
            then = clock.instant
            if operation_id == "check_in":  # which is done on the day
                clock.instant = datetime.fromisoformat(towns[0].answer["starts_at"])
            for statuses in send_all(towns, schema.find_operation_by_id(operation_id), linked(link)):
                assert statuses & {200, 201, 204}, (operation_id, statuses)
            clock.instant = then


def linked(link: dict[str, Any]) -> Callable[[Town, Any], None]:
    """Puts into a case what the link takes from the answer before it, and a free slot where one is moved to."""

    def prepare(town: Town, case: Any) -> None:
        for name, expression in link.get("parameters", {}).items():
            case.path_parameters[name.removeprefix("path.")] = value_of(expression, town.answer)
        if "requestBody" in link:
            case.body = {name: value_of(expression, town.answer) for name, expression in link["requestBody"].items()}
        elif isinstance(case.body, dict) and case.operation.path.endswith("/reschedule"):
            case.body = case.body | {"slot": town.slot, "hold": None}

    return prepare


def value_of(expression: Any, answer: dict[str, Any]) -> Any:
    """What a runtime expression of a link stands for; anything else stands for itself."""
    is_expression = isinstance(expression, str) and expression.startswith(IN_BODY)
    return answer[expression.removeprefix(IN_BODY)] if is_expression else expression


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_body_or_query_of_null_bytes_breaks_nothing(method: str, client: FlaskClient, program: Program) -> None:
    """PostgreSQL has no text with a NUL in it, so that none may reach it."""
    for path in ("/services", "/holds", "/appointments", "/appointments/%00", "/sites/%00/days/%00", "/holds/%00"):
        query = {"authority": "\x00", "cursor": "\x00", "near": "\x00", "service": "\x00", "site": "\x00"}
        answer = client.open(
            f"/api/v1{path}",
            method=method,
            query_string=query,
            headers=program.headers | {"Idempotency-Key": "k"},
            json={"slot": "\x00", "hold": "\x00", "resident": {"name": "\x00"}} if method == "post" else None,
        )
        assert 400 <= answer.status_code < 500
