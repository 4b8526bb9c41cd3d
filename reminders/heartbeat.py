"""The scheduler's heartbeat, for `/readyz`."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.errors import ResultUnknown
from core.outages import summary_of
from core.runtime import Runtime
from reminders.tables import Heartbeat

HEARTBEAT_SECONDS = 15.0
SWEEP = "sweep"  # the row that says when the last cleanup was: no worker's
RETENTION = timedelta(days=1)  # of the heartbeats of processes that have ended

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Host and process: who did it, in the record of a try."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def record_heartbeat(db: Session, worker: str, now: datetime) -> None:
    """Write that `worker` is running."""
    db.merge(Heartbeat(worker=worker, at=now))


def is_fresh(runtime: Runtime) -> bool:
    """Whether any scheduler has recorded a heartbeat within HEARTBEAT_SECONDS of the settings.

    One is recorded every few seconds; the minute that is the default allows for a slow mail server.
    """
    longest = timedelta(seconds=runtime.settings.heartbeat_seconds)
    with runtime.database.reading() as db:
        newest = db.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.worker != SWEEP))
        return newest is not None and runtime.clock.database_now(db) - newest <= longest


def last_sweep(db: Session) -> datetime | None:
    """When what has expired was last deleted."""
    return db.scalar(select(Heartbeat.at).where(Heartbeat.worker == SWEEP))


@dataclass
class HeartbeatRecorder:
    """The heartbeats of one worker. They are recorded as work is done, so that one that hangs or fails records none."""

    runtime: Runtime
    worker: str
    last: float | None = None

    def on_progress(self) -> None:
        """Record a heartbeat, unless the last one is recent. It never raises: sending goes on without it."""
        now = monotonic()
        if self.last is not None and now - self.last < HEARTBEAT_SECONDS:
            return
        try:
            with self.runtime.database.writing() as db:
                record_heartbeat(db, self.worker, self.runtime.clock.database_now(db))
        except (SQLAlchemyError, ResultUnknown) as error:
            log.warning("no heartbeat could be written: %s", summary_of(error))
        else:
            self.last = now
