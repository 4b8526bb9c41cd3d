"""Makes and revokes the secret addresses of calendar feeds, of which only digests are stored."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.tables import CalendarFeed
from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, new_nonce
from locations.model import SiteFacts

LONGEST_NAME = 100
MOST_FEEDS = 50  # of one site: more is a mistake or a program gone wild


@dataclass(frozen=True)
class NewFeed:
    """A feed that was just made, with the token that nobody can see again."""

    id: int
    token: str


def make_feed(
    runtime: Runtime,
    authority_id: int,
    site: SiteFacts,
    name: str,
    *,
    resource_id: int | None = None,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> NewFeed:
    """A new feed of the site or of one of its resources.

    Raises: Invalid (name, or too many), NotFound for another site's resource, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        _check(db, site, name, resource_id)
        nonce = new_nonce()
        row = CalendarFeed(
            authority_id=authority_id,
            site_id=site.id,
            resource_id=resource_id,
            token_digest=digest(feed_token(runtime, nonce)),
            name=name.strip(),
            created_at=now,
        )
        db.add(row)
        db.flush()
        subject = ("calendar_feed", row.id)
        record(db, actor, "feed_made", subject, authority_id=authority_id, now=now, site_id=site.id)
        return {"id": row.id, "nonce": nonce}

    result = run_once(runtime.database, idempotency, operation, runtime.clock.now())
    return NewFeed(result["id"], feed_token(runtime, result["nonce"]))


def revoke_feed(runtime: Runtime, authority_id: int, site_id: int, feed_id: int, *, actor: Actor) -> str:
    """The name of the feed, which answers no more. Revoking twice changes nothing. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        row = db.scalar(
            select(CalendarFeed)
            .where(
                CalendarFeed.id == feed_id, CalendarFeed.site_id == site_id, CalendarFeed.authority_id == authority_id
            )
            .with_for_update()
        )
        if row is None:
            raise NotFound
        if row.revoked_at is None:
            row.revoked_at = now
            subject = ("calendar_feed", row.id)
            record(db, actor, "feed_revoked", subject, authority_id=authority_id, now=now, site_id=site_id)
        return row.name


def _check(db: Session, site: SiteFacts, name: str, resource_id: int | None) -> None:
    if not name.strip():
        raise Invalid.in_field("name", "no_feed_name")
    if len(name.strip()) > LONGEST_NAME:
        raise Invalid.in_field("name", "text_too_long", longest=LONGEST_NAME)
    if resource_id is not None and site.resource(resource_id) is None:
        raise NotFound
    open_feeds = select(func.count(CalendarFeed.id)).where(
        CalendarFeed.site_id == site.id, CalendarFeed.revoked_at.is_(None)
    )
    if (db.scalar(open_feeds) or 0) >= MOST_FEEDS:
        raise Invalid.in_field("name", "too_many_feeds", most=MOST_FEEDS)


def feed_token(runtime: Runtime, nonce: str) -> str:
    """The token of a feed: an HMAC, so that the record of a form sent twice can answer alike and does not hold it."""
    return hmac.new(runtime.settings.secret_key.encode(), f"feed:{nonce}".encode(), hashlib.sha256).hexdigest()
