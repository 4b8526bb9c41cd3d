"""Other programs are told of a batch of receipts: each until it has answered that it has it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.documents.batch_delivery import BatchFailure, DeliveryRefused
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_queries import copies_of_batch
from booking.webhooks.signed_message import RECEIPTS_HANDED_OVER, WebhookMessage, signed_headers
from booking.webhooks.tables import BatchNotice, Webhook
from booking.webhooks.webhook_queries import WebhookTarget, targets_for_batch
from core.bounded_fetch import FetchFailed, FetchLimits, FetchRequest, fetch
from core.runtime import Runtime
from core.sealed import sealed_anew
from core.transactions import run_with_retries

LIMITS = FetchLimits(seconds=10, most_bytes=100_000, redirects=0)
BATCHES = "/api/v1/receipt-batches"


def tell_of_batch(runtime: Runtime, batch: BatchToDeliver, limits: FetchLimits = LIMITS) -> None:
    """Tell everybody who wants it and was not told yet. Raises: DeliveryRefused unless all have it then."""
    with runtime.database.reading() as db:
        targets, is_wanted = targets_for_batch(
            db, runtime.settings.secret_keys, batch.authority_id, RECEIPTS_HANDED_OVER, batch.view.id
        )
        message = message_of_batch(db, batch, runtime.settings.public_url)
    if not is_wanted:
        raise DeliveryRefused(BatchFailure.NO_ADDRESS)
    taken = [_has_taken(runtime, target, message, limits) and _noted(runtime, batch, target) for target in targets]
    if not all(taken):
        raise DeliveryRefused(BatchFailure.NOT_TAKEN)


def message_of_batch(db: Session, batch: BatchToDeliver, public_url: str) -> WebhookMessage:
    """What is said of it: its number, how much is in it and where it can be fetched; nothing about anybody."""
    data = {
        "batch": batch.view.number,
        "council": batch.council,
        "site": batch.site,
        "receipts": batch.view.receipts,
        "copies": len(copies_of_batch(db, batch.authority_id, batch.view.id)),
        "url": f"{public_url}{BATCHES}/{batch.view.number}",
    }
    return WebhookMessage(f"msg_batch_{batch.view.number}", RECEIPTS_HANDED_OVER, batch.view.handed_over_at, data)


def _has_taken(runtime: Runtime, target: WebhookTarget, message: WebhookMessage, limits: FetchLimits) -> bool:
    """Whether it answers that it has it."""
    if not target.address or not target.secret:  # sealed with a key that is gone
        return False
    headers = signed_headers(message, target.secret, runtime.clock.now())
    request = FetchRequest(target.address, "POST", message.body, headers)
    try:
        answer = fetch(request, runtime.settings.webhook_hosts, limits)
    except FetchFailed:
        return False
    return 200 <= answer.status < 300


def _noted(runtime: Runtime, batch: BatchToDeliver, target: WebhookTarget) -> bool:
    """Keep that it was told, with its address sealed by the newest key. One that was removed meanwhile is nobody's."""

    def operation(db: Session) -> bool:
        row, keys = db.get(Webhook, target.id, with_for_update=True), runtime.settings.secret_keys
        if row is not None and db.get(BatchNotice, (batch.view.id, target.id)) is None:
            row.sealed_address = sealed_anew(keys, row.sealed_address)
            row.sealed_secret = sealed_anew(keys, row.sealed_secret)
            now = runtime.clock.database_now(db)
            db.add(BatchNotice(batch_id=batch.view.id, webhook_id=target.id, told_at=now))
        return True

    return run_with_retries(runtime.database, operation)
