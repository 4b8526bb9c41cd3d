"""Other programs are told of a batch of receipts: each until it has answered that it has it."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import BatchFailure, DeliveryRefused
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_queries import copies_of_batch
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.signed_sending import send_signed
from booking.webhooks.signed_message import RECEIPTS_HANDED_OVER, WebhookFailure, WebhookMessage
from booking.webhooks.tables import BatchNotice, Webhook
from booking.webhooks.webhook_queries import WebhookTarget, targets_for_batch
from core.runtime import Runtime
from core.sealed import sealed_anew
from core.transactions import run_with_retries

BATCHES = "/api/v1/receipt-batches"


def tell_of_batch(runtime: Runtime, batch: BatchToDeliver, silent: set[int]) -> None:
    """Tell everybody who wants it and was not told yet; once all were, and it was not fetched in time, all of them again.

    Addresses that do not answer are added to `silent`, and those in it are not asked.
    Raises: DeliveryRefused unless all have it then, and where it was not fetched in time.
    """
    contents_of_batch(runtime, batch, all_of_it=True)  # nobody is told of what cannot be fetched
    targets, is_wanted = _targets(runtime, batch)
    if is_wanted and not targets and batch.view.told_at is None:
        return  # and whoever told them ended before it was kept
    is_late = is_wanted and not targets
    if is_late:
        _forget_notices(runtime, batch)
        targets, _is_wanted = _targets(runtime, batch)
    if not is_wanted:
        raise DeliveryRefused(BatchFailure.NO_ADDRESS)
    with runtime.database.reading() as db:
        message = message_of_batch(db, batch, runtime.settings.public_url)
    failures = [_told(runtime, batch, target, message, silent) for target in targets]
    failed = sorted({one for one in failures if one is not None}, key=lambda one: one is not BatchFailure.PRIVATE)
    if failed:
        raise DeliveryRefused(failed[0])
    if is_late:
        raise DeliveryRefused(BatchFailure.NOT_FETCHED)


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


def _targets(runtime: Runtime, batch: BatchToDeliver) -> tuple[list[WebhookTarget], bool]:
    keys = runtime.settings.secret_keys
    with runtime.database.reading() as db:
        return targets_for_batch(db, keys, batch.authority_id, RECEIPTS_HANDED_OVER, batch.view.id)


def _told(
    runtime: Runtime, batch: BatchToDeliver, target: WebhookTarget, message: WebhookMessage, silent: set[int]
) -> BatchFailure | None:
    """None where it answers that it has it, which is kept; or else why not."""
    failure = WebhookFailure.SILENT if target.id in silent else send_signed(runtime, target, message)
    if failure in (WebhookFailure.SILENT, WebhookFailure.PRIVATE):
        silent.add(target.id)
    if failure is not None:
        return BatchFailure.PRIVATE if failure is WebhookFailure.PRIVATE else BatchFailure.NOT_TAKEN
    _note(runtime, batch, target)
    return None


def _note(runtime: Runtime, batch: BatchToDeliver, target: WebhookTarget) -> None:
    """Keep that it was told, with its address sealed by the newest key. One that was removed meanwhile is nobody's."""

    def operation(db: Session) -> None:
        row, keys = db.get(Webhook, target.id, with_for_update=True), runtime.settings.secret_keys
        if row is not None and db.get(BatchNotice, (batch.view.id, target.id)) is None:
            row.sealed_address = sealed_anew(keys, row.sealed_address)
            row.sealed_secret = sealed_anew(keys, row.sealed_secret)
            now = runtime.clock.database_now(db)
            db.add(BatchNotice(batch_id=batch.view.id, webhook_id=target.id, told_at=now))

    run_with_retries(runtime.database, operation)


def _forget_notices(runtime: Runtime, batch: BatchToDeliver) -> None:
    def operation(db: Session) -> None:
        db.execute(delete(BatchNotice).where(BatchNotice.batch_id == batch.view.id))

    run_with_retries(runtime.database, operation)
