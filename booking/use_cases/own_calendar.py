"""Makes and revokes the secret address at which a calendar program reads all appointments of a resident.

Whoever makes it has proved that they read the mail of an email address. What the feed shows is told to that address
anyway, and nothing else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.feeds.tables import ResidentFeed
from booking.queries.resident_feeds import reader_digest
from booking.use_cases.calendar_feeds import NewFeed, feed_token
from core.audit import Actor, record
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, new_nonce
from core.transactions import lock_by_name


def make_resident_feed(
    runtime: Runtime, authority_id: int, resident_id: int, reader: str, *, idempotency: IdempotencyKey | None = None
) -> NewFeed:
    """A new feed of what is told about the resident to the email address `reader`; the former one is revoked.

    A form that is sent again gets the feed that it made, which may have been revoked since.

    Raises: IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now, nonce = runtime.clock.database_now(db), new_nonce()
        _revoke(runtime, db, authority_id, resident_id, reader)
        row = ResidentFeed(
            authority_id=authority_id,
            resident_id=resident_id,
            reader_digest=reader_digest(resident_id, reader),
            token_digest=digest(feed_token(runtime, nonce)),
            created_at=now,
        )
        db.add(row)
        db.flush()
        subject = ("resident", resident_id)
        record(db, Actor.resident(), "resident_feed_made", subject, authority_id=authority_id, now=now)
        return {"id": row.id, "nonce": nonce}

    result = run_once(runtime.database, idempotency, operation, runtime.clock.now())
    return NewFeed(result["id"], feed_token(runtime, result["nonce"]))


def revoke_resident_feed(runtime: Runtime, authority_id: int, resident_id: int, reader: str) -> None:
    """End the feed, if there is one."""
    with runtime.database.writing() as db:
        _revoke(runtime, db, authority_id, resident_id, reader)


def revoke_feed_at(runtime: Runtime, token: str) -> None:
    """End the feed of this address; whoever has it may. Nothing for one that is unknown, or ended already."""
    with runtime.database.writing() as db:
        _end(runtime, db, ResidentFeed.token_digest == digest(token), actor=Actor.resident())


def revoke_feeds_of(runtime: Runtime, authority_id: int, resident_id: int, *, actor: Actor) -> None:
    """End every feed of the resident, for staff."""
    theirs = (ResidentFeed.authority_id == authority_id, ResidentFeed.resident_id == resident_id)
    with runtime.database.writing() as db:
        _end(runtime, db, *theirs, actor=actor)


def _revoke(runtime: Runtime, db: Session, authority_id: int, resident_id: int, reader: str) -> None:
    theirs_digest = reader_digest(resident_id, reader)
    lock_by_name(db, f"calendar of {theirs_digest}")  # of two that are made at once, one ends the other
    theirs = (ResidentFeed.authority_id == authority_id, ResidentFeed.resident_id == resident_id)
    _end(runtime, db, *theirs, ResidentFeed.reader_digest == theirs_digest, actor=Actor.resident())


def _end(runtime: Runtime, db: Session, *whose: ColumnElement[bool], actor: Actor) -> None:
    now = runtime.clock.database_now(db)
    rows = select(ResidentFeed).where(*whose, ResidentFeed.revoked_at.is_(None)).order_by(ResidentFeed.id)
    for row in db.scalars(rows.with_for_update()):
        row.revoked_at = now
        subject = ("resident", row.resident_id)
        record(db, actor, "resident_feed_revoked", subject, authority_id=row.authority_id, now=now)
