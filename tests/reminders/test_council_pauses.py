"""A council holds back its own messages, or some of them: nothing else waits, and nothing is lost."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.events import wish_changed
from booking.tables import Appointment
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.errors import Invalid, NotFound
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.transactions import lock_by_name
from reminders.channel_queue import DeliveryCounts
from reminders.ledger import is_no_pause_long, ledger_of
from reminders.ledger_queries import ledger_alarms
from reminders.messages import RenderedMessage
from reminders.pause_queries import rows_held
from reminders.pauses import LONGEST, MessagePause, PauseScope
from reminders.pausing import LOCK, NewPause, pause_messages, resume_messages
from reminders.queue import pauses_on
from reminders.reasons import PAUSED
from reminders.recipients import EMAIL, FAMILIES, TEXT, family_of
from reminders.tables import Notification
from reminders.untold import mark_told, untold
from reminders.wish_mails import plan_wish_mail, send_wish_mails
from tests.booking.test_online_wishes import wait
from tests.booking.test_waiting_list import full_house
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import notifications, owe
from tests.support.factories import World, make_runtime, make_world

MANAGER = Actor("staff", 1, "Mary Manager")
ALL, KIND, CHANNEL = PauseScope.ALL, PauseScope.KIND, PauseScope.CHANNEL


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def pause(runtime: Runtime, world: World, scope: PauseScope, subject: str = "", until: datetime | None = None) -> int:
    """The id of the pause."""
    new = NewPause(scope, subject, "The times are wrong", until)
    pause_messages(runtime, world.authority_id, new, actor=MANAGER)
    with runtime.database.reading() as db:
        found = [one.id for one in pauses_on(db, runtime.clock.now(), world.authority_id) if one.scope == scope]
    return found[-1]


def runtime_of(app: Flask) -> Runtime:
    found: Runtime = app.extensions[EXTENSION]
    return found


def kinds_sent(channel: RecordingChannel, database: Database) -> list[tuple[int, str]]:
    """The council and the kind of each message that went out."""
    rows = {row.id: row for row in notifications(database)}
    found = (rows[message.notification_id] for message in channel.sent if message.notification_id)
    return sorted((row.authority_id, row.kind) for row in found)


@pytest.mark.parametrize(
    ("scope", "subject", "held"),
    [
        (ALL, "", ["cancelled", "reminder_1d"]),
        (KIND, "reminder", ["reminder_1d"]),
        (CHANNEL, "email", ["cancelled", "reminder_1d"]),
        (CHANNEL, "text", []),
        (KIND, "confirmation", []),
    ],
)
def test_what_is_paused_waits_and_all_else_goes_out(
    app: Flask, database: Database, world: World, clock: FixedClock, scope: PauseScope, subject: str, held: list[str]
) -> None:
    runtime, other, now = runtime_of(app), make_world(database, slug="anytown"), clock.now()
    for council in (world, other):
        ids = owe(database, council, 2, now=now)
        with database.writing() as db:
            one = update(Notification).where(Notification.appointment_id == ids[1])
            db.execute(one.values(kind="cancelled"))
            state = update(Appointment).where(Appointment.id == ids[1])
            db.execute(state.values(state="cancelled_by_authority"))
    paused, channel = pause(runtime, world, scope, subject), RecordingChannel()
    worker = worker_on(database, clock, channel)
    expected = [(world.authority_id, kind) for kind in ("cancelled", "reminder_1d")]
    goes = [one for one in expected if one[1] not in held]
    assert worker.send_due().sent == 2 + len(goes)
    of_other = [(other.authority_id, kind) for kind in ("cancelled", "reminder_1d")]
    assert kinds_sent(channel, database) == sorted(goes + of_other)
    clock.advance(timedelta(hours=2))
    assert worker.send_due() == DeliveryCounts()
    with database.reading() as db:
        assert ledger_alarms(db, world.authority_id, clock.now()) == []
    with pytest.raises(NotFound):
        resume_messages(runtime, other.authority_id, paused, actor=MANAGER)
    resume_messages(runtime, world.authority_id, paused, actor=MANAGER)
    assert worker.send_due().sent == len(held)
    assert kinds_sent(channel, database) == sorted(expected + of_other)
    assert {row.tries for row in notifications(database)} == {1}


def test_two_workers_respect_a_pause_that_begins_while_they_send(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    """Both have claimed rows: what they hand over after the pause was made is at most what they had in hand."""
    runtime, count = runtime_of(app), 12
    owe(database, world, count, now=clock.now())
    both, paused = threading.Barrier(2), threading.Event()

    def on_send(_message: RenderedMessage) -> None:
        if not paused.is_set():
            if both.wait(timeout=20) == 0:
                pause(runtime, world, ALL)
                paused.set()
            paused.wait(timeout=20)

    channels = [RecordingChannel(batch_size=4, on_send=on_send) for _ in range(2)]
    workers = [worker_on(database, clock, channel, f"worker-{n}") for n, channel in enumerate(channels)]
    threads = [threading.Thread(target=worker.send_due) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [len(channel.sent) for channel in channels] == [1, 1]
    rows = notifications(database)
    assert [row.status for row in rows].count("pending") == count - 2
    assert {row.lease_until for row in rows} == {None}
    with database.reading() as db:
        (only,) = pauses_on(db, clock.now())
    resume_messages(runtime, world.authority_id, only.id, actor=MANAGER)
    assert workers[0].send_due().sent == count - 2
    with database.reading() as db:
        assert ledger_of(db, world.authority_id)["sent"] == count


def test_a_pause_ends_by_itself_and_what_was_of_no_use_any_more_says_why(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    runtime, channel = runtime_of(app), RecordingChannel()
    first, second = owe(database, world, 2, now=clock.now())
    with database.writing() as db:
        soon = update(Notification).where(Notification.appointment_id == first)
        db.execute(soon.values(useful_until=clock.now() + timedelta(minutes=30)))
    pause(runtime, world, ALL, until=clock.now() + timedelta(hours=1))
    worker = worker_on(database, clock, channel)
    clock.advance(timedelta(minutes=45))
    assert worker.send_due().sent == 0
    clock.advance(timedelta(minutes=15))
    assert worker.send_due().sent == 1
    found = {row.appointment_id: (row.status, row.reason) for row in notifications(database)}
    assert found == {first: ("late", PAUSED), second: ("sent", "")}


def test_a_pause_is_made_once_changed_and_on_the_record(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    runtime, since = runtime_of(app), clock.now()
    for _ in range(2):
        pause(runtime, world, KIND, "reminder")
    clock.advance(timedelta(hours=1))
    until = clock.now() + timedelta(days=1)
    pause(runtime, world, KIND, "reminder", until)
    with database.reading() as db:
        (only,) = pauses_on(db, clock.now())
    assert (only.since, only.until, only.paused_by) == (since, until, "Mary Manager")
    assert is_no_pause_long(runtime)
    clock.advance(timedelta(hours=23, minutes=1))
    assert not is_no_pause_long(runtime)
    resume_messages(runtime, world.authority_id, only.id, actor=MANAGER)
    with pytest.raises(NotFound):
        resume_messages(runtime, world.authority_id, only.id, actor=MANAGER)
    assert is_no_pause_long(runtime)
    with database.reading() as db:
        entries = db.execute(select(AuditEntry.action, AuditEntry.actor_name, AuditEntry.reason)).all()
    assert [tuple(one) for one in entries] == [
        ("messages_paused", "Mary Manager", "The times are wrong"),
        ("messages_pause_changed", "Mary Manager", "The times are wrong"),
        ("messages_resumed", "Mary Manager", ""),
    ]
    for wrong in (clock.now(), clock.now() + LONGEST + timedelta(minutes=1)):
        with pytest.raises(Invalid):
            pause(runtime, world, ALL, until=wrong)


@pytest.mark.databases("postgresql")  # SQLite has one writer at a time
def test_who_resumes_waits_for_whoever_changes_the_pause(app: Flask, database: Database, world: World) -> None:
    runtime = runtime_of(app)
    paused = pause(runtime, world, ALL)
    with database.writing() as db:
        lock_by_name(db, LOCK.format(world.authority_id))
        values = {"authority_id": world.authority_id, "pause_id": paused, "actor": MANAGER}
        resuming = threading.Thread(target=resume_messages, args=(runtime,), kwargs=values)
        resuming.start()
        resuming.join(timeout=0.3)
        assert resuming.is_alive()
    resuming.join(timeout=20)
    with database.reading() as db:
        assert pauses_on(db, runtime.clock.now(), world.authority_id) == []


def test_the_database_and_the_worker_agree_on_what_is_held(database: Database, world: World, clock: FixedClock) -> None:
    kinds = [*FAMILIES, *(f"{family}_7" for family in FAMILIES), "cancelled", "rescheduled", "several_bookings"]
    owe(database, world, 1, now=clock.now())
    row = notifications(database)[0]
    names = ("authority_id", "appointment_id", "due_at", "useful_until", "next_try_at", "created_at")
    same = {name: getattr(row, name) for name in names} | {"version": 2}
    with database.writing() as db:
        db.add_all(Notification(**same, kind=kind, channel=one) for kind in kinds for one in (EMAIL, TEXT, "call"))
    rows = notifications(database)
    subjects = [(ALL, ""), (CHANNEL, TEXT), *((KIND, family_of(kind)) for kind in kinds)]
    for scope, subject in subjects:
        one = MessagePause(1, world.authority_id, scope.value, subject, clock.now(), None, "Mary Manager", "")
        with database.reading() as db:
            held = set(db.scalars(select(Notification.id).where(rows_held([one]))))
        assert held == {row.id for row in rows if one.holds(row.authority_id, row.kind, row.channel)}
        assert held


def test_emails_to_who_waits_wait_as_well(database: Database) -> None:
    town, _ = full_house(database)
    runtime, channel = make_runtime(database), RecordingChannel()
    with wish_changed.connected_to(plan_wish_mail):
        wait(runtime, town)
    pause(runtime, town, KIND, "offer")
    link = pause(runtime, town, KIND, "manage_link")
    assert send_wish_mails(runtime, {EMAIL: channel}) == 0
    resume_messages(runtime, town.authority_id, link, actor=MANAGER)
    assert send_wish_mails(runtime, {EMAIL: channel}) == 1


def test_news_that_a_pause_holds_back_is_for_staff_to_tell_when_the_visit_is_near(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    runtime, now, channel = runtime_of(app), clock.now(), RecordingChannel()
    kinds = ("cancelled", "reminder_1d", "rescheduled", "arrangement_1", "confirmation", "rescheduled")
    ids = owe(database, world, len(kinds), now=now)
    cancelled, far, posted = ids[0], ids[2], ids[5]
    with database.writing() as db:
        for id_, kind in zip(ids, kinds, strict=True):
            db.execute(update(Notification).where(Notification.appointment_id == id_).values(kind=kind))
        db.execute(update(Appointment).where(Appointment.id == cancelled).values(state="cancelled_by_authority"))
        later = {"starts_at": now + timedelta(days=3), "ends_at": now + timedelta(days=3, hours=1)}
        db.execute(update(Appointment).where(Appointment.id == far).values(later))
        letter = update(Notification).where(Notification.appointment_id == posted)
        db.execute(letter.values(channel="letter", useful_until=now + timedelta(minutes=5)))

    def listed() -> dict[int, str]:
        with database.reading() as db:
            found = untold(db, world.authority_id, clock.now(), site_ids=None, limit=9)
        return {one.appointment_id: one.reason for one in found}

    worker = worker_on(database, clock, channel)
    assert listed() == {}
    paused = pause(runtime, world, ALL)
    near = [cancelled, ids[3], posted]
    assert listed() == dict.fromkeys(near, PAUSED)
    clock.advance(timedelta(minutes=10))
    worker.send_due()
    assert {row.appointment_id for row in notifications(database) if row.status == "late"} == {posted}
    assert listed() == dict.fromkeys(near, PAUSED)
    for id_ in (cancelled, posted):
        mark_told(runtime, world.authority_id, id_, actor=MANAGER, site_ids=None)
    assert listed() == {ids[3]: PAUSED}
    resume_messages(runtime, world.authority_id, paused, actor=MANAGER)
    assert listed() == {}
    worker.send_due()
    assert "cancelled" not in [kind for _council, kind in kinds_sent(channel, database)]
    assert len(channel.sent) == 4
