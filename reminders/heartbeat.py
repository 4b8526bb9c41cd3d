"""The scheduler's sign of life, for `/readyz`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.runtime import Runtime
from reminders.tables import Heartbeat

FRESH = timedelta(seconds=60)  # the scheduler beats every few seconds; a minute forgives a long batch
KEPT = timedelta(days=1)  # signs of life of processes that are gone


def beat(session: Session, worker: str, now: datetime) -> None:
    """Write that `worker` lives."""
    session.merge(Heartbeat(worker=worker, at=now))


def is_fresh(runtime: Runtime) -> bool:
    """Whether any scheduler has given a sign of life within the last minute."""
    with runtime.store.reading() as session:
        newest = session.scalar(select(func.max(Heartbeat.at)))
        return newest is not None and runtime.clock.database_now(session) - newest <= FRESH
