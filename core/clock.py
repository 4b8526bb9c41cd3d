"""The only module that reads a clock. Everything else takes `now`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import connection_of


def epoch_seconds() -> float:
    """Seconds since 1970 on this host: for rate limits of requests, never for when an appointment is."""
    return time.time()


class Clock(Protocol):
    """Says what time it is: `now` on this host, `database_now` as all hosts agree on it."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def database_now(self, db: Session) -> datetime:
        """The instant by the database's clock, aware, in UTC. Holds and leases expire by it."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def database_now(self, db: Session) -> datetime:
        """The instant by the database's clock; one short statement, so that hosts whose clocks drift agree."""
        if db.get_bind().dialect.name == "sqlite":
            text = db.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f", "now")))
            return datetime.fromisoformat(f"{text}+00:00")
        value: datetime = connection_of(db).exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return value.astimezone(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; for tests and for `NOW` in the demo."""

    instant: datetime

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            raise ValueError("A clock needs an aware datetime: give the instant a zone, 2026-11-23T09:00:00+00:00.")
        self.instant = self.instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was set to, in UTC."""
        return self.instant

    def database_now(self, db: Session) -> datetime:
        """The same instant: host and database agree."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.instant += by


def make_clock(fixed_now: datetime | None) -> Clock:
    """The clock to run by: the real one, or one that stands still at `fixed_now`."""
    return FixedClock(fixed_now) if fixed_now else SystemClock()
