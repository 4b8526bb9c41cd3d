"""The same key and body give the same answer: records written in the deed's own transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Base, BigId, Database, connection_of, table_of
from core.errors import CapacityConflict, IdempotencyMismatch, ServiceError, SlotTaken

KEPT = timedelta(hours=48)  # the contract promises at least 24
# PostgreSQL ended the transaction so that others could go on: a deadlock, or a serialization failure.
RETRYABLE_SQLSTATES = frozenset({"40P01", "40001"})
TRIES = "tries"  # in Session.info: how often this deed has lost a race already
MOST_TRIES = 20  # each lost race means that somebody else won a seat, so this is more than one start has seats


class IdempotencyRecord(Base):
    """What was answered to a key. `owner` keeps one caller's keys apart from another's."""

    __tablename__ = "idempotency_records"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_idempotency_records_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


_records = table_of(IdempotencyRecord)
_REMEMBER = _records.insert()
_FIND = select(_records.c.fingerprint, _records.c.status, _records.c.answer).where(
    _records.c.owner == bindparam("owner"), _records.c.key == bindparam("key")
)


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key for one deed, with the SHA-256 fingerprint of the deed's body."""

    owner: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, owner: str, key: str, body: bytes) -> IdempotencyKey:
        """The key of `owner` for exactly this body. The key is kept as a digest: whatever was sent, it can be stored."""
        return cls(
            owner, hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest(), hashlib.sha256(body).hexdigest()
        )


@dataclass(frozen=True)
class Answer:
    """What a deed answers: an HTTP-like status number and plain JSON values."""

    status: int
    body: dict[str, Any]


def recall(db: Session, key: IdempotencyKey) -> Answer | None:
    """The answer already given to `key`, or None. Raises: IdempotencyMismatch when the body differs."""
    row = db.execute(_FIND, {"owner": key.owner, "key": key.key}).first()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyMismatch("This key was used for a different request. Send a new Idempotency-Key.")
    return Answer(row.status, row.answer)


def run_once(
    database: Database, key: IdempotencyKey | None, operation: Callable[[Session], Answer], now: datetime
) -> Answer:
    """The answer of `operation`, done at most once for `key`, in one transaction together with its record.

    The record's unique key is what makes it once: a deed done a second time cannot commit, is rolled back, and the
    first one's answer is given instead. So `operation` must act through its session alone. A deed that meets another one at
    the same capacity (`CapacityConflict`) is rolled back and starts again with fresh eyes.

    Raises: IdempotencyMismatch, and whatever `operation` raises (then nothing is recorded, so a later try may succeed).
    """
    for tries in range(MOST_TRIES):
        try:
            return _commit(database, key, operation, now, tries)
        except CapacityConflict:
            continue
        except DBAPIError as error:
            known = _known(database, key)
            if known is not None:
                return known
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE_SQLSTATES:
                raise
        except ServiceError:
            known = _known(database, key)
            if known is None:
                raise
            return known
    known = _known(database, key)
    if known is None:
        raise SlotTaken("Many people want this time at this moment. Choose another.")
    return known


def _commit(
    database: Database, key: IdempotencyKey | None, operation: Callable[[Session], Answer], now: datetime, tries: int
) -> Answer:
    with database.writing() as db:
        db.info[TRIES] = tries
        answer = operation(db)
        if key is not None:
            values = {"owner": key.owner, "key": key.key, "fingerprint": key.fingerprint, "created_at": now}
            values |= {"status": answer.status, "answer": answer.body}
            connection_of(db).execute(_REMEMBER, values)
    return answer


def _known(database: Database, key: IdempotencyKey | None) -> Answer | None:
    if key is None:
        return None
    with database.reading() as db:
        return recall(db, key)


def forget_old(db: Session, now: datetime) -> None:
    """Remove records past their time."""
    db.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - KEPT))
