"""The OpenAPI document, and the page that shows it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.docs_views import code_spans
from core.settings import Settings
from tests.contract.conftest import PROBLEM, assert_problem
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

CONTRACT = {
    ("get", "/api/v1/services"),
    ("get", "/api/v1/sites"),
    ("get", "/api/v1/availability"),
    ("post", "/api/v1/holds"),
    ("delete", "/api/v1/holds/{hold}"),
    ("post", "/api/v1/appointments"),
    ("get", "/api/v1/appointments/{reference}"),
    ("get", "/api/v1/appointments/{reference}.ics"),
    ("get", "/api/v1/appointments/{reference}/notifications"),
    ("post", "/api/v1/appointments/{reference}/reschedule"),
    ("post", "/api/v1/appointments/{reference}/cancel"),
    ("post", "/api/v1/appointments/{reference}/outcome"),
    ("get", "/api/v1/sites/{site}/days/{date}"),
    ("post", "/api/v1/closures"),
    ("post", "/api/v1/closures/{closure}/offers"),
    ("get", "/api/v1/closures/{closure}"),
    ("post", "/api/v1/waiting-list"),
    ("delete", "/api/v1/waiting-list/{wish}"),
    ("get", "/api/v1/callers/{number}"),
    ("get", "/api/v1/receipts/{number}"),
    ("get", "/api/v1/receipt-batches/{batch}"),
    ("get", "/api/v1/receipt-batches/{batch}/archive"),
    ("get", "/api/v1/webhooks"),
    ("post", "/api/v1/webhooks"),
    ("delete", "/api/v1/webhooks/{webhook}"),
    ("post", "/api/v1/appointments/{reference}/check-in"),
    ("post", "/api/v1/sites/{site}/walk-ins"),
    ("post", "/api/v1/sites/{site}/next"),
    ("get", "/api/v1/sites/{site}/waits"),
}

SCHEMAS = {
    "FirstContact",
    "Appointment",
    "Arrangement",
    "Booked",
    "Caller",
    "Callers",
    "BookingBody",
    "CancelBody",
    "DropIn",
    "Closure",
    "ClosureBody",
    "Day",
    "Hold",
    "MadeClosure",
    "NextVisit",
    "Receipt",
    "ReceiptItem",
    "AddedWebhook",
    "Batch",
    "BatchFile",
    "Webhook",
    "WebhookBody",
    "Webhooks",
    "OffersBody",
    "HoldBody",
    "Notification",
    "Notifications",
    "OutcomeBody",
    "Problem",
    "Progress",
    "Representative",
    "RepresentativeBody",
    "RescheduleBody",
    "Resident",
    "ResidentBody",
    "Service",
    "Services",
    "Site",
    "Sites",
    "Slot",
    "Slots",
    "Catchment",
    "Counts",
    "DocumentCase",
    "DocumentRule",
    "Number",
    "Wish",
    "WishBody",
    "CheckInBody",
    "WalkInBody",
    "NextBody",
    "WaitRange",
    "Ticket",
    "SiteWaits",
    "PersonHere",
    "Visit",
}


@pytest.fixture
def client(sqlite_url: str) -> FlaskClient:
    """A visitor; what is shown here does not depend on the database."""
    return create_app(Settings(database_url=sqlite_url, secret_key="x", is_test=True)).test_client()


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """The OpenAPI document."""
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): found for path, item in document["paths"].items() for method, found in item.items()}


def test_it_describes_the_whole_contract(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(operations(document)) == CONTRACT


def test_its_schemas_keep_their_names(document: dict[str, Any]) -> None:
    """Programs that are generated from the document name their types by them; our classes are named otherwise."""
    assert set(document["components"]["schemas"]) == SCHEMAS


def test_a_long_address_and_an_outage_are_described_everywhere(document: dict[str, Any]) -> None:
    assert {
        name for name, found in operations(document).items() if not {"414", "503"} <= found["responses"].keys()
    } == set()


def test_a_link_leads_to_every_operation_on_one_hold_or_appointment(document: dict[str, Any]) -> None:
    """So that a program, and a tool that tests the API, comes to real ones; an example alone is unknown to the service."""
    every = operations(document)
    answers = [answer for found in every.values() for answer in found["responses"].values()]
    linked = {link["operationId"] for answer in answers for link in answer.get("links", {}).values()}
    wanted = {found["operationId"] for (_, path), found in every.items() if "{reference}" in path or "{hold}" in path}
    assert len(wanted) == 8
    assert wanted <= linked


def test_every_route_of_the_api_is_described(client: FlaskClient, document: dict[str, Any]) -> None:
    app: Flask = client.application
    routes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert routes - {("get", "/api/v1/openapi.json"), ("get", "/api/docs")} == set(operations(document))


def test_every_refusal_is_problem_details(document: dict[str, Any]) -> None:
    for (method, path), described in operations(document).items():
        refusals = {status: answer for status, answer in described["responses"].items() if status >= "400"}
        assert {"401", "403", "429"} <= set(refusals), path
        assert all(list(answer["content"]) == [PROBLEM] for answer in refusals.values()), path
        assert ("requestBody" in described) == (method == "post")
        if method == "post":
            assert {"400", "404", "409", "413", "415", "422"} <= set(refusals)
            assert "Idempotency-Key" in {parameter["name"] for parameter in described["parameters"]}


def test_an_appointment_links_to_all_that_can_be_done_with_it(document: dict[str, Any]) -> None:
    found = operations(document)
    by_id = {described["operationId"]: path for (_method, path), described in found.items()}
    booked = found["post", "/api/v1/appointments"]["responses"]["201"]["links"]
    assert set(booked) == {name for name, path in by_id.items() if "{reference}" in path}
    slots = found["get", "/api/v1/availability"]["responses"]["200"]["links"]
    assert {link["operationId"] for link in slots.values()} == {"hold", "book"}
    links = [
        link["operationId"]
        for described in found.values()
        for answer in described["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert set(links) <= set(by_id)


def test_each_part_of_an_address_has_an_example(document: dict[str, Any]) -> None:
    for (_method, path), described in operations(document).items():
        for parameter in described["parameters"]:
            assert parameter["in"] != "path" or parameter["example"], path


def test_too_long_an_address_is_refused_as_the_document_says(client: FlaskClient, document: dict[str, Any]) -> None:
    for (method, path), described in operations(document).items():
        answer = client.open(
            path.format(
                reference="x", site="x", date="x", hold="x", closure="1", wish="1", number="1", batch="1", webhook="1"
            ),
            method=method,
            query_string="a" * 4_001,
        )
        assert_problem(answer, 414, "address_too_long")
        assert "414" in described["responses"]


def test_what_is_published_needs_no_key(document: dict[str, Any]) -> None:
    opened = {path for (_method, path), found in operations(document).items() if {} in found["security"]}
    assert opened == {"/api/v1/services", "/api/v1/sites", "/api/v1/availability", "/api/v1/sites/{site}/waits"}


def test_the_page_shows_it_with_our_own_assets_only(client: FlaskClient) -> None:
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert addresses
    assert all(address.startswith(("/", "#")) for address in addresses)
    for _method, path in CONTRACT:
        assert path in answer.text.replace("<wbr>", "")
    assert all(f'id="{address[1:]}"' in answer.text for address in addresses if address.startswith("#"))
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'self'" in policy


def test_the_page_shows_code_as_code(client: FlaskClient) -> None:
    text = client.get("/api/docs").text
    assert "<code>Idempotency-Key</code>" in text
    assert "`" not in text


def test_prose_is_escaped_before_its_code_is_marked() -> None:
    assert code_spans("<b> `a<b` & `c`") == "&lt;b&gt; <code>a&lt;b</code> &amp; <code>c</code>"
