"""Rate limits, counted in the database, so that all processes on all hosts share one count.

Whoever is counted is kept as a keyed digest: the table tells nobody which emails or addresses were counted. Each count is
a short transaction of its own. Call these functions while no other writing transaction of the same request is open:
SQLite has one writer at a time, and the two would wait for each other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary

from limits import parse
from limits.storage import MovingWindowSupport, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import JSON, String, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.clock import epoch_seconds
from core.connections import CLEANUP
from core.database import Base, Database, connection_of, table_of
from core.errors import RateLimited
from core.runtime import Runtime

SCHEME = "database"
CLOCK_SKEW_SECONDS = 60  # between hosts; what lies further ahead was counted by a clock that was wrong
# One for each application of this process; it goes with the application's database.
_storages: WeakKeyDictionary[Database, Storage] = WeakKeyDictionary()


class RateLimitHits(Base):
    """The hits of one subject against one limit. `key` holds the subject's digest and the limit: "LIMITER/…/10/15/minute".

    `times` are the hits of a moving window, in seconds since 1970, ascending; `count` is the sum of a fixed window.
    """

    __tablename__ = "rate_limit_hits"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    times: Mapped[list[float]] = mapped_column(JSON)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


_hits = table_of(RateLimitHits)
_INSERT = {"sqlite": sqlite.insert(_hits), "postgresql": postgresql.insert(_hits)}


@dataclass(frozen=True)
class RateLimit:
    """At most `amount` hits of one subject in any `seconds` seconds; `key` is its row of the table."""

    key: str
    amount: int
    seconds: int


def rate_limit(secret_key: str, limit: str, *subject: str) -> RateLimit:
    """`limit` ("5/hour", "10/15 minutes") for `subject`."""
    item = parse(limit)
    return RateLimit(item.key_for(subject_digest(secret_key, *subject)), item.amount, item.get_expiry())


def subject_digest(secret_key: str, *subject: str) -> str:
    """The keyed digest under which `subject` is counted, an HMAC-SHA-256 in hexadecimal."""
    return hmac.new(secret_key.encode(), "\0".join(("rate-limit", *subject)).encode(), hashlib.sha256).hexdigest()


def check_rate_limit(runtime: Runtime, limit: str, *subject: str) -> None:
    """Count one hit of `subject` against `limit` ("5/hour") in a moving window. A refused hit is not counted.

    Raises: RateLimited, with the instant when there is room again.
    """
    limiter = MovingWindowRateLimiter(storage_of(runtime))
    item, digest = parse(limit), subject_digest(runtime.settings.secret_key, *subject)
    if not limiter.hit(item, digest):
        wait = limiter.get_window_stats(item, digest).reset_time - epoch_seconds()
        raise RateLimited(runtime.clock.now() + timedelta(seconds=wait))


@dataclass(frozen=True)
class SlowingLimit:
    """A limit that slows and never shuts out: `amount` ("20/day") at any pace, and then one in each `beyond` ("1/minute").

    For origins that many people may share: a library's computers, or a network of telephones.
    """

    amount: str
    beyond: str


def check_slowing_limit(runtime: Runtime, limit: SlowingLimit, *subject: str) -> None:
    """Count one hit of `subject` against `limit`. Raises: RateLimited, with the instant when the next may come."""
    try:
        check_rate_limit(runtime, limit.amount, *subject)
    except RateLimited:
        check_rate_limit(runtime, limit.beyond, "beyond", *subject)


def storage_of(runtime: Runtime) -> Storage:
    """Where the settings say that hits are counted: in the database, or where RATE_LIMIT_STORAGE points."""
    if runtime.database not in _storages:
        uri = runtime.settings.rate_limit_storage
        options: dict[str, Any] = {"database": runtime.database} if uri.startswith(f"{SCHEME}:") else {}
        _storages[runtime.database] = cast(Storage, storage_from_string(uri, **options))
    return _storages[runtime.database]


def count_hit(database: Database, limits: Sequence[RateLimit], now: datetime) -> None:
    """Count one hit against each of `limits`, or against none of them when one has no room.

    The rows are locked before they are read: of any number of simultaneous hits never more than the limit are counted.
    Raises: RateLimited, with the instant when all of them have room again.
    """
    _count(database, limits, now.timestamp())


def add_to_window(database: Database, key: str, amount: int, *, ends: float) -> int:
    """Add `amount` hits to the fixed window of `key`, and return its count.

    When there is no such window, or it is over, a new one begins, which ends at `ends` (seconds since 1970).
    """
    row = {"key": key, "times": [], "count": amount, "expires_at": _instant(ends)}
    with database.writing() as db:
        insert = _insert(db)
        is_wrong = _hits.c.expires_at > _instant(ends + CLOCK_SKEW_SECONDS)
        is_over = or_(_hits.c.expires_at <= _instant(epoch_seconds()), is_wrong)
        changed = {
            "count": case((is_over, insert.excluded["count"]), else_=_hits.c["count"] + insert.excluded["count"]),
            "expires_at": case((is_over, insert.excluded.expires_at), else_=_hits.c.expires_at),
        }
        counted = insert.on_conflict_do_update(index_elements=["key"], set_=changed).returning(_hits.c["count"])
        return int(connection_of(db).execute(counted, row).scalar_one())


def reset(database: Database, limit: RateLimit) -> None:
    """Delete all hits that `limit` has counted."""
    with database.writing() as db:
        db.execute(delete(_hits).where(_hits.c.key == limit.key))


def remove_hit(database: Database, limit: RateLimit, at: datetime) -> None:
    """Remove one hit that `limit` has counted at the instant `at`; the others stay."""
    with database.writing() as db:
        times = _locked_times(db, limit, at.timestamp())
        if at.timestamp() in times:
            times.remove(at.timestamp())
            _save_times(db, limit, times)


def delete_expired(database: Database, now: datetime) -> None:
    """Delete the rows whose window is over. A row that is being counted at this moment stays until the next time."""
    expired = select(_hits.c.key).where(_hits.c.expires_at <= now).with_for_update(skip_locked=True)
    with database.writing(CLEANUP) as db:
        db.execute(delete(_hits).where(_hits.c.key.in_(expired)))


def _count(database: Database, limits: Sequence[RateLimit], seconds: float, amount: int = 1) -> None:
    with database.writing() as db:
        # In order of key, so that two transactions cannot each hold a row that the other waits for.
        ordered = sorted(limits, key=lambda limit: limit.key)
        counted = [(limit, _not_ahead(_locked_times(db, limit, seconds), seconds)) for limit in ordered]
        full = [(limit, times) for limit, times in counted if len(times) + amount > limit.amount]
        if full:
            raise RateLimited(_instant(max(_room_at(limit, times, seconds, amount) for limit, times in full)))
        for limit, times in counted:
            _save_times(db, limit, times + [seconds] * amount)


def _room_at(limit: RateLimit, times: list[float], seconds: float, amount: int) -> float:
    """When `limit` has room for `amount` hits: when so many of the oldest have left the window."""
    leaving = len(times) + amount - limit.amount
    return times[min(leaving, len(times)) - 1] + limit.seconds if times else seconds


def _locked_times(db: Session, limit: RateLimit, seconds: float) -> list[float]:
    """The hits in the window that ends at `seconds`, ascending. Their row is made if need be, and locked until COMMIT."""
    insert = _insert(db)
    row = {"key": limit.key, "times": [], "count": 0, "expires_at": _instant(seconds)}
    locked = insert.on_conflict_do_update(index_elements=["key"], set_={"key": insert.excluded.key})
    times = connection_of(db).execute(locked.returning(_hits.c.times), row).scalar_one()
    return _in_window(times, seconds, limit.seconds)


def _save_times(db: Session, limit: RateLimit, times: list[float]) -> None:
    expires_at = _instant(max(times, default=0.0) + limit.seconds)
    changed = update(_hits).where(_hits.c.key == limit.key).values(times=times, expires_at=expires_at)
    connection_of(db).execute(changed)


def _in_window(times: Sequence[float], seconds: float, period: int) -> list[float]:
    return sorted(at for at in times if at > seconds - period)


def _not_ahead(times: Sequence[float], seconds: float) -> list[float]:
    return [at for at in times if at <= seconds + CLOCK_SKEW_SECONDS]


def _insert(db: Session) -> Any:
    return _INSERT[db.get_bind().dialect.name]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class DatabaseStorage(Storage, MovingWindowSupport):
    """The storage of the library `limits` in our database: `database://`, with the option `database`."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(
        self, uri: str | None = None, wrap_exceptions: bool = False, *, database: Database, **options: Any
    ) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library turns into its own errors."""
        return DBAPIError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count of the fixed window of `key`, with these `amount`; the first hit opens it for `expiry` seconds."""
        return add_to_window(self._database, key, amount, ends=epoch_seconds() + expiry)

    def get(self, key: str) -> int:
        """The count of the fixed window of `key`."""
        return self._window(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the fixed window of `key` is over, in seconds since 1970."""
        return self._window(key)[1]

    def _window(self, key: str) -> tuple[int, float]:
        now = epoch_seconds()
        hits = select(_hits.c["count"], _hits.c.expires_at).where(
            _hits.c.key == key, _hits.c.expires_at > _instant(now)
        )
        with self._database.reading() as db:
            row = db.execute(hits).first()
        return (row[0], row[1].timestamp()) if row else (0, now)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits in the moving window of `key` and say so, or count none when there is no room for all."""
        try:
            _count(self._database, [RateLimit(key, limit, expiry)], epoch_seconds(), amount)
        except RateLimited:
            return False
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest hit in the moving window of `key` was, in seconds since 1970, and how many hits there are."""
        now = epoch_seconds()
        with self._database.reading() as db:
            times = db.scalar(select(_hits.c.times).where(_hits.c.key == key)) or []
        counted = _in_window(times, now, expiry)[-limit:]
        return (counted[0], len(counted)) if counted else (now, 0)

    def check(self) -> bool:
        """Whether the database answers."""
        with self._database.reading() as db:
            return bool(db.scalar(select(1)))

    def reset(self) -> int:
        """Delete all hits of all limits; how many rows there were."""
        with self._database.writing() as db:
            return int(cast(Any, db.execute(delete(_hits))).rowcount)

    def clear(self, key: str) -> None:
        """Delete the hits of `key`."""
        with self._database.writing() as db:
            db.execute(delete(_hits).where(_hits.c.key == key))
