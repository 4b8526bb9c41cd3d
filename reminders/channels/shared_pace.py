"""The pace of a provider's key over all processes and hosts: each takes a few requests at a time out of one row.

At 3,000 requests a minute that is one short statement in ten requests. While the database is away each process goes on at
its own pace, as if it were alone: the provider refuses what is too much, and that pauses the key.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.clock import SystemClock
from core.database import Database, connection_of, table_of
from core.outages import outage_of
from core.tokens import digest
from reminders.channels.pace import Pace
from reminders.tables import KeyPace

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
        """Begin no request for so long, in no process."""
        with self.lock:
            self.taken.clear()
            self._take(timedelta(seconds=seconds))

    def _take(self, period: timedelta) -> float | None:
        """When the next `period` of the key begins, which nobody else has then; None while the database is away."""
        try:
            with self.database.writing() as db:
                now = SystemClock().database_now(db)
                row = _row_of(db, digest(self.api_key), now)
                begins_at = max(now, row.free_at)
                row.free_at = begins_at + period
        except Exception as error:
            if outage_of(error) is None:
                raise
            log.warning("the pace of the key cannot be shared while the database is away")
            return None
        return monotonic() + (begins_at - now).total_seconds()


def _row_of(db: Session, key_digest: str, now: datetime) -> KeyPace:
    """The row of the key, locked, made where there is none."""
    locked = select(KeyPace).where(KeyPace.key_digest == key_digest).with_for_update()
    if (row := db.scalars(locked).first()) is not None:
        return row
    connection = connection_of(db)
    connection.execute(_INSERT[connection.dialect.name], {"key_digest": key_digest, "free_at": now})
    return db.scalars(locked).one()
