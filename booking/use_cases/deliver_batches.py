"""Batches of receipts go on to the back office, each once, and are tried again until they have arrived: into a folder, or
another program is told.

A batch is written whole under a hidden name; that it is whole is committed; then one rename shows it. Whoever comes after a
crash knows by that whether to write or only to rename, so that nothing is lost and nothing is handed over twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from threading import Event

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import LEASE, BatchFailure, BatchWay, DeliveryRefused, wait_after
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_folder import council_folder
from booking.documents.batch_queries import batch_to_deliver, owed_batches
from booking.documents.tables import DocumentBatch
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.tell_of_batch import tell_of_batch
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.access_log import log_access

MOST_AT_ONCE = 20  # in one pass
log = logging.getLogger(__name__)


def deliver_batches(runtime: Runtime, stopping: Event | None = None) -> Counter[str]:
    """How many have `arrived` and how many have `failed`, of those that are due."""
    counts: Counter[str] = Counter()
    with runtime.database.reading() as db:
        due = owed_batches(db, runtime.clock.database_now(db), MOST_AT_ONCE)
    for batch_id, tries in due:
        if stopping is not None and stopping.is_set():
            break
        if not _claimed(runtime, batch_id, tries):
            continue
        with runtime.database.reading() as db:
            batch = batch_to_deliver(db, batch_id)
        try:
            is_there = _put(runtime, batch)
        except DeliveryRefused as error:
            log.error("a batch did not arrive", extra={"batch": batch.view.number, "why": error.failure.value})
            _failed(runtime, batch, error.failure)
            counts["failed"] += 1
        else:
            counts["arrived"] += _arrived(runtime, batch, is_there=is_there)
    return counts


def _claimed(runtime: Runtime, batch_id: int, tries: int) -> bool:
    """Whether the batch is ours for a while: its number of tries is the fence that a slower process meets."""

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        due = (DocumentBatch.id == batch_id, DocumentBatch.tries == tries, DocumentBatch.next_try_at <= now)
        found = update(DocumentBatch).where(*due).values(tries=tries + 1, next_try_at=now + LEASE)
        return db.scalar(found.returning(DocumentBatch.id)) is not None

    return run_with_retries(runtime.database, operation)


def _put(runtime: Runtime, batch: BatchToDeliver) -> bool:
    """Whether it has arrived now; False where it was whole there and is gone. Raises: DeliveryRefused."""
    if batch.way is BatchWay.WEBHOOK:
        tell_of_batch(runtime, batch)
        return True
    folder = council_folder(runtime.settings.handover_folder, batch.council)
    hidden = batch.written_as
    if not hidden:
        with runtime.database.reading() as db:
            files = contents_of_batch(runtime, db, batch, all_of_it=True)
        hidden = folder.write(batch.folder_name, batch.tries, files)
        _written(runtime, batch, hidden)
    return folder.show(hidden, batch.folder_name)


def _written(runtime: Runtime, batch: BatchToDeliver, hidden: str) -> None:
    """Keep that it is whole. Raises: DeliveryRefused where another process has taken the batch over."""

    def operation(db: Session) -> bool:
        kept = update(DocumentBatch).where(*_still_ours(batch)).values(written_as=hidden)
        return db.scalar(kept.returning(DocumentBatch.id)) is not None

    if not run_with_retries(runtime.database, operation):
        raise DeliveryRefused(BatchFailure.BROKEN)


def _arrived(runtime: Runtime, batch: BatchToDeliver, *, is_there: bool) -> bool:
    """Keep that it has arrived; False where another process has kept that before."""

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        values = {"arrived_at": now, "next_try_at": None, "failure": "" if is_there else BatchFailure.IN_DOUBT.value}
        open_still = (DocumentBatch.id == batch.view.id, DocumentBatch.next_try_at.is_not(None))
        kept = update(DocumentBatch).where(*open_still).values(values)
        if db.scalar(kept.returning(DocumentBatch.id)) is None:
            return False
        facts = {"number": batch.view.number, "way": batch.way.value}
        subject = ("batch", batch.view.id)
        record(db, Actor.system(), "batch_arrived", subject, authority_id=batch.authority_id, now=now, **facts)
        return True

    return run_with_retries(runtime.database, operation)


def _failed(runtime: Runtime, batch: BatchToDeliver, failure: BatchFailure) -> None:
    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        values = {"failure": failure.value, "next_try_at": now + wait_after(batch.tries)}
        db.execute(update(DocumentBatch).where(*_still_ours(batch)).values(values))

    run_with_retries(runtime.database, operation)


def _still_ours(batch: BatchToDeliver) -> tuple[ColumnElement[bool], ...]:
    return (
        DocumentBatch.id == batch.view.id,
        DocumentBatch.tries == batch.tries,
        DocumentBatch.next_try_at.is_not(None),
    )


def note_fetched(runtime: Runtime, batch: BatchToDeliver, residents: Sequence[int], *, actor: Actor) -> None:
    """Keep that a program fetches the batch, and whose it is. Raises: NotFound when staff have taken it over."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        same = (DocumentBatch.id == batch.view.id, DocumentBatch.way == BatchWay.WEBHOOK)
        if db.scalar(select(DocumentBatch.id).where(*same).with_for_update()) is None:
            raise NotFound.because("batch_unknown")
        facts = {"number": batch.view.number, "site_id": batch.site_id, "residents": list(residents)}
        log_access(db, batch.authority_id, None, actor, "api_receipt_batch", now, **facts)
        first = (DocumentBatch.id == batch.view.id, DocumentBatch.fetched_at.is_(None))
        db.execute(update(DocumentBatch).where(*first).values(fetched_at=now))

    run_with_retries(runtime.database, operation)
