"""Staff save a batch of receipts that has not arrived, and pass it on themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import BatchWay, DeliveryRefused
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_folder import council_folder
from booking.documents.batch_queries import batch_at, batch_to_deliver
from booking.documents.tables import DocumentBatch
from core.audit import Actor, record
from core.errors import Stale
from core.runtime import Runtime
from core.transactions import run_with_retries


def pass_on_as_file(runtime: Runtime, authority_id: int, site_id: int, number: str, *, actor: Actor) -> None:
    """Let staff pass the batch on: no process tries it, and no program fetches it any more.

    Raises: NotFound; Stale when it has arrived or is being tried, or while nobody can say whether it is in the folder.
    """
    with runtime.database.reading() as db:
        batch = batch_to_deliver(db, batch_at(db, authority_id, site_id, number).id)
    if batch.way is BatchWay.FILE:
        return
    if batch.written_as and not _is_hidden_still(runtime, batch):
        raise Stale.because("batch_arrived")

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        unfinished = (
            DocumentBatch.id == batch.view.id,
            DocumentBatch.tries == batch.tries,
            DocumentBatch.next_try_at.is_not(None),
            DocumentBatch.failure != "",
            or_(DocumentBatch.claimed_until.is_(None), DocumentBatch.claimed_until <= now),
        )
        values: dict[str, Any] = {"way": BatchWay.FILE.value, "next_try_at": None, "claimed_until": None, "failure": ""}
        values |= {"tries": batch.tries + 1, "written_as": "", "told_at": None}
        ended = update(DocumentBatch).where(*unfinished).values(values)
        if db.scalar(ended.returning(DocumentBatch.id)) is None:
            raise Stale.because("batch_arrived" if batch.view.arrived_at else "batch_is_tried")
        subject = ("batch", batch.view.id)
        facts = {"number": batch.view.number}
        record(db, actor, "batch_saved_instead", subject, authority_id=authority_id, now=now, **facts)

    run_with_retries(runtime.database, operation)
    if batch.written_as:
        council_folder(runtime.settings.handover_folder, batch.council).discard(batch.written_as)


def _is_hidden_still(runtime: Runtime, batch: BatchToDeliver) -> bool:
    """Whether it was never shown. Raises: Stale while the folder is away."""
    try:
        return council_folder(runtime.settings.handover_folder, batch.council).holds(batch.written_as)
    except DeliveryRefused as error:
        raise Stale.because("batch_may_be_there") from error
