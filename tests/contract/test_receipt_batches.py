"""A program of the benefits team is told of each batch of receipts, signed, and fetches it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.documents.batch_delivery import LEASE
from booking.documents.batch_queries import are_batches_delivered
from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.tables import Appointment
from booking.use_cases import batch_contents as use_case_of_contents
from booking.use_cases import deliver_batches as use_case
from booking.use_cases.deliver_batches import deliver_batches
from booking.use_cases.hand_over_receipts import hand_over_receipts
from booking.use_cases.keep_documents import check_documents, give_receipt
from booking.use_cases.pass_on_batch import pass_on_as_file
from booking.webhooks.tables import BatchNotice, Webhook
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import NotFound, Stale, Unavailable
from core.flask_context import EXTENSION
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.tables import ResidentView
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World, make_authority
from tests.support.receivers import Receiver, is_signed

EVENTS = ["receipts.handed_over"]
STAFF = Actor("staff", None, "Sam Staff")


@pytest.fixture
def runtime(app: Flask, database: Database, world: World) -> Runtime:
    """A council whose receipts go by webhook, to programs of this host too."""
    del world
    found: Runtime = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(found, settings=replace(found.settings, webhook_hosts=("127.0.0.1",)))
    with database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="webhook"))
    return app.extensions[EXTENSION]


@pytest.fixture
def manager(app: Flask, database: Database, world: World, clock: FixedClock, runtime: Runtime) -> Program:
    """A program that may do all of this."""
    del runtime
    return program_with(app, key_for(database, world.authority_id, clock, "read", "book", "manage", "receipts"))


def add(program: Program, receiver: Receiver) -> str:
    """The secret with which it is told."""
    answer = program.post("/webhooks", {"url": receiver.address, "events": EVENTS})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["secret"])


@pytest.fixture
def number(runtime: Runtime, world: World, manager: Program) -> str:
    """The number of a batch with the receipt of Robin Sample."""
    return hand_over(runtime, world, manager)


def hand_over(runtime: Runtime, world: World, program: Program, slot: int = 3) -> str:
    reference = program.book(program.slots()[slot]["slot"])["reference"]
    with runtime.database.reading() as db:
        booked = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
    owner = DocumentOwner(world.authority_id, world.site_id, booked.id, resident_id=booked.resident_id)
    check_documents(runtime, owner, {"Passport": CheckResult.SEEN}, actor=STAFF)
    give_receipt(runtime, owner, actor=STAFF)
    with runtime.database.reading() as db:
        ids = db.scalars(select(DocumentReceipt.id).where(DocumentReceipt.batch_id.is_(None))).all()
    return hand_over_receipts(runtime, world.authority_id, world.site_id, ids, actor=STAFF)


def row_of(runtime: Runtime, number: str) -> DocumentBatch:
    with runtime.database.reading() as db:
        return db.scalars(select(DocumentBatch).where(DocumentBatch.number == number)).one()


def test_a_program_is_told_of_a_batch_without_a_name_and_fetches_it(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    secret = add(manager, receiver)
    number = hand_over(runtime, world, manager)
    assert deliver_batches(runtime) == {"told": 1}
    (seen,) = receiver.seen
    assert is_signed(seen, secret)
    assert seen[0]["webhook-timestamp"] == str(int(clock.now().timestamp()))
    told = json.loads(seen[1])
    expected = {"batch": number, "council": "testshire", "site": "high-street", "receipts": 1, "copies": 0}
    url = told["data"].pop("url")
    assert (told["type"], told["data"]) == ("receipts.handed_over", expected)
    assert b"Robin" not in seen[1]
    assert (row_of(runtime, number).told_at, row_of(runtime, number).arrived_at) == (clock.now(), None)
    batch = manager.get(url.partition("/api/v1")[2]).get_json()
    answer = manager.get(batch["archive"].partition("/api/v1")[2])
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert {one["name"]: one["sha256"] for one in batch["files"]} == {
        name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()
    }
    assert json.loads(archive.read("manifest.json"))["receipts"][0]["name"] == "Robin Sample"
    assert answer.headers["Cache-Control"] == "no-store"
    assert row_of(runtime, number).arrived_at == clock.now()
    with runtime.database.reading() as db:
        assert db.scalars(select(ResidentView.purpose)).all().count("api_receipt_batch") == 1
    clock.advance(timedelta(days=1))
    assert deliver_batches(runtime) == {}
    assert manager.get(batch["archive"].partition("/api/v1")[2]).data == answer.data
    assert len(receiver.seen) == 1


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_told_again_with_the_same_id_and_is_an_alarm(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World, status: int
) -> None:
    secret, receiver.status = add(manager, receiver), status
    number = hand_over(runtime, world, manager)
    assert deliver_batches(runtime) == {"failed": 1}
    assert (row_of(runtime, number).failure, are_batches_delivered(runtime)) == ("not_taken", False)
    receiver.status = 200
    clock.advance(timedelta(minutes=2))
    assert deliver_batches(runtime) == {"told": 1}
    first, second = receiver.seen
    assert first[1] == second[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == f"msg_batch_{number}"
    assert first[0]["webhook-timestamp"] != second[0]["webhook-timestamp"]
    assert is_signed(second, secret)
    assert are_batches_delivered(runtime)


def test_who_was_told_is_not_told_again_because_another_one_was_not(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver)
    with Receiver() as other:
        manager.post("/webhooks", {"url": other.address, "events": EVENTS})
    hand_over(runtime, world, manager)  # which listens no more
    assert deliver_batches(runtime) == {"failed": 1}
    clock.advance(timedelta(minutes=2))
    assert deliver_batches(runtime) == {"failed": 1}
    assert len(receiver.seen) == 1
    gone = manager.get("/webhooks").get_json()["items"][1]["id"]
    assert manager.delete(f"/webhooks/{gone}").status_code == 204
    clock.advance(timedelta(minutes=5))
    assert deliver_batches(runtime) == {"told": 1}
    assert len(receiver.seen) == 1


def test_a_batch_waits_for_somebody_to_tell(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, number: str
) -> None:
    assert deliver_batches(runtime) == {"failed": 1}
    assert row_of(runtime, number).failure == "no_address"
    add(manager, receiver)
    clock.advance(timedelta(minutes=1))
    assert deliver_batches(runtime) == {"told": 1}
    assert len(receiver.seen) == 1


def test_what_staff_have_taken_over_no_program_fetches_and_the_other_way_round(
    runtime: Runtime, manager: Program, number: str, world: World
) -> None:
    where = (runtime, world.authority_id, world.site_id)
    deliver_batches(runtime)
    pass_on_as_file(*where, number, actor=STAFF)
    assert_problem(manager.get(f"/receipt-batches/{number}/archive"), 404, "not_found")
    second = hand_over(runtime, world, manager, slot=9)
    deliver_batches(runtime)
    assert manager.get(f"/receipt-batches/{second}/archive").status_code == 200
    with pytest.raises(Stale):
        pass_on_as_file(*where, second, actor=STAFF)


def test_it_needs_the_scope_and_is_of_one_council(
    app: Flask, database: Database, clock: FixedClock, world: World, manager: Program, number: str, receiver: Receiver
) -> None:
    add(manager, receiver)
    paths = [f"/receipt-batches/{number}", f"/receipt-batches/{number}/archive"]
    reader = program_with(app, key_for(database, world.authority_id, clock, "read", "manage"))
    council = make_authority(database, "elsewhere")
    other = program_with(app, key_for(database, council, clock, "receipts", "manage"))
    fetcher = program_with(app, key_for(database, world.authority_id, clock, "receipts"))
    for path in paths:
        assert_problem(reader.get(path), 403, "not_allowed")
        assert_problem(other.get(path), 404, "not_found")
        assert fetcher.get(path).status_code == 200
    assert_problem(fetcher.get("/webhooks"), 403, "not_allowed")
    assert other.get("/webhooks").get_json()["items"] == []
    (mine,) = manager.get("/webhooks").get_json()["items"]
    assert_problem(other.delete(f"/webhooks/{mine['id']}"), 404, "not_found")
    assert_problem(manager.get("/receipt-batches/99999999"), 404, "not_found")


def test_a_batch_that_goes_another_way_is_fetched_by_no_program(
    database: Database, runtime: Runtime, world: World, manager: Program
) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="file"))
    number = hand_over(runtime, world, manager)
    assert_problem(manager.get(f"/receipt-batches/{number}"), 404, "not_found")


def test_addresses_and_secrets_are_sealed_and_shown_once(
    database: Database, manager: Program, receiver: Receiver
) -> None:
    body: dict[str, Any] = {"url": receiver.address, "events": EVENTS}
    first = manager.post("/webhooks", body, Idempotency_Key="once")
    again = manager.post("/webhooks", body, Idempotency_Key="once")
    assert first.get_json() == again.get_json()
    (item,) = manager.get("/webhooks").get_json()["items"]
    assert (item["host"], item["events"]) == ("127.0.0.1", EVENTS)
    with database.reading() as db:
        row = db.scalars(select(Webhook)).one()
        kept = repr((row.sealed_address, row.sealed_secret, row.host))
    assert "their-own-secret" not in manager.get("/webhooks").text + kept
    assert first.get_json()["secret"] not in manager.get("/webhooks").text + kept
    assert manager.delete(f"/webhooks/{item['id']}").status_code == 204
    assert_problem(manager.delete(f"/webhooks/{item['id']}"), 404, "not_found")
    for wrong in ("x", "9" * 30, "%00"):
        assert_problem(manager.delete(f"/webhooks/{wrong}"), 404, "not_found")


def test_no_address_leads_into_our_network_and_five_are_enough(
    app: Flask, database: Database, manager: Program, runtime: Runtime, number: str, clock: FixedClock
) -> None:
    for wrong in (
        "http://example.org/",
        "https://",
        "file:///etc/passwd",
        "https://a b/",
        "https://user:pw@example.org/",
    ):
        assert_problem(manager.post("/webhooks", {"url": wrong, "events": EVENTS}), 422, "validation", "url")
    assert_problem(manager.post("/webhooks", {"url": "https://a.example/", "events": ["x"]}), 422, "validation")
    assert_problem(manager.post("/webhooks", {"url": "https://a.example/", "events": []}), 422, "validation", "events")
    strict = replace(runtime, settings=replace(runtime.settings, webhook_hosts=()))
    app.extensions[EXTENSION] = strict
    for _one in range(5):
        assert manager.post("/webhooks", {"url": "https://127.0.0.1:9/", "events": EVENTS}).status_code == 201
    assert_problem(manager.post("/webhooks", {"url": "https://a.example/", "events": EVENTS}), 409, "limit_reached")
    assert deliver_batches(strict) == {"failed": 1}
    assert row_of(strict, number).failure == "private"
    with database.reading() as db:
        assert db.scalars(select(BatchNotice)).all() == []
    clock.advance(timedelta(minutes=1))


def test_what_was_told_and_not_fetched_in_a_day_is_an_alarm_told_again_and_can_be_passed_on(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver)
    number = hand_over(runtime, world, manager)
    deliver_batches(runtime)
    clock.advance(timedelta(hours=23))
    assert deliver_batches(runtime) == {}
    assert are_batches_delivered(runtime)
    clock.advance(timedelta(hours=1))
    assert deliver_batches(runtime) == {"failed": 1}
    assert (row_of(runtime, number).failure, are_batches_delivered(runtime)) == ("not_fetched", False)
    assert [seen[0]["webhook-id"] for seen in receiver.seen] == [f"msg_batch_{number}"] * 2
    second = hand_over(runtime, world, manager, slot=9)
    pass_on_as_file(runtime, world.authority_id, world.site_id, number, actor=STAFF)
    assert_problem(manager.get(f"/receipt-batches/{number}/archive"), 404, "not_found")
    assert manager.get(f"/receipt-batches/{second}/archive").status_code == 200
    assert are_batches_delivered(runtime)


def test_a_crash_between_telling_and_keeping_that_tells_nobody_twice(
    runtime: Runtime,
    clock: FixedClock,
    manager: Program,
    receiver: Receiver,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(manager, receiver)
    number = hand_over(runtime, world, manager)
    with monkeypatch.context() as patch:
        patch.setattr(use_case, "_kept_told", lambda *_values: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver_batches(runtime)
    clock.advance(LEASE)
    assert deliver_batches(runtime) == {"told": 1}
    assert (len(receiver.seen), row_of(runtime, number).failure) == (1, "")


def test_who_fetches_without_an_answer_that_counts_is_told_no_more(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver)
    receiver.status = 500
    number = hand_over(runtime, world, manager)
    deliver_batches(runtime)
    head = manager.client.head(f"/api/v1/receipt-batches/{number}/archive", headers=manager.headers)
    assert (head.status_code, row_of(runtime, number).arrived_at) == (200, None)  # which fetches nothing
    manager.get(f"/receipt-batches/{number}/archive")
    assert are_batches_delivered(runtime)
    clock.advance(timedelta(days=1))
    assert deliver_batches(runtime) == {}
    assert row_of(runtime, number).failure == ""


def test_an_answer_counts_by_its_status_however_long_it_is(
    runtime: Runtime, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver)
    receiver.status, receiver.body = 200, b"x" * 500_000
    hand_over(runtime, world, manager)
    assert deliver_batches(runtime) == {"told": 1}


@pytest.mark.parametrize("error", [NotFound, Unavailable, PermissionError])
def test_nobody_is_told_of_and_nobody_fetches_a_batch_without_its_copies(
    runtime: Runtime,
    clock: FixedClock,
    manager: Program,
    receiver: Receiver,
    world: World,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(manager, receiver)
    number = hand_over(runtime, world, manager)
    second = hand_over(runtime, world, manager, slot=9)
    deliver_batches(runtime)
    assert len(receiver.seen) == 2
    third = hand_over(runtime, world, manager, slot=15)
    for one in (number, third):
        with_copy(runtime, one)
    with monkeypatch.context() as patch:
        patch.setattr(use_case_of_contents, "content_of", lambda *_values: (_ for _ in ()).throw(error))
        assert deliver_batches(runtime) == {"failed": 1}
        for path in (f"/receipt-batches/{number}", f"/receipt-batches/{number}/archive"):
            assert_problem(manager.get(path), 503, "unavailable")
        assert manager.get(f"/receipt-batches/{second}/archive").status_code == 200
    assert len(receiver.seen) == 2
    for one in (number, third):
        row = row_of(runtime, one)
        assert (row.failure, row.arrived_at) == ("unreadable", None)
    assert not are_batches_delivered(runtime)
    monkeypatch.setattr(use_case_of_contents, "content_of", lambda *_values: b"%PDF")
    clock.advance(timedelta(minutes=2))
    deliver_batches(runtime)
    answer = manager.get(f"/receipt-batches/{number}/archive")
    assert any(name.startswith("copies/") for name in zipfile.ZipFile(io.BytesIO(answer.data)).namelist())


def with_copy(runtime: Runtime, number: str) -> None:
    """A certified copy in the batch."""
    batch = row_of(runtime, number)
    with runtime.database.writing() as db:
        receipt = db.scalars(select(DocumentReceipt).where(DocumentReceipt.batch_id == batch.id)).one()
        whose = {"authority_id": receipt.authority_id, "site_id": receipt.site_id, "resident_id": receipt.resident_id}
        facts = {"document": "Passport", "code_digest": number, "sha256": "0" * 64, "stored_name": "0" * 48, "size": 4}
        at = {"certified_at": receipt.given_at, "batch_id": batch.id, "appointment_id": receipt.appointment_id}
        db.add(CertifiedCopy(**whose, **facts, **at))
