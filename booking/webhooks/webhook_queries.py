"""The addresses of a council that are told what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.webhooks.tables import BatchNotice, Webhook
from core.errors import NotFound
from core.sealed import unseal


@dataclass(frozen=True)
class WebhookView:
    """An address; of what it says itself only the host is shown."""

    id: int
    host: str
    events: tuple[str, ...]
    created_at: datetime
    failing_since: datetime | None = None
    failure: str = ""


@dataclass(frozen=True)
class WebhookTarget:
    """Where a message goes, and what signs it; empty where none of our keys opens them."""

    id: int
    address: str = field(repr=False)
    secret: str = field(repr=False)


def webhooks_of(db: Session, authority_id: int) -> list[WebhookView]:
    """All of the council, the oldest first."""
    rows = db.scalars(select(Webhook).where(Webhook.authority_id == authority_id).order_by(Webhook.id))
    return [
        WebhookView(row.id, row.host, tuple(row.events), row.created_at, row.failing_since, row.failure) for row in rows
    ]


def target_of(db: Session, keys: Sequence[str], authority_id: int, webhook_id: int) -> WebhookTarget:
    """The address with its secret. Raises: NotFound."""
    row = db.scalar(select(Webhook).where(Webhook.authority_id == authority_id, Webhook.id == webhook_id))
    if row is None:
        raise NotFound
    return target_of_row(row, keys)


def targets_for_batch(
    db: Session, keys: Sequence[str], authority_id: int, event: str, batch_id: int
) -> tuple[list[WebhookTarget], bool]:
    """The addresses that want to be told of a batch and have not been yet; and whether anybody wants it at all."""
    rows = [
        row
        for row in db.scalars(select(Webhook).where(Webhook.authority_id == authority_id).order_by(Webhook.id))
        if event in row.events
    ]
    told = set(db.scalars(select(BatchNotice.webhook_id).where(BatchNotice.batch_id == batch_id)))
    return [target_of_row(row, keys) for row in rows if row.id not in told], bool(rows)


def target_of_row(row: Webhook, keys: Sequence[str]) -> WebhookTarget:
    """The address of the row with its secret."""
    return WebhookTarget(row.id, unseal(keys, row.sealed_address) or "", unseal(keys, row.sealed_secret) or "")
