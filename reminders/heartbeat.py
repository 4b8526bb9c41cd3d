"""The scheduler's sign of life, for `/readyz`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.runtime import Runtime
from reminders.tables import Heartbeat

FRESH = timedelta(seconds=60)  # the scheduler beats every few seconds; a minute forgives a slow mail server
BETWEEN_BEATS = timedelta(seconds=15)
KEPT = timedelta(days=1)  # signs of life of processes that are gone


log = logging.getLogger(__name__)


def beat(db: Session, worker: str, now: datetime) -> None:
    """Write that `worker` lives."""
    db.merge(Heartbeat(worker=worker, at=now))


def is_fresh(runtime: Runtime) -> bool:
    """Whether any scheduler has given a sign of life within the last minute."""
    with runtime.database.reading() as db:
        newest = db.scalar(select(func.max(Heartbeat.at)))
        return newest is not None and runtime.clock.database_now(db) - newest <= FRESH


@dataclass
class Pulse:
    """The signs of life of one worker. They are given as work is done, so that one that hangs or fails gives none."""

    runtime: Runtime
    worker: str
    last: datetime | None = None

    def progressed(self) -> None:
        """Write a sign of life, unless the last one is recent. It never raises: a message is worth more than a sign."""
        now = self.runtime.clock.now()
        if self.last is not None and now - self.last < BETWEEN_BEATS:
            return
        try:
            with self.runtime.database.writing() as db:
                beat(db, self.worker, self.runtime.clock.database_now(db))
        except SQLAlchemyError:
            log.warning("no sign of life could be written", exc_info=True)
        else:
            self.last = now
