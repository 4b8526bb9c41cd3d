"""The scheduler's heartbeat, for `/readyz`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.runtime import Runtime
from reminders.tables import Heartbeat

FRESH = timedelta(seconds=60)  # recorded every few seconds; a minute allows for a slow mail server
HEARTBEAT_INTERVAL = timedelta(seconds=15)
RETENTION = timedelta(days=1)  # of the heartbeats of processes that have ended


log = logging.getLogger(__name__)


def record_heartbeat(db: Session, worker: str, now: datetime) -> None:
    """Write that `worker` is running."""
    db.merge(Heartbeat(worker=worker, at=now))


def is_fresh(runtime: Runtime) -> bool:
    """Whether any scheduler has recorded a heartbeat within the last minute."""
    with runtime.database.reading() as db:
        newest = db.scalar(select(func.max(Heartbeat.at)))
        return newest is not None and runtime.clock.database_now(db) - newest <= FRESH


@dataclass
class HeartbeatRecorder:
    """The heartbeats of one worker. They are recorded as work is done, so that one that hangs or fails records none."""

    runtime: Runtime
    worker: str
    last: datetime | None = None

    def on_progress(self) -> None:
        """Record a heartbeat, unless the last one is recent. It never raises: sending goes on without it."""
        now = self.runtime.clock.now()
        if self.last is not None and now - self.last < HEARTBEAT_INTERVAL:
            return
        try:
            with self.runtime.database.writing() as db:
                record_heartbeat(db, self.worker, self.runtime.clock.database_now(db))
        except SQLAlchemyError:
            log.warning("no heartbeat could be written", exc_info=True)
        else:
            self.last = now
