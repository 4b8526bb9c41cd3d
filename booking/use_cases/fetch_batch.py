"""A program fetches a batch of receipts that it was told of: with that the batch has arrived."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import FIRST_WAIT, BatchFailure, BatchWay
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.tables import DocumentBatch
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.access_log import log_access


def note_fetched(runtime: Runtime, batch: BatchToDeliver, residents: Sequence[int], *, actor: Actor) -> None:
    """Keep that a program fetches the batch, and whose it is; nobody is told of it any more.

    Raises: NotFound when staff have taken it over.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        same = (DocumentBatch.id == batch.view.id, DocumentBatch.way == BatchWay.WEBHOOK)
        if db.scalar(select(DocumentBatch.id).where(*same).with_for_update()) is None:
            raise NotFound.because("batch_unknown")
        facts = {"number": batch.view.number, "site_id": batch.site_id, "residents": list(residents)}
        log_access(db, batch.authority_id, None, actor, "api_receipt_batch", now, **facts)
        values = {"arrived_at": now, "next_try_at": None, "claimed_until": None, "failure": ""}
        first = update(DocumentBatch).where(*same, DocumentBatch.arrived_at.is_(None)).values(values)
        if db.scalar(first.returning(DocumentBatch.id)) is not None:
            arrived = {"number": batch.view.number, "way": batch.way.value}
            subject = ("batch", batch.view.id)
            record(db, actor, "batch_arrived", subject, authority_id=batch.authority_id, now=now, **arrived)

    run_with_retries(runtime.database, operation)


def note_unreadable(runtime: Runtime, batch: BatchToDeliver) -> None:
    """Keep that a program wanted the batch, and a copy in it cannot be read: it is an alarm, and looked at again."""

    def operation(db: Session) -> None:
        again = runtime.clock.database_now(db) + FIRST_WAIT
        waits = (DocumentBatch.id == batch.view.id, DocumentBatch.next_try_at.is_not(None))
        values = {"failure": BatchFailure.UNREADABLE.value, "next_try_at": again}
        db.execute(update(DocumentBatch).where(*waits).values(values))

    run_with_retries(runtime.database, operation)
