"""The pace of a provider's key over all processes and hosts: each takes a few requests at a time out of one row.

At 3,000 requests a minute that is one short statement in ten requests. While the database is away each process goes on at
its own pace, as if it were alone: the provider refuses what is too much, and that pauses the key.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.clock import SystemClock
from core.database import Database, connection_of, table_of
from core.outages import outage_of
from core.tokens import digest
from reminders.channels.pace import Pace
from reminders.tables import KeyPace

LONGEST_PAUSE, LONGEST_QUEUE = timedelta(minutes=5), timedelta(minutes=7)
AT_ONCE = 10  # requests that are taken together; those that are not made are lost
_INSERT = {
    name: dialect.insert(table_of(KeyPace)).on_conflict_do_nothing(index_elements=["key_digest"])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}

log = logging.getLogger(__name__)


@dataclass
class SharedPace:
    """The pace of the key `api_key`, kept in `database`. Any number of threads may share it."""

    database: Database
    api_key: str = field(repr=False)
    alone: Pace
    taken: deque[float] = field(default_factory=deque, init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def reserve(self, now: float) -> float:
        """The instant, `now` or later, at which the next request may begin."""
        with self.lock:
            while self.taken and self.taken[0] < now - self.alone.interval:
                self.taken.popleft()  # nobody needed it in time
            if not self.taken:
                begins_at = self._take(timedelta(seconds=AT_ONCE * self.alone.interval))
                if begins_at is None:
                    return self.alone.reserve(now)
                self.taken.extend(begins_at + number * self.alone.interval for number in range(AT_ONCE))
            return max(now, self.taken.popleft())

    def pause(self, seconds: float) -> None:
        """Begin no request for so long, in no process, and for five minutes at the most."""
        with self.lock:
            self.taken.clear()
            self.alone.pause(min(seconds, LONGEST_PAUSE.total_seconds()))
            try:
                with self._row() as (row, now):
                    until = now + min(timedelta(seconds=seconds), LONGEST_PAUSE)
                    row.paused_until = max(until, _pause_on(row, now) or until)
            except Exception as error:
                if outage_of(error) is None:
                    raise
                log.warning("a pause of the key cannot be shared while the database is away")

    def _take(self, period: timedelta) -> float | None:
        """When the next `period` of the key begins, which nobody else has then; None while the database is away."""
        try:
            with self._row() as (row, now):
                # A clock that was set back must not make anybody wait for what it said before.
                is_queue = now < row.free_at <= now + LONGEST_QUEUE
                begins_at = max(row.free_at if is_queue else now, _pause_on(row, now) or now)
                row.free_at = begins_at + period
        except Exception as error:
            if outage_of(error) is None:
                raise
            log.warning("the pace of the key cannot be shared while the database is away")
            return None
        return monotonic() + (begins_at - now).total_seconds()

    @contextmanager
    def _row(self) -> Iterator[tuple[KeyPace, datetime]]:
        """The row of the key, locked, and the database's time."""
        with self.database.writing() as db:
            now = SystemClock().database_now(db)
            yield _row_of(db, digest(self.api_key), now), now


def forget_pauses(db: Session) -> None:
    """End the pauses of all keys."""
    db.execute(update(KeyPace).values(paused_until=None).execution_options(synchronize_session=False))


def _pause_on(row: KeyPace, now: datetime) -> datetime | None:
    """Until when the key is left alone; None where it is not. A clock that was set back makes no pause longer."""
    until = row.paused_until
    return until if until is not None and until - LONGEST_PAUSE <= now < until else None


def _row_of(db: Session, key_digest: str, now: datetime) -> KeyPace:
    """The row of the key, locked, made where there is none."""
    locked = select(KeyPace).where(KeyPace.key_digest == key_digest).with_for_update()
    if (row := db.scalars(locked).first()) is not None:
        return row
    connection = connection_of(db)
    connection.execute(_INSERT[connection.dialect.name], {"key_digest": key_digest, "free_at": now})
    return db.scalars(locked).one()
