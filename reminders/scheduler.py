"""The scheduler: a process that ticks. It holds no timetable; the database decides what is due at each tick."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete

from booking.use_cases.cleanup import delete_expired
from core.runtime import Runtime
from reminders.channels.registry import configured_channels
from reminders.heartbeat import RETENTION, HeartbeatRecorder
from reminders.messages import MessageWriter
from reminders.tables import Heartbeat
from reminders.worker import Worker

TICK_SECONDS = 3
SWEEP_SECONDS = 3600

log = logging.getLogger(__name__)


def worker_of(runtime: Runtime) -> Worker:
    """A worker for every channel that the settings configure. Raises: ConfigurationError."""
    settings = runtime.settings
    writer = MessageWriter(settings.public_url, settings.secret_key, settings.mail_from)
    return Worker(runtime.database, runtime.clock, configured_channels(settings, runtime.database), writer)


def run(runtime: Runtime, worker: Worker, stopping: threading.Event, *, tick_seconds: float = TICK_SECONDS) -> None:
    """Tick until `stopping` is set; then finish the message in hand and return.

    Heartbeats come from the work itself: a job of its own would go on recording them while nothing is sent.
    """
    worker.on_progress = HeartbeatRecorder(runtime, worker.name).on_progress
    scheduler = _scheduler()
    for work, seconds in (
        (worker.send_due, tick_seconds),
        (lambda: _sweep(runtime), SWEEP_SECONDS),
    ):
        # The first time at once. A tick that falls into the one before is dropped: that one sends all that is due.
        scheduler.add_job(work, "interval", seconds=seconds, next_run_time=runtime.clock.now())
    scheduler.start()
    stopping.wait()
    worker.stop()
    scheduler.shutdown(wait=True)


def stop_on_signals(stopping: threading.Event) -> None:
    """Let SIGTERM and SIGINT end the process cleanly. Call it from the main thread."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _scheduler() -> BackgroundScheduler:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # else a dropped tick is a warning, every few seconds
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )


def _sweep(runtime: Runtime) -> None:
    deleted = delete_expired(runtime)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        db.execute(delete(Heartbeat).where(Heartbeat.at < now - RETENTION))
    log.info("swept", extra={"holds": deleted.holds, "claims": deleted.claims})
