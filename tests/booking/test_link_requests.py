"""Asking for a lost link tells nobody whether there is such an appointment, not even by how long the answer takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from booking.events import manage_link_requested
from booking.tables import LinkRequest
from booking.use_cases.cleanup import delete_expired
from booking.use_cases.manage_links import MOST_WAITING, REQUEST_LIVES, answer_link_requests, request_manage_link
from core.audit import AuditEntry
from core.database import Database
from core.errors import RateLimited
from people.residents.details import ResidentDetails
from reminders.outbox import send_manage_link
from reminders.scheduler import send_once
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world

TEN = NOW + timedelta(hours=2)
ROBIN = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123")
UNKNOWN = "K7PM4QX3"


@pytest.fixture
def world(database: Database) -> World:
    """A place with services."""
    return make_world(database)


@pytest.fixture
def reference(database: Database, world: World) -> str:
    """The reference of Robin Sample's appointment."""
    return make_appointment(make_runtime(database), world, TEN, resident=ROBIN).reference


@pytest.fixture
def outbox() -> Iterator[None]:
    """The outbox listens."""
    with manage_link_requested.connected_to(send_manage_link):
        yield


def waiting(database: Database) -> list[LinkRequest]:
    with database.reading() as db:
        return list(db.scalars(select(LinkRequest).order_by(LinkRequest.id)))


def links_owed(database: Database) -> int:
    with database.reading() as db:
        return len(db.scalars(select(Notification.id).where(Notification.kind.startswith("manage_link"))).all())


def statements_of(database: Database, authority_id: int, reference: str, surname: str) -> list[str]:
    """The statements that one request sends to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        request_manage_link(make_runtime(database), authority_id, reference, surname)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return sent


def test_right_wrong_and_unknown_do_the_same_work(database: Database, world: World, reference: str) -> None:
    right, wrong, unknown = (
        statements_of(database, world.authority_id, typed, surname)
        for typed, surname in ((reference, "Sample"), (reference, "Wrong"), (UNKNOWN, "Sample"))
    )
    assert right == wrong == unknown
    assert len([statement for statement in right if statement.startswith("INSERT")]) == 1
    assert [(row.reference, row.surname) for row in waiting(database)] == [
        (reference, "Sample"),
        (reference, "Wrong"),
        (UNKNOWN, "Sample"),
    ]


@pytest.mark.usefixtures("outbox")
def test_the_scheduler_answers_all_and_writes_to_the_right_one(
    database: Database, world: World, reference: str
) -> None:
    runtime, channel = make_runtime(database), RecordingChannel()
    for typed, surname in ((UNKNOWN, "Sample"), (reference, "Wrong"), (reference, "sample")):
        request_manage_link(runtime, world.authority_id, typed, surname)
    send_once(runtime, worker_for(runtime, channel))
    assert waiting(database) == []
    assert {message.recipient.address for message in channel.sent} == {"robin@example.org"}
    (link,) = [message for message in channel.sent if message.email.subject.startswith("Your link")]
    assert "/manage/" in link.email.text
    with database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["booked", "manage_link_requested"]


@pytest.mark.usefixtures("outbox")
def test_what_was_asked_too_long_ago_is_deleted_unanswered(database: Database, world: World, reference: str) -> None:
    request_manage_link(make_runtime(database), world.authority_id, reference, "Sample")
    later = make_runtime(database, NOW + REQUEST_LIVES)
    delete_expired(make_runtime(database, NOW + REQUEST_LIVES - timedelta(seconds=1)))
    assert len(waiting(database)) == 1
    delete_expired(later)
    assert waiting(database) == []
    request_manage_link(make_runtime(database), world.authority_id, reference, "Sample")
    answer_link_requests(later)
    assert (waiting(database), links_owed(database)) == ([], 0)


def test_no_more_wait_than_the_scheduler_can_answer(database: Database, world: World, reference: str) -> None:
    with database.writing() as db:
        for _ in range(MOST_WAITING):
            db.add(LinkRequest(authority_id=world.authority_id, reference=UNKNOWN, surname="Sample", requested_at=NOW))
    for typed in (reference, UNKNOWN):
        with pytest.raises(RateLimited):
            request_manage_link(make_runtime(database), world.authority_id, typed, "Sample")
    assert len(waiting(database)) == MOST_WAITING
    assert answer_link_requests(make_runtime(database)) == MOST_WAITING
    request_manage_link(make_runtime(database), world.authority_id, reference, "Sample")


@pytest.mark.usefixtures("outbox")
def test_one_that_fails_is_dropped_and_stops_no_other(
    database: Database, world: World, reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The listener refuses the first appointment as a broken row would."""
    runtime = make_runtime(database)
    other = make_appointment(runtime, world, TEN + timedelta(days=1), resident=ROBIN)

    def refuse_the_first(_db: object, request: Any) -> None:
        if request.appointment_id != other.appointment_id:
            raise TypeError("a broken row")

    for typed in (reference, other.reference):
        request_manage_link(runtime, world.authority_id, typed, "Sample")
    with manage_link_requested.connected_to(refuse_the_first):
        assert answer_link_requests(runtime) == 2
    assert (waiting(database), links_owed(database)) == ([], 1)
    assert "a request for a lost link could not be answered" in caplog.text
    assert "Sample" not in caplog.text


def test_two_schedulers_answer_each_request_once(database: Database, world: World, reference: str) -> None:
    runtime, together, heard = make_runtime(database), threading.Barrier(2), list[object]()
    for _ in range(20):
        request_manage_link(runtime, world.authority_id, reference, "Sample")

    def hear(_db: object, request: object) -> None:
        heard.append(request)

    def scheduler(_number: int) -> int:
        together.wait(30)
        return answer_link_requests(runtime)

    with manage_link_requested.connected_to(hear), ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(scheduler, range(2))) == 20
    assert (len(heard), waiting(database)) == (20, [])
