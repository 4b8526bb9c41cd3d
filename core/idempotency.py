"""The same key and body give the same result: it is recorded in the transaction of the operation itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Base, BigId, Database, connection_of, table_of
from core.errors import IdempotencyMismatch, ResultUnknown, ServiceError
from core.transactions import run_with_retries

RETENTION = timedelta(hours=48)  # the contract promises at least 24


class IdempotencyRecord(Base):
    """The result that was given to a key. `owner` keeps one caller's keys apart from another's."""

    __tablename__ = "idempotency_records"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        Index("ix_idempotency_records_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


_records = table_of(IdempotencyRecord)
_INSERT = _records.insert()
_FIND = select(_records.c.fingerprint, _records.c.response).where(
    _records.c.owner == bindparam("owner"), _records.c.key == bindparam("key")
)


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key for one operation, with the SHA-256 fingerprint of its body."""

    owner: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, owner: str, key: str, body: bytes) -> IdempotencyKey:
        """The key of `owner` for exactly this body. The key is kept as a digest: whatever was sent, it can be stored."""
        return cls(
            owner, hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest(), hashlib.sha256(body).hexdigest()
        )


def stored_result(db: Session, key: IdempotencyKey) -> dict[str, Any] | None:
    """The result already given to `key`, or None. Raises: IdempotencyMismatch when the body differs."""
    row = db.execute(_FIND, {"owner": key.owner, "key": key.key}).first()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyMismatch.because("key_reused")
    return dict(row.response)


def run_once(
    database: Database, key: IdempotencyKey | None, operation: Callable[[Session], dict[str, Any]], now: datetime
) -> dict[str, Any]:
    """The result of `operation` as plain JSON values, run at most once for `key`, in one transaction with its record.

    The record's unique key is what makes it once: an operation run a second time cannot commit, is rolled back, and the
    first one's result is given instead. A refusal after the first one succeeded gives the first one's result, too.

    When the connection died at COMMIT, the record says whether it was done; if there is none, the operation is tried once
    more, and the unique key sees to it that the two are not both done.

    Raises: IdempotencyMismatch, and whatever `operation` raises (then nothing is recorded, so a later try may succeed);
    ResultUnknown when nobody can say whether it was done.
    """

    def recorded(db: Session) -> dict[str, Any]:
        result = operation(db)
        if key is not None:
            values = {"owner": key.owner, "key": key.key, "fingerprint": key.fingerprint}
            connection_of(db).execute(_INSERT, values | {"response": result, "created_at": now})
        return result

    try:
        return run_with_retries(database, recorded)
    except ResultUnknown as unknown:
        return _found_or_done(database, key, recorded, unknown)
    except (DBAPIError, ServiceError):
        known = _stored(database, key)
        if known is None:
            raise
        return known


def _found_or_done(
    database: Database,
    key: IdempotencyKey | None,
    operation: Callable[[Session], dict[str, Any]],
    unknown: ResultUnknown,
) -> dict[str, Any]:
    if key is None:
        raise unknown
    try:
        return _stored(database, key) or run_with_retries(database, operation)
    except SQLAlchemyError as error:  # the first COMMIT may have come in between, or the database be away still
        try:
            known = _stored(database, key)
        except SQLAlchemyError:
            known = None
        if known is None:
            raise unknown from error
        return known


def _stored(database: Database, key: IdempotencyKey | None) -> dict[str, Any] | None:
    if key is None:
        return None
    with database.reading() as db:
        return stored_result(db, key)


def delete_expired(db: Session, now: datetime) -> None:
    """Delete records older than RETENTION."""
    db.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - RETENTION))
