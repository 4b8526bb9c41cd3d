"""The same key and body give the same answer: records written in the deed's own transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Base, Key, Store
from core.errors import IdempotencyMismatch

KEPT = timedelta(hours=48)  # the contract promises at least 24


class IdempotencyRecord(Base):
    """What was answered to a key. `owner` keeps one caller's keys apart from another's."""

    __tablename__ = "idempotency_records"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_idempotency_records_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key for one deed, with the SHA-256 fingerprint of the deed's body."""

    owner: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, owner: str, key: str, body: bytes) -> IdempotencyKey:
        """The key of `owner` for exactly this body."""
        return cls(owner, key, hashlib.sha256(body).hexdigest())


@dataclass(frozen=True)
class Answer:
    """What a deed answers: an HTTP-like status number and plain JSON values."""

    status: int
    body: dict[str, Any]


def recall(session: Session, key: IdempotencyKey) -> Answer | None:
    """The answer already given to `key`, or None. Raises: IdempotencyMismatch when the body differs."""
    row = session.scalar(
        select(IdempotencyRecord).where(IdempotencyRecord.owner == key.owner, IdempotencyRecord.key == key.key)
    )
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyMismatch("This key was used for a different request. Send a new Idempotency-Key.")
    return Answer(row.status, row.answer)


def remember(session: Session, key: IdempotencyKey, answer: Answer, now: datetime) -> None:
    """Write the answer to `key` into the running transaction."""
    values = {
        "owner": key.owner,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "status": answer.status,
        "answer": answer.body,
        "created_at": now,
    }
    session.connection().execute(IdempotencyRecord.__table__.insert(), values)


def once(store: Store, key: IdempotencyKey | None, deed: Callable[[Session], Answer], now: datetime) -> Answer:
    """The answer of `deed`, done at most once for `key`, in one transaction together with its record.

    Two simultaneous callers with one key: the second waits at the unique key, is rolled back, and gets the first's answer.
    Raises: IdempotencyMismatch, and whatever `deed` raises (then nothing is recorded, so a later try may succeed).
    """
    if key is None:
        with store.writing() as session:
            return deed(session)
    try:
        with store.writing() as session:
            known = recall(session, key)
            if known is not None:
                return known
            answer = deed(session)
            remember(session, key, answer, now)
            return answer
    except IntegrityError:
        with store.reading() as session:
            known = recall(session, key)
        if known is None:
            raise
        return known


def forget_old(session: Session, now: datetime) -> None:
    """Remove records past their time."""
    session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - KEPT))
