"""Addresses of other programs that are told what happened: added, and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.webhooks.change_queries import newest_place
from booking.webhooks.signed_message import new_webhook_secret
from booking.webhooks.tables import Webhook
from core.audit import Actor, record
from core.bounded_fetch import is_complete_address
from core.errors import Invalid, LimitReached, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.sealed import seal
from core.transactions import lock_by_name, run_with_retries

MOST_WEBHOOKS = 5  # of one council


def add_webhook(
    runtime: Runtime,
    authority_id: int,
    address: str,
    events: Sequence[str],
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of the address, which is told of these events from now on. Raises: Invalid, LimitReached."""

    def operation(db: Session) -> dict[str, Any]:
        if not is_complete_address(address, runtime.settings.webhook_hosts):
            raise Invalid.in_field("url", "webhook_address")
        lock_by_name(db, f"webhooks of {authority_id}")
        known = db.scalar(select(func.count()).where(Webhook.authority_id == authority_id)) or 0
        if known >= MOST_WEBHOOKS:
            raise LimitReached.because("too_many_webhooks", most=MOST_WEBHOOKS)
        now, keys = runtime.clock.database_now(db), runtime.settings.secret_keys
        row = Webhook(
            authority_id=authority_id,
            host=(urlsplit(address).hostname or "")[:260],
            sealed_address=seal(keys, address),
            sealed_secret=seal(keys, new_webhook_secret()),
            events=sorted(set(events)),
            created_at=now,
            read_up_to=newest_place(db, authority_id),
        )
        db.add(row)
        db.flush()
        facts: dict[str, Any] = {"host": row.host, "events": row.events}
        record(db, actor, "webhook_added", ("webhook", row.id), authority_id=authority_id, now=now, **facts)
        return {"id": row.id}

    return int(run_once(runtime.database, idempotency, operation, runtime.clock.now())["id"])


def remove_webhook(runtime: Runtime, authority_id: int, webhook_id: int, *, actor: Actor) -> None:
    """Tell the address nothing any more. Raises: NotFound."""

    def operation(db: Session) -> None:
        row = db.scalar(select(Webhook).where(Webhook.authority_id == authority_id, Webhook.id == webhook_id))
        if row is None:
            raise NotFound
        now = runtime.clock.database_now(db)
        subject = ("webhook", row.id)
        record(db, actor, "webhook_removed", subject, authority_id=authority_id, now=now, host=row.host)
        db.delete(row)

    run_with_retries(runtime.database, operation)
