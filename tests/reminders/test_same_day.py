"""Several appointments of one person on one day are told in one message, and each stays accounted for by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment, RebookItem
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed
from core.runtime import Runtime
from core.tokens import new_reference
from locations.tables import Authority
from people.residents.details import phone_key
from people.residents.tables import Resident
from people.staff.tables import StaffMember
from reminders import queue
from reminders.call_decisions import CallOutcome
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import NotifyAccount
from reminders.delivery_decisions import ASK_AFTER, ClaimedRow
from reminders.inbound import handle_text
from reminders.inbound_texts import ReceivedText, keep_text
from reminders.messages import EmailBody, RenderedMessage
from reminders.owed_calls import end_call, take_call
from reminders.queue import ClaimRequest
from reminders.recipients import CHANNELS
from reminders.reconciliation import ask_providers
from reminders.tables import InboundText, Notification
from reminders.text_answers import Outcome
from reminders.texts import TextBody
from reminders.try_queries import told_in_one_with
from reminders.untold import untold
from reminders.worker import LEASE, Worker
from tests.reminders.channels import RecordingChannel, worker_on, writer
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.reminders.test_texts import BY_NUMBER
from tests.reminders.test_worker import KINDS, failing, permanent
from tests.support.factories import NOW, World, make_runtime, make_world
from tests.support.notify_server import NotifyServer

PHONE = "07700 900123"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def owe_one_person(database: Database, world: World, count: int, **values: Any) -> list[int]:
    """The ids of `count` appointments of one person at one time, each owing a reminder that is due now."""
    made = owe(database, world, count, **values)
    with database.writing() as db:
        whose = db.scalar(select(Appointment.resident_id).where(Appointment.id == made[0]))
        db.execute(update(Appointment).where(Appointment.id.in_(made)).values(resident_id=whose))
    return made


def change(database: Database, appointment_id: int, **values: Any) -> None:
    with database.writing() as db:
        db.execute(update(Appointment).where(Appointment.id == appointment_id).values(values))


def references_in(message: RenderedMessage) -> list[str]:
    """The references of the appointments of which the email speaks, as they are stored."""
    assert isinstance(message.body, EmailBody)
    lines = message.body.text.splitlines()
    return [line.partition(": ")[2].replace(" ", "") for line in lines if line.startswith("Reference: ")]


def states(database: Database) -> list[tuple[str, str]]:
    return [(row.status, row.reason) for row in notifications(database)]


@KINDS
def test_one_message_tells_all_of_a_day_and_each_row_is_sent_by_a_try_of_its_own(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool
) -> None:
    owe_one_person(database, world, 3)
    owe(database, world, 1)
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival)
    assert worker_on(database, clock, channel).send_due().sent == 4
    assert sorted(len(references_in(message)) for message in channel.sent) == [1, 3]
    assert states(database) == [("sent", "")] * 4
    first = notifications(database)[0].id
    assert [(one.outcome, one.joined_to) for one in attempts(database)] == [
        ("sent", None if one.notification_id in (first, first + 3) else first) for one in attempts(database)
    ]


def not_due(database: Database, second: int) -> None:
    _write(database, second, due_at=NOW + timedelta(hours=13), next_try_at=NOW + timedelta(hours=13))


def due_soon(database: Database, second: int) -> None:
    _write(database, second, due_at=NOW + timedelta(hours=4), next_try_at=NOW + timedelta(hours=4))


def of_another_channel(database: Database, second: int) -> None:
    _write(database, second, channel="call")


def _write(database: Database, appointment_id: int, **values: Any) -> None:
    with database.writing() as db:
        db.execute(update(Notification).where(Notification.appointment_id == appointment_id).values(values))


@pytest.mark.parametrize(
    ("differ", "together"),
    [
        (lambda database, second: change(database, second, contact_email="other@example.org"), False),
        (lambda database, second: change(database, second, local_date=NOW.date() + timedelta(days=2)), False),
        (lambda database, second: change(database, second, state="cancelled_by_resident"), False),
        (lambda database, second: change(database, second, version=2), False),
        (of_another_channel, False),
        (not_due, False),
        (due_soon, True),
    ],
    ids=["address", "day", "cancelled", "moved", "channel", "much later", "within the hours apart"],
)
def test_what_is_told_together(
    database: Database, clock: FixedClock, world: World, differ: Callable[[Database, int], None], together: bool
) -> None:
    """The other goes by itself, at its own time, where it is not the same person, address, channel and day."""
    _, second = owe_one_person(database, world, 2)
    differ(database, second)
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    assert len(references_in(channel.sent[0])) == (2 if together else 1)
    row = notifications(database)[1]
    assert row.status != "pending" or row.next_try_at == row.due_at


def test_one_that_is_cancelled_before_the_message_starts_is_not_in_it(
    database: Database, clock: FixedClock, world: World
) -> None:
    """While another message is on its way, one of the two is cancelled: the other is told alone."""
    owe(database, world, 1)
    _, gone = owe_one_person(database, world, 2)
    channel = RecordingChannel(on_send=lambda _message: change(database, gone, state="cancelled_by_resident"))
    worker_on(database, clock, channel).send_due()
    assert [len(references_in(message)) for message in channel.sent] == [1, 1]
    assert [status for status, _ in states(database)] == ["sent", "sent", "void"]


def test_where_the_message_fails_for_good_each_goes_by_the_next_channel(
    database: Database, clock: FixedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe_one_person(database, world, 2, person={"phone": PHONE})
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "call"}))
    worker = worker_on(database, clock, RecordingChannel(on_send=failing(permanent(), permanent())))
    assert worker.send_due().failed == 2
    assert [(row.channel, row.status) for row in notifications(database)] == [
        ("email", "failed"), ("email", "failed"), ("call", "pending"), ("call", "pending"),
    ]  # fmt: skip


def claimed(database: Database, number: int) -> Sequence[ClaimedRow]:
    """What another worker has claimed."""
    with database.writing() as db:
        return queue.claim(db, ClaimRequest("email", NOW, number), now=NOW, lease_until=NOW + LEASE)


def test_of_two_workers_the_first_to_come_has_the_whole_day(
    database: Database, clock: FixedClock, world: World
) -> None:
    """Each has claimed one of the rows; whoever has not begun loses theirs, and may not write of it any more."""
    owe_one_person(database, world, 2)
    (theirs,) = claimed(database, 1)
    channel = RecordingChannel()
    assert worker_on(database, clock, channel).send_due().sent == 2
    assert len(references_in(channel.sent[0])) == 2
    with database.writing() as db:
        assert not queue.renew(db, theirs, NOW + LEASE)


def test_what_another_worker_is_sending_is_left_to_it(database: Database, clock: FixedClock, world: World) -> None:
    owe_one_person(database, world, 2)
    theirs = claimed(database, 1)
    with database.writing() as db:
        queue.start(db, theirs, "worker-2", NOW, maybe_duplicate=False)
    channel = RecordingChannel()
    assert worker_on(database, clock, channel).send_due().sent == 1
    assert len(references_in(channel.sent[0])) == 1


def killed(database: Database) -> Sequence[ClaimedRow]:
    """The rows that a worker has begun to tell in one message, and that it has left behind."""
    first, *others = claimed(database, 10)
    with database.writing() as db:
        queue.start(db, [replace(first, joined=tuple(others))], "killed", NOW, maybe_duplicate=False)
    return [first, *others]


@KINDS
@pytest.mark.parametrize("has_arrived", [True, False])
@pytest.mark.parametrize("cancelled", [None, 0, 1], ids=["nothing changed", "first cancelled", "second cancelled"])
def test_after_a_crash_nobody_is_told_twice_or_not_at_all(
    database: Database,
    clock: FixedClock,
    world: World,
    can_confirm_arrival: bool,
    has_arrived: bool,
    cancelled: int | None,
) -> None:
    """The provider is asked by the reference of the message, whichever of its rows are left; mail is flagged.

    A third appointment that nobody has told yet is not taken for told, and does not change what is repeated.
    """
    made = owe_one_person(database, world, 3)
    _write(database, made[2], next_try_at=NOW + timedelta(minutes=1))
    rows = killed(database)
    if cancelled is not None:
        change(database, made[cancelled], state="cancelled_by_resident")
    there = frozenset({rows[0].reference}) if has_arrived else frozenset()
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, there=there)
    worker = worker_on(database, clock, channel)
    clock.advance(LEASE)
    for _ in range(3):
        worker.send_due()
        clock.advance(timedelta(seconds=3))
    names = [name for message in channel.sent for name in references_in(message)]
    told = Counter(names)
    with database.reading() as db:
        of = dict(db.execute(select(Appointment.id, Appointment.reference)).all())
    left = [of[row.appointment_id] for number, row in enumerate(rows) if number != cancelled]
    once = 0 if can_confirm_arrival and has_arrived else 1
    assert {name: told[name] for name in left} == dict.fromkeys(left, once)
    assert told[of[made[2]]] == 1
    assert [status for status, _ in states(database)] == ["void" if n == cancelled else "sent" for n in range(3)]
    if not can_confirm_arrival:
        again = [
            one for one in attempts(database) if one.worker == "worker-1" and one.notification_id != rows[0].id + 2
        ]
        assert all(one.maybe_duplicate for one in again)


def test_a_try_that_fails_for_now_is_made_again_for_all(database: Database, clock: FixedClock, world: World) -> None:
    owe_one_person(database, world, 2)
    channel = RecordingChannel(on_send=failing(DeliveryFailed(detail="451 later")))
    worker = worker_on(database, clock, channel)
    assert worker.send_due().failed == 2
    clock.advance(timedelta(seconds=1))
    assert worker.send_due().sent == 2
    assert [len(references_in(message)) for message in channel.sent] == [2]
    assert [row.tries for row in notifications(database)] == [2, 2]


@KINDS
def test_what_cannot_be_read_keeps_back_nothing_of_that_day(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool
) -> None:
    made = owe_one_person(database, world, 2)
    change(database, made[1], slot_token="no token", support_needs=["hearing-loop"])
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival)
    counts = worker_on(database, clock, channel).send_due()
    assert (counts.sent, counts.failed) == (1, 1)
    assert [row.status for row in notifications(database)] == ["sent", "pending"]


def test_what_could_not_be_written_together_is_tried_each_alone(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe_one_person(database, world, 2)
    channel = RecordingChannel(on_send=failing(RuntimeError("a mistake of ours")))
    worker = worker_on(database, clock, channel)
    assert worker.send_due().failed == 2
    clock.advance(timedelta(seconds=1))
    assert worker.send_due().sent == 2
    assert [len(references_in(message)) for message in channel.sent] == [1, 1]


def test_a_worker_that_comes_late_to_its_rows_sends_none_that_another_has_had_since(
    database: Database, clock: FixedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(database, world, 1)
    mine = claimed(database, 1)
    with database.writing() as db:
        queue.release(db, mine, NOW)
    assert claimed(database, 1) != mine
    channel = RecordingChannel(can_confirm_arrival=True)
    worker = worker_on(database, clock, channel)
    claims = iter([(list(mine), NOW)])
    monkeypatch.setattr(worker.queues["email"], "claim", lambda *_: next(claims, ([], NOW)))
    assert worker.send_due().sent == 0
    assert (channel.sent, attempts(database)) == ([], [])


def test_a_resident_of_a_household_is_told_by_themselves(database: Database, clock: FixedClock, world: World) -> None:
    """Two people with one address are two messages: neither is told of the other's appointment."""
    owe(database, world, 2)
    with database.writing() as db:
        db.execute(update(Resident).values(email="family@example.org", name="Robin Sample"))
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    assert [len(references_in(message)) for message in channel.sent] == [1, 1]


@pytest.mark.parametrize(
    ("became", "state", "next_one"), [("delivered", "sent", []), ("permanent-failure", "failed", ["call"] * 2)]
)
def test_what_becomes_of_the_message_holds_for_all_that_it_told(
    database: Database,
    clock: FixedClock,
    world: World,
    provider: NotifyServer,
    account: NotifyAccount,
    monkeypatch: pytest.MonkeyPatch,
    became: str,
    state: str,
    next_one: list[str],
) -> None:
    """One text, and one receipt, by its reference; a provider that is asked knows no other. CANCEL asks which is meant."""
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"text", "call"}))
    owe_one_person(database, world, 2, channel="text", person={"phone": PHONE, "phone_key": phone_key(PHONE)})
    channels = {"text": NotifyChannel(account, TextBody)}
    Worker(database, clock, channels, writer()).send_due()
    (sent,) = provider.messages.values()
    assert len(sent.personalisation["message"].split("/s/")) == 3
    assert asked_about(database, clock, "CANCEL") == Outcome.ASKED
    provider.settle(became)
    clock.advance(ASK_AFTER)
    ask_providers(Runtime(make_runtime(database).settings, database, clock), channels)
    rows = notifications(database)
    assert [(row.status, row.ask_at) for row in rows[:2]] == [(state, None)] * 2
    assert [row.channel for row in rows if row.channel == "call"] == next_one
    assert [row.units_sent for row in rows[:2]] == [2, 0]  # paid for once
    with database.reading() as db:
        told = told_in_one_with(db, rows[0].appointment_id)
    assert [len(references) for references in told.values()] == [1]


def asked_about(database: Database, clock: FixedClock, words: str) -> str:
    """What became of a text that says this."""
    runtime = Runtime(make_runtime(database).settings, database, clock)
    with database.writing() as db:
        db.execute(update(Authority).values(**BY_NUMBER))
        row = keep_text(db, ReceivedText("text-1", "447700900123", words, NOW))
        assert row is not None
        text_id = row.id
    handle_text(runtime, text_id)
    with database.reading() as db:
        text = db.get_one(InboundText, text_id)
        assert len(text.choices) == 2
        return text.outcome


@pytest.mark.databases("sqlite")
def test_one_call_tells_all_of_a_day(database: Database, world: World) -> None:
    """What is due within the hours apart is told as well; whoever does not answer is rung again about what was due."""
    runtime, actor = make_runtime(database), Actor.system()
    made = owe_one_person(database, world, 3, channel="call", person={"phone": PHONE})
    _write(database, made[2], due_at=NOW + timedelta(hours=4), next_try_at=NOW + timedelta(hours=4))
    change(database, made[0], reference=(reference := new_reference()))
    with database.writing() as db:
        staff = StaffMember(authority_id=world.authority_id, email="a@example.org", name="A", created_at=NOW)
        db.add(staff)
        db.flush()
        key = (runtime, world.authority_id, reference, staff.id)
        (line,) = untold(db, world.authority_id, NOW, site_ids=None, limit=9)
    assert (line.appointment_id, line.told_with) == (made[0], (made[1], made[2]))
    assert take_call(*key, actor=actor, site_ids=None)
    assert end_call(*key, CallOutcome.NO_ANSWER, actor=actor, site_ids=None)
    assert [row.tries for row in notifications(database)] == [1, 1, 0]
    _write(database, made[0], next_try_at=NOW)
    assert take_call(*key, actor=actor, site_ids=None)
    assert end_call(*key, CallOutcome.REACHED, actor=actor, site_ids=None)
    assert states(database) == [("sent", "told_by_staff")] * 3


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("wish", [{"contact_leave_no_message": True}, {"contact_preference": "none"}], ids=str)
def test_a_call_tells_nothing_of_an_appointment_with_other_wishes(
    database: Database, world: World, wish: dict[str, Any]
) -> None:
    made = owe_one_person(database, world, 2, channel="call", person={"phone": PHONE})
    change(database, made[1], **wish)
    with database.reading() as db:
        lines = untold(db, world.authority_id, NOW, site_ids=None, limit=9)
    assert {line.appointment_id: line.told_with for line in lines}[made[0]] == ()


@pytest.mark.databases("sqlite")
def test_nobody_is_rung_to_remind_them_of_a_visit_that_cannot_take_place(database: Database, world: World) -> None:
    made = owe_one_person(database, world, 1, channel="call", person={"phone": PHONE})
    with database.writing() as db:
        assert len(untold(db, world.authority_id, NOW, site_ids=None, limit=9)) == 1
        item = {"appointment_id": made[0], "authority_id": world.authority_id}
        db.add(RebookItem(**item, reason="hours", created_at=NOW))
        db.flush()
        assert untold(db, world.authority_id, NOW, site_ids=None, limit=9) == []
