"""What operators do with the outbox: count it, give failed messages new tries, stop and start the sending, be alarmed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from core.clock import FixedClock
from core.database import Database
from reminders.channel_queue import DeliveryCounts
from reminders.channels.base import ChannelUnavailable
from reminders.delivery_decisions import STATES
from reminders.messages import RenderedMessage
from reminders.tables import Notification
from tests.contract.conftest import key_for, program_with
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import notifications, owe
from tests.support.factories import NOW, World, make_authority, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def invoke(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(args=["reminders", *words])
    assert result.exit_code == 0, result.output
    return result.output.strip()


def close(database: Database, number: int, **values: object) -> None:
    """Give the row of this number, counted from 0, these values."""
    row = notifications(database)[number]
    with database.writing() as db:
        db.execute(update(Notification).where(Notification.id == row.id).values(**values))


def test_the_ledger_counts_everything_ever_owed(app: Flask, database: Database, world: World) -> None:
    other = make_world(database, slug="anytown")
    owe(database, world, len(STATES) + 1)
    owe(database, other, 1)
    for number, state in enumerate(STATES):
        close(database, number, status=state)
    counts = json.loads(invoke(app, "ledger", "--authority", "testshire"))
    assert counts.pop("owed") == sum(counts.values()) == len(STATES) + 1
    assert counts.pop("delivered") == 0
    assert counts == dict.fromkeys(STATES, 1) | {"pending": 2}
    make_authority(database, "empty")
    assert set(json.loads(invoke(app, "ledger", "--authority", "empty")).values()) == {0}
    unknown = app.test_cli_runner().invoke(args=["reminders", "ledger", "--authority", "nowhere"])
    assert unknown.exit_code == 2


def test_failed_messages_get_new_tries_while_they_are_of_use(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    now = clock.now()
    owe(database, world, 4, now=now)
    long_ago, lately = now - timedelta(days=2), now - timedelta(hours=1)
    close(database, 0, status="failed", closed_at=long_ago, reason="550 no")
    close(database, 1, status="failed", closed_at=lately, reason="550 no")
    close(database, 2, status="failed", closed_at=lately, useful_until=now)
    close(database, 3, status="in_doubt", closed_at=lately)
    assert invoke(app, "retry-failed", "--since", (now - timedelta(days=1)).isoformat()) == "due again: 1"
    assert [row.status for row in notifications(database)] == ["failed", "pending", "failed", "in_doubt"]
    assert invoke(app, "retry-failed") == "due again: 1"
    assert worker_on(database, clock, RecordingChannel()).send_due() == DeliveryCounts(sent=2)
    for wrong in ("yesterday", "2026-11-24T18:00"):
        assert app.test_cli_runner().invoke(args=["reminders", "retry-failed", "--since", wrong]).exit_code == 2


@pytest.mark.parametrize(
    ("other", "due_again"),
    [
        ({"status": "sent"}, []),
        ({"status": "in_doubt"}, []),
        ({"status": "pending"}, []),
        ({"status": "failed", "told_at": NOW}, []),
        ({"status": "failed", "closed_at": NOW}, ["email"]),
        ({"status": "withheld"}, ["email"]),
        ({"status": "sent", "kind": "reminder_2h"}, ["email"]),
    ],
)
def test_what_another_channel_brings_is_not_sent_twice(
    app: Flask, database: Database, world: World, other: dict[str, object], due_again: list[str]
) -> None:
    owe(database, world, 1, status="failed", closed_at=NOW)
    (first,) = notifications(database)
    same = ("authority_id", "appointment_id", "version", "kind", "due_at", "useful_until", "next_try_at", "created_at")
    values = {name: getattr(first, name) for name in same} | {"channel": "text"} | other
    with database.writing() as db:
        db.add(Notification(**values))
    before = {row.id for row in notifications(database) if row.status == "pending"}
    assert invoke(app, "retry-failed") == f"due again: {len(due_again)}"
    found = [row.channel for row in notifications(database) if row.status == "pending" and row.id not in before]
    assert found == due_again


def test_an_operator_stops_and_starts_all_sending(
    app: Flask, client: FlaskClient, database: Database, world: World, clock: FixedClock
) -> None:
    owe(database, world, 2, now=clock.now())
    worker = worker_on(database, clock, RecordingChannel())
    for _ in range(2):
        invoke(app, "pause")
    clock.advance(timedelta(hours=3))
    assert worker.send_due() == DeliveryCounts()
    assert {(row.status, row.tries) for row in notifications(database)} == {("pending", 0)}
    assert client.get("/readyz/mail").status_code == 503
    assert invoke(app, "resume") == "Sending goes on."
    assert invoke(app, "resume") == "Sending was not stopped."
    assert client.get("/readyz/mail").status_code == 200
    assert worker.send_due() == DeliveryCounts(sent=2)


def test_a_refusal_of_this_service_is_an_alarm_until_a_message_is_taken(
    client: FlaskClient, database: Database, world: World, clock: FixedClock
) -> None:
    owe(database, world, 2, now=clock.now())
    refusals = [ChannelUnavailable(detail="550 5.4.5 quota")]

    def refuse(_message: RenderedMessage) -> None:
        if refusals:
            raise refusals.pop()

    worker = worker_on(database, clock, RecordingChannel(on_send=refuse))
    assert client.get("/readyz").get_json()["alarms"]["mail"] is True
    assert worker.send_due() == DeliveryCounts(postponed=2)
    assert client.get("/readyz").get_json()["alarms"]["mail"] is False
    assert client.get("/readyz/mail").status_code == 503
    assert 'front_door_alarm{about="mail"} 1.0' in client.get("/metrics").text
    clock.advance(timedelta(minutes=5))
    assert worker.send_due() == DeliveryCounts(sent=2)
    assert client.get("/readyz/mail").status_code == 200
    assert 'front_door_alarm{about="mail"} 0.0' in client.get("/metrics").text
    assert client.get("/readyz/nothing").status_code == 404


def test_programs_see_the_messages_of_an_appointment(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    program = program_with(app, key_for(database, world.authority_id, clock, "read", "book"))
    resident = {"name": "Robin Sample", "email": "robin@example.org"}
    booked = program.post("/appointments", {"slot": program.slots()[-1]["slot"], "resident": resident}).get_json()
    worker_on(database, clock, RecordingChannel()).send_due()
    answer = program.get(f"/appointments/{booked['reference']}/notifications")
    assert answer.status_code == 200
    first, *others = answer.get_json()["items"]
    assert first == {
        "kind": "confirmation",
        "channel": "email",
        "version": 1,
        "state": "sent",
        "due_at": first["due_at"],
        "sent_at": first["sent_at"],
        "delivered_at": None,
        "tries": 1,
    }
    assert first["sent_at"] is not None
    assert {(item["state"], item["sent_at"], item["tries"]) for item in others} == {("pending", None, 0)}
    assert program.get("/appointments/unknown/notifications").status_code == 404
