"""The process that ticks, and its commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from booking.tables import Hold
from booking.use_cases.holds import hold_slot
from core.clock import FixedClock, SystemClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from people.residents.tables import Resident
from reminders.channel_queue import DeliveryCounts
from reminders.channels.registry import email_channel
from reminders.channels.smtp import SmtpChannel
from reminders.channels.stored import StoredChannel
from reminders.heartbeat import SWEEP, is_fresh, last_sweep, record_heartbeat
from reminders.messages import RenderedMessage
from reminders.scheduler import RETENTION_HOUR, run, timetable_of
from reminders.tables import Heartbeat
from reminders.worker import Worker
from tests.faults.mail_server import MailServer, running
from tests.reminders.channels import RecordingChannel, worker_for
from tests.reminders.make_bulk_notifications import notifications, owe
from tests.support.factories import NOW, make_runtime, make_world, slot_key_at

REAL_SETTINGS = {
    "SECRET_KEY": "a long key, made for these tests alone",
    "PUBLIC_URL": "https://appointments.example.org",
    "MAIL_FROM": "appointments@example.org",
}
ROOT = Path(__file__).resolve().parents[2]


def test_send_due_says_what_became_of_what_was_due(
    runner: FlaskCliRunner, database: Database, clock: FixedClock
) -> None:
    world = make_world(database)
    owe(database, world, 2, now=clock.now())
    owe(database, world, 1, now=clock.now() - timedelta(days=2))
    result = runner.invoke(args=["reminders", "send-due"])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "sent 2, failed 0, skipped 1"
    assert runner.invoke(args=["reminders", "send-due"]).output.splitlines()[-1] == "sent 0, failed 0, skipped 0"


def test_ticking_sends_records_heartbeats_and_ends_after_the_message_in_hand(database: Database) -> None:
    """Stopped in the middle of the first message, it finishes that one and leaves the other four to the next worker."""
    runtime = Runtime(make_runtime(database).settings, database, SystemClock())
    owe(database, make_world(database), 5, now=runtime.clock.now())
    stopping, stopped = threading.Event(), threading.Event()

    def stop(_message: RenderedMessage) -> None:
        stopping.set()
        worker.stopping.wait(30)

    worker = worker_for(runtime, RecordingChannel(on_send=stop), "the-scheduler")

    def scheduler() -> None:
        run(runtime, worker, stopping, tick_seconds=0.05)
        stopped.set()

    thread = threading.Thread(target=scheduler)
    thread.start()
    assert stopped.wait(60)
    thread.join()
    assert sorted(row.status for row in notifications(database)) == ["pending"] * 4 + ["sent"]
    assert all(row.lease_until is None for row in notifications(database))
    with database.reading() as db:
        assert db.scalars(select(Heartbeat.worker).where(Heartbeat.worker != SWEEP)).all() == ["the-scheduler"]
    assert is_fresh(runtime)


def ticking(runtime: Runtime, worker: Worker, stopping: threading.Event) -> threading.Thread:
    """The scheduler, running in a thread until `stopping` is set."""
    thread = threading.Thread(target=run, args=(runtime, worker, stopping), kwargs={"tick_seconds": 0.05})
    thread.start()
    return thread


def test_a_scheduler_that_fails_at_every_tick_records_no_heartbeat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(make_runtime(database).settings, database, SystemClock())
    stopping, tries = threading.Event(), iter(range(3))

    def fail(*_: object) -> int:
        if next(tries, None) is None:
            stopping.set()
        raise RuntimeError("every tick")

    monkeypatch.setattr("reminders.queue.close_late", fail)
    ticking(runtime, worker_for(runtime, RecordingChannel()), stopping).join()
    assert not is_fresh(runtime)


def test_heartbeats_come_from_messages_that_are_done(database: Database) -> None:
    """While the first is being sent there is none, however long that takes; the second finds what the first one left."""
    runtime = Runtime(make_runtime(database).settings, database, SystemClock())
    owe(database, make_world(database), 2, now=runtime.clock.now())
    stopping, fresh = threading.Event(), list[bool]()

    def look(_message: RenderedMessage) -> None:
        fresh.append(is_fresh(runtime))
        if len(fresh) == 2:
            stopping.set()

    ticking(runtime, worker_for(runtime, RecordingChannel(on_send=look)), stopping).join()
    assert fresh == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_sends_what_is_due_and_stops_cleanly_on_a_signal(
    database: Database, database_url: str, number: signal.Signals
) -> None:
    """The whole command, against a real mail server that tells the test when the message has come."""
    owe(database, make_world(database), 1, now=SystemClock().now())
    arrived = threading.Event()

    def take(_email: object) -> str:
        arrived.set()
        return "250 OK"

    with running(MailServer(take)) as smtp_url:
        environment = os.environ | REAL_SETTINGS | {"DATABASE_URL": database_url, "SMTP_URL": smtp_url}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "reminders", "run"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert arrived.wait(60), process.communicate(timeout=5)
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Reminders: stopped." in output
    assert [row.status for row in notifications(database)] == ["sent"]
    assert '"kind": "reminder_1d"' in errors
    assert "example.org" not in errors  # the log says which message, and nothing about the person


def test_the_settings_choose_the_channel(database: Database) -> None:
    settings = Settings(secret_key="x", smtp_url="smtp://127.0.0.1:2525", is_demo=True)
    assert isinstance(email_channel(settings, database), SmtpChannel)
    assert isinstance(email_channel(replace(settings, smtp_url=""), database), StoredChannel)


def test_without_a_mail_server_the_command_says_what_to_set(
    settings: Settings, database: Database, clock: FixedClock
) -> None:
    from wsgi import create_app

    app = create_app(replace(settings, is_test=False), database=database, clock=clock)
    result = app.test_cli_runner().invoke(args=["reminders", "send-due"])
    assert result.exit_code == 1
    assert "Set it to your mail server" in result.output


def test_a_clock_that_is_set_back_stops_nothing(database: Database, clock: FixedClock) -> None:
    """The host's clock goes back by a day in the first pass; passes and heartbeats go on."""
    runtime = Runtime(make_runtime(database).settings, database, clock)
    stopping, passes = threading.Event(), list[datetime]()
    worker = worker_for(runtime, RecordingChannel())
    send_due = worker.send_due

    def count() -> DeliveryCounts:
        passes.append(clock.now())
        if len(passes) == 1:
            clock.advance(timedelta(days=-1))
        if len(passes) == 4:
            stopping.set()
        return send_due()

    worker.send_due = count  # type: ignore[method-assign]
    ticking(runtime, worker, stopping).join()
    assert len(passes) >= 4
    assert is_fresh(runtime)


def test_one_pass_by_hand_does_what_the_scheduler_does(
    runner: FlaskCliRunner, database: Database, clock: FixedClock
) -> None:
    world, runtime = make_world(database), Runtime(make_runtime(database).settings, database, clock)
    hold_slot(runtime, slot_key_at(world, clock.now() + timedelta(hours=2)), for_public=True)
    clock.advance(timedelta(minutes=50))
    assert runner.invoke(args=["reminders", "send-due"]).exit_code == 0
    with database.reading() as db:
        assert db.scalars(select(Hold)).all() == []
        assert last_sweep(db) == clock.now()
    assert is_fresh(runtime)
    clock.advance(timedelta(minutes=50))
    runner.invoke(args=["reminders", "send-due"])
    with database.reading() as db:
        assert last_sweep(db) == clock.now() - timedelta(minutes=50)


def test_a_pass_every_few_minutes_is_ready_when_the_settings_say_so(database: Database, clock: FixedClock) -> None:
    runtime = Runtime(make_runtime(database, heartbeat_seconds=600).settings, database, clock)
    with database.writing() as db:
        record_heartbeat(db, "cron", clock.now())
    clock.advance(timedelta(minutes=9))
    assert is_fresh(runtime)
    clock.advance(timedelta(minutes=2))
    assert not is_fresh(runtime)


def test_no_heartbeat_is_not_fresh(database: Database) -> None:
    runtime = make_runtime(database, NOW)
    assert not is_fresh(runtime)


def test_personal_data_ends_at_night_by_the_scheduler(database: Database) -> None:
    """The timetable has the job, once a night, and the job empties what is old."""
    later = make_runtime(database, NOW + timedelta(days=2000))
    owe(database, make_world(database), 1)
    timetable = timetable_of(later)
    timetable.start(paused=True)
    job = timetable.get_job("retention")
    first = job.next_run_time
    second = job.trigger.get_next_fire_time(first, first + timedelta(seconds=1))
    assert (first.hour, second - first) == (RETENTION_HOUR, timedelta(days=1))
    job.func(*job.args)
    timetable.shutdown()
    with database.reading() as db:
        assert db.scalars(select(Resident.name)).all() == [""]


def test_the_timetable_runs_beside_the_ticks_and_ends_with_them(database: Database) -> None:
    runtime = Runtime(make_runtime(database).settings, database, SystemClock())
    stopping = threading.Event()
    before = set(threading.enumerate())
    thread = ticking(runtime, worker_for(runtime, RecordingChannel()), stopping)
    while "timetable" not in {running.name for running in threading.enumerate()}:
        assert thread.is_alive()
    stopping.set()
    thread.join()
    assert {running for running in threading.enumerate() if "APScheduler" in running.name} <= before
