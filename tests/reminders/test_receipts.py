"""What became of each message: by receipts that are lost, repeated, late or out of order, and by asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from locations.tables import Authority
from people.residents.tables import Resident
from reminders import queue
from reminders.allowances import Allowance, allowances
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import NotifyAccount
from reminders.channels.pace import Pace
from reminders.delivery_decisions import ASK_AFTER, SENT_OUTCOME
from reminders.delivery_results import DeliveryResult
from reminders.history_queries import message_history
from reminders.ledger import ledger_of, retry_failed
from reminders.ledger_queries import Ledger, ledger_lines
from reminders.message_outcomes import ARRIVED_LATE, DELIVERED
from reminders.messages import EmailBody
from reminders.provider_states import ON_ITS_WAY, STATUSES, ProviderState, is_final, is_news
from reminders.receipts import Learnt, learn
from reminders.reconciliation import BEFORE_VISIT, ask_providers, replace_overdue
from reminders.rerouting import plan_next_channel, void_replacements
from reminders.tables import DeliveryAttempt, InboundText, Notification
from reminders.worker import Worker
from tests.conftest import NOW
from tests.reminders.channels import worker_on
from tests.reminders.make_bulk_notifications import FIRST_START, attempts, notifications, owe
from tests.reminders.test_changed_while_sending import wait_until_blocked
from tests.support.factories import World, make_runtime, make_world
from tests.support.notify_server import API_KEY, CALLBACK_TOKEN, Fault, NotifyServer
from tests.support.server import serve
from wsgi import create_app

BEARER = {"Authorization": f"Bearer {CALLBACK_TOKEN}"}
RECEIPTS, INBOUND = "/webhooks/notify/receipts", "/webhooks/notify/inbound-texts"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def app(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    return create_app(replace(settings, notify_callback_token=CALLBACK_TOKEN), database, clock)


@pytest.fixture
def worker(database: Database, clock: FixedClock, account: NotifyAccount) -> Worker:
    return worker_on(database, clock, NotifyChannel(account, EmailBody))


def only(database: Database) -> Notification:
    (row,) = notifications(database)
    return row


def tell(client: FlaskClient, told: dict[str, Any], status: int = 204) -> None:
    assert client.post(RECEIPTS, json=told, headers=BEARER).status_code == status


def asked(worker: Worker, runtime: Runtime) -> int:
    return ask_providers(runtime, worker.channels)


def test_a_receipt_says_once_that_a_message_was_delivered(
    app: Flask, database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    (appointment_id,) = owe(database, world, 1)
    assert worker.send_due().sent == 1
    assert only(database).ask_at == NOW + ASK_AFTER
    (sent,) = provider.messages.values()
    early = sent.receipt() | {"status": "sending"}
    provider.settle("delivered")
    with serve(app) as live:
        for receipt in (early, sent.receipt(), early, sent.receipt(), sent.receipt() | {"status": "temporary-failure"}):
            assert provider.tell(live.url + RECEIPTS, receipt) == 204
        assert provider.tell(live.url + RECEIPTS, sent.receipt(), token="another") == 403
    row = only(database)
    assert (row.status, row.provider_status, row.delivered_at, row.ask_at) == ("sent", "delivered", NOW, None)
    with database.reading() as db:
        assert ledger_of(db, world.authority_id) == ledger_of(db, world.authority_id) | {"sent": 1, "delivered": 1}
        (entry,) = message_history(db, appointment_id)
    assert (entry.status, entry.outcome, entry.delivered_at) == ("sent", DELIVERED, NOW)


@pytest.mark.parametrize(
    ("kind", "minutes", "state", "outcome"),
    [
        ("reminder_1d", -1, "sent", DELIVERED),
        ("reminder_1d", 0, "late", ARRIVED_LATE),
        ("cancelled", 90, "late", ARRIVED_LATE),
        ("site_message_1", 1, "late", ARRIVED_LATE),
        ("manage_link_1", 90, "sent", DELIVERED),
        ("contact_changed_1", 90, "sent", DELIVERED),
    ],
)
def test_what_arrived_when_the_visit_had_begun_is_late_whatever_is_said_after(
    client: FlaskClient,
    database: Database,
    world: World,
    provider: NotifyServer,
    clock: FixedClock,
    kind: str,
    minutes: int,
    state: str,
    outcome: str,
) -> None:
    sent_messages(database, world, provider, 1, kind=kind)
    (sent,) = provider.messages.values()
    clock.instant = FIRST_START + timedelta(hours=3)
    sent.status = "delivered"
    arrived = sent.receipt() | {"completed_at": (FIRST_START + timedelta(minutes=minutes)).isoformat()}
    for told in (arrived, arrived | {"status": "sending"}, arrived | {"status": "permanent-failure"}, arrived):
        tell(client, told)
    row = only(database)
    assert (row.status, row.reason) == (state, "" if state == "sent" else "arrived_too_late")
    with database.reading() as db:
        counts = ledger_of(db, world.authority_id)
        (entry,) = message_history(db, row.appointment_id)
        (line,) = ledger_lines(db, Ledger(world.authority_id, row.due_at, row.due_at + timedelta(seconds=1)))
    assert counts.pop("delivered") == (state == "sent")
    assert counts.pop("owed") == sum(counts.values()) == counts[state] == 1
    assert (entry.status, entry.outcome, entry.sent_at) == (state, outcome, NOW)
    assert line.outcomes == {outcome: 1}


@given(st.permutations([*STATUSES, *STATUSES]))
def test_whatever_order_receipts_come_in_nothing_goes_backwards(statuses: list[str]) -> None:
    known, taken = "", [""]
    for status in statuses:
        if is_news(status, known):
            known = status
            taken.append(known)
    on_the_way = [ON_ITS_WAY.index(status) for status in taken if status in ON_ITS_WAY]
    assert on_the_way == sorted(set(on_the_way))
    assert [status for status in taken if is_final(status) and status != "returned"][1:] == []


def test_a_message_that_is_not_delivered_has_failed_and_may_be_sent_again(
    client: FlaskClient,
    database: Database,
    world: World,
    worker: Worker,
    provider: NotifyServer,
) -> None:
    owe(database, world, 1)
    worker.send_due()
    (first,) = provider.messages.values()
    provider.settle("permanent-failure")
    for _ in range(2):
        tell(client, first.receipt())
    assert (only(database).status, only(database).reason) == ("failed", "address_unknown")
    assert retry_failed(make_runtime(database), None) == 1
    assert worker.send_due().sent == 1
    (_, second) = provider.messages.values()
    assert second.reference == first.reference
    tell(client, first.receipt())
    assert (only(database).status, only(database).provider_status) == ("sent", "")
    second.status = "delivered"
    assert asked(worker, make_runtime(database, NOW + ASK_AFTER)) == 1
    assert (only(database).status, only(database).provider_status) == ("sent", "delivered")
    assert [one.outcome for one in attempts(database)] == ["returned", "sent"]


def test_a_receipt_that_overtakes_the_record_of_its_try_is_not_lost(
    database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    """The provider may tell us before the worker has written that it sent the batch."""
    owe(database, world, 2)
    claimed, now = worker.queues["email"].claim(NOW, 2)
    with database.writing() as db:
        queue.start(db, claimed, "worker-1", now, maybe_duplicate=False)
        states = ("delivered", "permanent-failure")
        told = [ProviderState(f"p{row.id}", row.reference, how) for row, how in zip(claimed, states, strict=True)]
        for one in told:
            provider.add(id=one.provider_id, reference=one.reference, status=one.status)
        assert [learn(db, one, now) for one in told] == [Learnt.DELIVERED, Learnt.NOTHING]
    results = [DeliveryResult(row, SENT_OUTCOME, 1, f"p{row.id}") for row in claimed]
    from reminders.channel_queue import DeliveryCounts

    worker.queues["email"].record(results, DeliveryCounts())
    assert [row.status for row in notifications(database)] == ["sent", "sent"]
    asked(worker, make_runtime(database, NOW + ASK_AFTER))
    assert [(row.status, row.ask_at) for row in notifications(database)] == [("sent", None), ("failed", None)]


def test_what_was_said_to_have_arrived_before_its_worker_was_killed_stays_so(
    database: Database, world: World, clock: FixedClock, worker: Worker, provider: NotifyServer
) -> None:
    """Whoever takes the row when the lease ends only learns that it arrived; nothing said later undoes that."""
    owe(database, world, 1)
    (row,), now = worker.queues["email"].claim(NOW, 1)
    with database.writing() as db:
        queue.start(db, [row], "worker-1", now, maybe_duplicate=False)
        sent = provider.add(type="email", reference=row.reference, status="delivered")
        assert learn(db, ProviderState(sent.id, sent.reference, "delivered"), now) is Learnt.DELIVERED
    clock.advance(timedelta(minutes=6))
    assert worker.send_due().sent == 1
    assert len(provider.messages) == 1
    assert (only(database).status, only(database).provider_status) == ("sent", "delivered")
    with database.writing() as db:
        assert learn(db, ProviderState("another", sent.reference, "permanent-failure"), clock.now()) is Learnt.NOTHING
    assert (only(database).status, only(database).delivered_at) == ("sent", NOW)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"id": "x", "reference": "staff-1-abcdef", "status": "delivered"}, 204),
        ({"id": "x", "reference": "notification-999999-1", "status": "delivered"}, 204),
        ({"id": "x", "reference": "notification-1-2", "status": "delivered"}, 204),
        ({"id": "another", "reference": "notification-1-1", "status": "delivered"}, 204),
        ({"id": "ID", "reference": "notification-1-1", "status": "eaten by the dog"}, 204),
        ({"id": "x", "reference": None, "status": "delivered"}, 204),
        ({"notification_id": "x", "reference": None}, 204),
        ({"reference": "notification-1-1", "status": "delivered"}, 422),
        ({"id": "x", "reference": "notification-1-1"}, 422),
        ({"id": "x", "status": "delivered"}, 422),
        ({"notification_id": "x"}, 422),
        ({}, 422),
        ({"id": "\x00", "reference": "notification-1-1", "status": "delivered"}, 422),
        ({"id": 7, "reference": "notification-1-1", "status": "delivered"}, 422),
        ({"id": "x", "status": {"a": 1}}, 422),
        ([1], 400),
        ({"id": "x", "status": "delivered", "to": "x" * 30_000}, 413),
    ],
)
def test_a_receipt_for_no_message_of_ours_changes_nothing(
    client: FlaskClient, database: Database, world: World, worker: Worker, told: Any, status: int
) -> None:
    owe(database, world, 1)
    worker.send_due()
    before = only(database).provider_status, only(database).ask_at
    if isinstance(told, dict) and told.get("id") == "ID":
        told = told | {"id": attempts(database)[0].provider_reference}
    answer = client.post(RECEIPTS, json=told, headers=BEARER)
    assert answer.status_code == status
    assert status == 204 or answer.content_type == "application/problem+json"
    assert (only(database).provider_status, only(database).ask_at) == before


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("path", [RECEIPTS, INBOUND])
@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Basic abc"}, 401), ({"Authorization": "Bearer abc"}, 403), (BEARER, 422)],
)
def test_only_the_provider_may_tell_us(client: FlaskClient, path: str, headers: dict[str, str], status: int) -> None:
    answer = client.post(path, json={"id": 1}, headers=headers)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert client.get(path, headers=BEARER).status_code == 405


@pytest.mark.databases("sqlite")
def test_without_a_token_in_the_settings_nobody_may(settings: Settings, database: Database) -> None:
    client = create_app(settings, database).test_client()
    for token in ("", "x"):
        headers = {"Authorization": f"Bearer {token}"}
        assert client.post(RECEIPTS, json={}, headers=headers).status_code in (401, 403)


def sent_messages(
    database: Database, world: World, provider: NotifyServer, count: int, kind: str = "reminder_1d"
) -> None:
    """So many messages that were sent now, here and at the provider, where each is on its way."""
    owe(database, world, count, kind=kind, status="sent", closed_at=NOW, ask_at=NOW + ASK_AFTER)
    rows = [
        {
            "notification_id": row.id,
            "fencing_token": 1,
            "worker": "w",
            "started_at": NOW,
            "outcome": "sent",
            "provider_reference": provider.add(reference=f"notification-{row.id}-1", status="sending").id,
        }
        for row in notifications(database)
    ]
    with database.writing() as db:
        db.execute(insert(DeliveryAttempt), rows)


@pytest.mark.slow
@pytest.mark.databases("sqlite")
def test_our_receiver_was_away_for_forty_minutes_and_a_quarter_of_an_hour_later_all_is_known(
    database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    sent_messages(database, world, provider, 1_000)
    expected = {}
    for number, sent in enumerate(provider.messages.values()):
        sent.status = ("delivered", "permanent-failure", "temporary-failure", "sending")[number % 10 % 4]
        expected[sent.reference] = sent.status
    assert asked(worker, make_runtime(database, NOW + timedelta(minutes=50))) == 1_000
    rows = notifications(database)
    assert {f"notification-{row.id}-1": row.provider_status for row in rows} == expected
    assert {(row.provider_status, row.status) for row in rows} == {
        ("delivered", "sent"),
        ("permanent-failure", "failed"),
        ("temporary-failure", "failed"),
        ("sending", "sent"),
    }
    assert {row.ask_at is None for row in rows if row.provider_status == "sending"} == {False}
    assert asked(worker, make_runtime(database, NOW + timedelta(minutes=59))) == 0


def test_a_provider_that_cannot_be_asked_is_asked_again_and_not_for_ever(
    database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    sent_messages(database, world, provider, 3)
    provider.is_down = True
    assert asked(worker, make_runtime(database, NOW + ASK_AFTER)) == 0
    provider.is_down = False
    provider.by_reference.clear()
    assert asked(worker, make_runtime(database, NOW + 2 * ASK_AFTER)) == 3
    assert asked(worker, make_runtime(database, NOW + timedelta(days=8))) == 3
    assert [(row.status, row.ask_at) for row in notifications(database)] == [("sent", None)] * 3


def test_what_is_still_on_its_way_before_the_visit_counts_as_not_delivered_once(
    client: FlaskClient,
    database: Database,
    world: World,
    worker: Worker,
    provider: NotifyServer,
    clock: FixedClock,
) -> None:
    sent_messages(database, world, provider, 2)
    with database.writing() as db:
        db.execute(update(Resident).values(phone="07700 900123"))
    first, second = provider.messages.values()
    first.status = "delivered"
    visit = FIRST_START
    asked(worker, make_runtime(database, visit - BEFORE_VISIT - timedelta(minutes=1)))
    assert len(notifications(database)) == 2
    for minutes in (0, 30):
        asked(worker, make_runtime(database, visit - BEFORE_VISIT + timedelta(minutes=minutes)))
    _, late, instead = notifications(database)
    assert (late.status, late.overdue_at) == ("sent", visit - BEFORE_VISIT)
    assert (instead.appointment_id, instead.instead_of, instead.status) == (late.appointment_id, "email", "pending")
    clock.instant = visit + timedelta(minutes=5)
    second.status = "delivered"
    tell(client, second.receipt() | {"completed_at": clock.instant.isoformat()})
    with database.reading() as db:
        outcomes = [message_history(db, row.appointment_id)[0].outcome for row in notifications(database)[:2]]
    assert outcomes == [DELIVERED, ARRIVED_LATE]
    instead = notifications(database)[2]
    assert (instead.status, instead.reason) == ("void", "arrived_earlier")


def test_what_rests_on_a_message_that_is_still_on_its_way_goes_by_the_next_channel(
    database: Database, world: World
) -> None:
    """A change was undone since, and what the appointment as it is owes was taken for told by the old message."""
    (appointment_id,) = owe(
        database, world, 1, status="sent", closed_at=NOW, ask_at=NOW + ASK_AFTER, person={"phone": "07700 900123"}
    )
    with database.writing() as db:
        db.execute(update(Appointment).where(Appointment.id == appointment_id).values(version=3))
        (sent,) = db.scalars(select(Notification))
        same = ("authority_id", "appointment_id", "kind", "channel", "due_at", "useful_until", "next_try_at")
        copied = {name: getattr(sent, name) for name in same} | {"version": 3, "created_at": NOW, "closed_at": NOW}
        db.add(Notification(**copied, status="withheld", reason="told_already", told_at=NOW))
    for _ in range(2):
        replace_overdue(make_runtime(database, FIRST_START - BEFORE_VISIT))
    rows = [(row.version, row.channel, row.status, row.reason) for row in notifications(database)]
    assert rows == [
        (1, "email", "sent", ""),
        (3, "email", "failed", "not_delivered_in_time"),
        (3, "call", "pending", ""),
    ]
    with database.writing() as db:
        void_replacements(db, db.get_one(Notification, sent.id), NOW)
    rows = [(row.version, row.channel, row.status, row.reason) for row in notifications(database)]
    assert rows[1:] == [(3, "email", "withheld", "told_already"), (3, "call", "void", "arrived_earlier")]


def test_an_overdue_message_that_cannot_be_replaced_stops_no_other(database: Database, world: World) -> None:
    broken = make_world(database, slug="broken")
    for one in (broken, world):
        owe(database, one, 1, status="sent", closed_at=NOW, ask_at=NOW + ASK_AFTER, person={"phone": "07700 900123"})
    with database.writing() as db:
        values = {"message_channels": [{"first": "email"}], "plan_version": Authority.plan_version + 1}
        db.execute(update(Authority).where(Authority.id == broken.authority_id).values(values))
    assert replace_overdue(make_runtime(database, FIRST_START - BEFORE_VISIT)) == 1
    assert [row.overdue_at is None for row in notifications(database)[:2]] == [True, False]
    assert notifications(database)[2].authority_id == world.authority_id


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("way", ["receipt", "overdue", "other channel"])
def test_rows_of_a_message_are_locked_in_order(database: Database, world: World, way: str) -> None:
    """Who waits for the first of them holds no later one, as whoever has the first may want that next."""
    sent = {"status": "sent", "closed_at": NOW, "ask_at": NOW + ASK_AFTER}
    (appointment,) = owe(database, world, 1, channel="text", status="failed", closed_at=NOW, person={"phone": "1"})
    with database.writing() as db:
        first = db.scalars(select(Notification)).one()
        same = {name: getattr(first, name) for name in ("authority_id", "version", "kind", "due_at", "useful_until")}
        same |= {"next_try_at": NOW, "created_at": NOW, "instead_of": "text", "channel": "email"}
        second = Notification(appointment_id=appointment, **same, **sent)
        db.add(second)
        db.flush()
        ids = first.id, second.id
        values = {"fencing_token": 1, "worker": "w", "started_at": NOW, "outcome": "sent"}
        db.add(DeliveryAttempt(notification_id=second.id, **values))
    runtime = make_runtime(database, FIRST_START - BEFORE_VISIT)

    def write() -> None:
        with database.writing() as db:
            if way == "receipt":
                learn(db, ProviderState("x", f"notification-{ids[1]}-1", "permanent-failure"), NOW)
            else:
                plan_next_channel(db, ids[1], NOW)

    thread = Thread(target=partial(replace_overdue, runtime) if way == "overdue" else write)
    with database.writing() as db:
        in_order = select(Notification.id).order_by(Notification.id)
        db.execute(in_order.where(Notification.id == ids[0]).with_for_update()).all()
        thread.start()
        wait_until_blocked(database, thread)
        assert thread.is_alive()
        db.execute(in_order.where(Notification.id == ids[1]).with_for_update(nowait=True)).all()
    thread.join()


def test_a_letter_that_comes_back_marks_the_address(
    client: FlaskClient, database: Database, world: World, provider: NotifyServer
) -> None:
    sent_messages(database, world, provider, 1)
    (sent,) = provider.messages.values()
    provider.settle("received")
    tell(client, sent.receipt())
    for _ in range(2):
        tell(client, {"notification_id": sent.id, "reference": sent.reference, "date_sent": "2026-11-20"})
    assert (only(database).status, only(database).reason) == ("failed", "letter_returned")
    with database.reading() as db:
        assert db.scalar(select(Resident.letter_returned_at)) == NOW


FAULTS = (
    Fault.ERROR_AFTER,
    Fault.RESET_AFTER,
    Fault.ERROR,
    Fault.REFUSE,
    Fault.NOT_JSON,
    Fault.UNAVAILABLE,
    Fault.TOO_MANY,
    Fault.NO_MORE_TODAY,
    Fault.TEAM_ONLY,
    Fault.ODD,
)


def test_with_every_fault_of_the_provider_nothing_is_lost_and_nothing_sent_twice(
    database: Database, world: World, account: NotifyAccount, provider: NotifyServer
) -> None:
    owe(database, world, 30)
    clock, pace = FixedClock(NOW), Pace(100_000)
    worker = worker_on(database, clock, NotifyChannel(replace(account, pace=pace), EmailBody))

    def send_due() -> None:
        worker.send_due()
        clock.instant += timedelta(minutes=5)
        pace.full_at -= 5 * 60  # a pause of the key passes, too

    for fault in FAULTS * 2:
        provider.faults.append(fault)
        send_due()
    while any(row.status == "pending" for row in notifications(database)) and clock.instant < NOW + timedelta(hours=20):
        send_due()
    assert {row.status for row in notifications(database)} == {"sent"}
    assert {len(found) for found in provider.by_reference.values()} == {1}
    assert len(provider.by_reference) == 30


@pytest.mark.databases("sqlite")
def test_a_wrong_key_is_an_alarm_and_no_failed_resident(
    app: Flask, database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    owe(database, world, 2)
    provider.secret = "c0ffee00-0000-4000-8000-000000000000"
    assert worker.send_due().postponed == 2
    assert {(row.status, row.tries) for row in notifications(database)} == {("pending", 0)}
    assert {row.reason.partition(":")[0] for row in notifications(database)} == {"key_refused"}
    client = app.test_client()
    alarms = client.get("/readyz").get_json()["alarms"]
    assert [alarms[name] for name in ("mail", "texts", "letters")] == [False, True, True]
    assert client.get("/readyz/mail").status_code == 503
    assert 'front_door_alarm{about="mail"} 1.0' in client.get("/metrics").text


@pytest.mark.databases("sqlite")
def test_the_channel_is_left_alone_as_long_as_the_provider_asks(
    database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    owe(database, world, 2)
    provider.faults.append(Fault.TOO_MANY)
    worker.send_due()
    assert {row.next_try_at for row in notifications(database)} == {NOW + timedelta(seconds=20)}


def test_a_text_that_comes_in_is_kept_once(client: FlaskClient, database: Database, world: World) -> None:
    owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Resident).values(phone="07700 900123", phone_key="321009007744"))
    text = {
        "id": "3f9d9a5e-0000-4000-8000-000000000001",
        "source_number": "447700900123",
        "destination_number": "447700900000",
        "message": "CANCEL",
        "date_received": "2026-11-23T08:59:00.000000Z",
    }
    for _ in range(2):
        assert client.post(INBOUND, json=text, headers=BEARER).status_code == 204
    with database.reading() as db:
        (row,) = db.scalars(select(InboundText)).all()
    assert (row.text, row.from_number, row.handled_at) == ("CANCEL", "447700900123", None)
    assert (row.authority_id, row.received_at) == (world.authority_id, NOW - timedelta(minutes=1))
    assert client.post(INBOUND, json=text | {"date_received": "yesterday"}, headers=BEARER).status_code == 422


def test_the_key_is_as_the_provider_writes_it() -> None:
    from core.settings_checks import problems_of

    assert problems_of(Settings(is_test=True, notify_api_key=API_KEY, notify_callback_token=CALLBACK_TOKEN)) == []
    for wrong in ({"notify_api_key": API_KEY[:-1]}, {"notify_base_url": "ftp://x"}, {"notify_callback_token": "short"}):
        assert len(problems_of(Settings(is_test=True, **wrong))) == 1  # type: ignore[arg-type]


def test_what_is_due_tomorrow_stands_beside_what_the_provider_allows(
    database: Database, world: World, worker: Worker, provider: NotifyServer
) -> None:
    owe(database, world, 2)
    worker.send_due()
    owe(database, world, 3, due_at=NOW + timedelta(days=1), next_try_at=NOW + timedelta(days=1))
    owe(database, world, 1, due_at=NOW + timedelta(days=2), next_try_at=NOW + timedelta(days=2))
    settings = Settings(notify_api_key=API_KEY, notify_daily_emails=2, notify_daily_texts=9)
    with database.reading() as db:
        found = {one.channel: one for one in allowances(db, settings, NOW)}
        assert allowances(db, Settings(), NOW) == []
    assert found["email"] == Allowance("email", 2, 2, 3)
    assert [name for name, one in found.items() if one.is_short] == ["email"]
