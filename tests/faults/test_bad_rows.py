"""One row or one council that cannot be worked stops nobody else's messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from core.clock import FixedClock
from core.database import Database
from locations.tables import Service
from reminders import queue, worker
from reminders.appointment_queries import message_facts
from reminders.channel_queue import DeliveryCounts
from reminders.delivery_decisions import MessageFacts
from reminders.delivery_results import DeliveryResult
from reminders.messages import RenderedMessage
from reminders.reasons import INTERNAL_ERROR
from tests.faults.mail_server import MailServer, running
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.reminders.test_smtp import channel_to
from tests.support.factories import NOW, make_world

KINDS = pytest.mark.parametrize("can_confirm_arrival", [False, True], ids=["one by one", "in batches"])
BAD_VALUES = [
    "UPDATE services SET documents = '5' WHERE authority_id = :id",
    "UPDATE authorities SET zone = 'Nowhere/Land' WHERE id = :id",
]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@KINDS
@pytest.mark.parametrize("statement", BAD_VALUES)
def test_a_council_whose_data_cannot_be_read_stops_no_other(
    database: Database, clock: FixedClock, can_confirm_arrival: bool, statement: str
) -> None:
    bad, good = make_world(database, slug="anytown"), make_world(database)
    owe(database, bad, 4)
    owe(database, good, 4)
    with database.writing() as db:
        db.execute(text(statement), {"id": bad.authority_id})
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, batch_size=6)
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=4, failed=4)
    states = {
        (row.authority_id == bad.authority_id, row.status, row.tries, row.reason) for row in notifications(database)
    }
    assert states == {(True, "pending", 1, INTERNAL_ERROR), (False, "sent", 1, "")}
    assert {row.next_try_at for row in notifications(database) if row.status == "pending"} == {
        NOW + timedelta(seconds=1)
    }


def test_a_council_whose_data_is_mended_gets_its_messages(database: Database, clock: FixedClock) -> None:
    owe(database, make_world(database), 2)
    with database.writing() as db:
        db.execute(text("UPDATE services SET documents = '5'"))
    working = worker_on(database, clock, RecordingChannel())
    assert working.send_due() == DeliveryCounts(failed=2)
    with database.writing() as db:
        db.execute(update(Service).values(documents=[]))
    clock.advance(timedelta(seconds=1))
    assert working.send_due() == DeliveryCounts(sent=2)
    assert [(one.outcome, one.maybe_duplicate) for one in attempts(database)] == [("failed", False)] * 2 + [
        ("sent", False)
    ] * 2


@KINDS
def test_one_row_that_cannot_be_checked_stops_no_other_of_its_council(
    database: Database, clock: FixedClock, can_confirm_arrival: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(database, make_world(database), 5)
    real = message_facts

    def facts(db: Any, appointment_ids: Sequence[int]) -> dict[int, MessageFacts]:
        if ids[2] in appointment_ids:
            raise KeyError("a broken row")
        return real(db, appointment_ids)

    monkeypatch.setattr(worker, "message_facts", facts)
    assert worker_on(
        database, clock, RecordingChannel(can_confirm_arrival=can_confirm_arrival)
    ).send_due() == DeliveryCounts(sent=4, failed=1)
    assert [row.status for row in notifications(database)] == ["sent", "sent", "pending", "sent", "sent"]


@pytest.mark.parametrize("reply", ["250 taken \0 queued", "250 \u202e\x1b[31m " + "long " * 80])
def test_the_words_of_a_mail_server_are_cleaned_before_they_are_kept(
    database: Database, clock: FixedClock, reply: str
) -> None:
    owe(database, make_world(database), 6)
    server = MailServer(lambda _email: reply)
    with running(server) as url:
        assert worker_on(database, clock, channel_to(url)).send_due() == DeliveryCounts(sent=6)
    assert set(server.times_taken.values()) == {1}
    for one in attempts(database):
        assert len(one.provider_reference) <= 200
        assert not {"\0", "\u202e", "\x1b"} & set(one.provider_reference)


@KINDS
@pytest.mark.parametrize("times", [1, 2, 99], ids=["together", "alone", "always"])
def test_a_result_that_cannot_be_recorded_stops_no_other(
    database: Database, clock: FixedClock, can_confirm_arrival: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded alone, then without the provider's words; at the worst it is in doubt until its lease ends."""
    owe(database, make_world(database), 5)
    broken, left = notifications(database)[1].id, [times]
    real = queue.record_attempts

    def record_attempts(db: Any, results: Sequence[DeliveryResult], now: Any) -> None:
        if left[0] and broken in [result.claimed.id for result in results]:
            left[0] -= 1
            raise ValueError("cannot be written")
        real(db, results, now)

    monkeypatch.setattr(queue, "record_attempts", record_attempts)
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival)
    counts = worker_on(database, clock, channel).send_due()
    assert len(channel.sent) == 5
    unrecorded = 1 if times == 99 else 0
    assert counts == DeliveryCounts(sent=5 - unrecorded)
    assert [row.status for row in notifications(database)].count("sent") == 5 - unrecorded
    assert [one.outcome for one in attempts(database)].count("") == unrecorded


def test_rows_not_begun_are_given_back_when_a_pass_fails(database: Database, clock: FixedClock) -> None:
    owe(database, make_world(database), 4)

    def fail(_message: RenderedMessage) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker_on(database, clock, RecordingChannel(on_send=fail)).send_due()
    assert [row.lease_until is None for row in notifications(database)] == [False, True, True, True]
    assert worker_on(database, clock, RecordingChannel()).send_due() == DeliveryCounts(sent=3)
