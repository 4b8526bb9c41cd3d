"""Batches of receipts go on to the back office, each once, and are tried again until they have arrived: into a folder, or
another program is told and fetches them.

For a folder, a batch is written whole under a hidden name; that it is whole is committed; then one rename shows it. Whoever
comes after a crash knows by that whether to write or only to rename: nothing is lost, and nothing is handed over twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from threading import Event
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import (
    FETCHED_WITHIN,
    LEASE,
    BatchFailure,
    BatchWay,
    DeliveryRefused,
    wait_after,
)
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_folder import council_folder, remove_folder, unfinished_folders
from booking.documents.batch_queries import batch_to_deliver, owed_batches, owed_numbers
from booking.documents.tables import DocumentBatch
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.tell_of_batch import tell_of_batch
from core.audit import Actor, record
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import run_with_retries

MOST_AT_ONCE = 20  # in one pass
log = logging.getLogger(__name__)


def deliver_batches(runtime: Runtime, stopping: Event | None = None) -> Counter[str]:
    """How many have `arrived`, how many programs are `told` of, and how many have `failed`, of those that are due."""
    counts: Counter[str] = Counter()
    silent: set[int] = set()  # addresses that have not answered in this pass: nobody else waits for them
    with runtime.database.reading() as db:
        due = owed_batches(db, runtime.clock.database_now(db), MOST_AT_ONCE)
    for batch_id, tries in due:
        if stopping is not None and stopping.is_set():
            break
        if not _claimed(runtime, batch_id, tries):
            continue
        with runtime.database.reading() as db:
            batch = batch_to_deliver(db, batch_id)
        if batch.tries == tries + 1 and batch.view.next_try_at is not None:
            counts += Counter({_tried(runtime, batch, silent): 1})
    _remove_what_is_left(runtime)
    return counts


def _tried(runtime: Runtime, batch: BatchToDeliver, silent: set[int]) -> str:
    """What became of one try. What goes wrong with one batch is no other's."""
    try:
        if batch.way is BatchWay.WEBHOOK:
            tell_of_batch(runtime, batch, silent)
            return "told" if _kept_told(runtime, batch) else ""
        if batch.way is BatchWay.FOLDER:
            is_there = _put(runtime, batch)
            return "arrived" if _arrived(runtime, batch, is_there=is_there) else ""
    except DeliveryRefused as error:
        failure = error.failure
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a batch could not be delivered", extra={"batch": batch.view.number})
        failure = BatchFailure.BROKEN
    else:
        return ""
    log.error("a batch did not arrive", extra={"batch": batch.view.number, "why": failure.value})
    _failed(runtime, batch, failure)
    return "failed"


def _claimed(runtime: Runtime, batch_id: int, tries: int) -> bool:
    """Whether the batch is ours for a while: its number of tries is the fence that a slower process meets."""

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        due = (DocumentBatch.id == batch_id, DocumentBatch.tries == tries, DocumentBatch.next_try_at <= now)
        values = {"tries": tries + 1, "next_try_at": now + LEASE, "claimed_until": now + LEASE}
        found = update(DocumentBatch).where(*due).values(values)
        return db.scalar(found.returning(DocumentBatch.id)) is not None

    return run_with_retries(runtime.database, operation)


def _put(runtime: Runtime, batch: BatchToDeliver) -> bool:
    """Whether it lies in the folder now; False where it was whole there and is gone. Raises: DeliveryRefused."""
    folder = council_folder(runtime.settings.handover_folder, batch.council)
    hidden = batch.written_as
    if not hidden:
        files = contents_of_batch(runtime, batch, all_of_it=True)
        hidden = folder.write(batch.folder_name, batch.tries, files)
        if not _kept(runtime, batch, written_as=hidden):
            folder.discard(hidden)  # another process has taken the batch over
            raise DeliveryRefused(BatchFailure.BROKEN)
    return folder.show(hidden, batch.folder_name)


def _arrived(runtime: Runtime, batch: BatchToDeliver, *, is_there: bool) -> bool:
    """Keep that it has arrived; False where another process has kept that before."""

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        values: dict[str, Any] = {"arrived_at": now, "next_try_at": None, "claimed_until": None}
        values |= {"failure": "" if is_there else BatchFailure.IN_DOUBT.value}
        open_still = (DocumentBatch.id == batch.view.id, DocumentBatch.next_try_at.is_not(None))
        kept = update(DocumentBatch).where(*open_still).values(values)
        if db.scalar(kept.returning(DocumentBatch.id)) is None:
            return False
        facts = {"number": batch.view.number, "way": batch.way.value}
        subject = ("batch", batch.view.id)
        record(db, Actor.system(), "batch_arrived", subject, authority_id=batch.authority_id, now=now, **facts)
        return True

    return run_with_retries(runtime.database, operation)


def _kept_told(runtime: Runtime, batch: BatchToDeliver) -> bool:
    """Keep that everybody was told; it is looked at again when it should have been fetched."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
    values = {"told_at": now, "next_try_at": now + FETCHED_WITHIN, "claimed_until": None, "failure": ""}
    return _kept(runtime, batch, **values)


def _failed(runtime: Runtime, batch: BatchToDeliver, failure: BatchFailure) -> None:
    with runtime.database.reading() as db:
        again = runtime.clock.database_now(db) + wait_after(batch.tries)
    values = {"failure": failure.value, "next_try_at": again, "claimed_until": None}
    _kept(runtime, batch, **values)


def _still_ours(batch: BatchToDeliver) -> tuple[ColumnElement[bool], ...]:
    return (
        DocumentBatch.id == batch.view.id,
        DocumentBatch.tries == batch.tries,
        DocumentBatch.next_try_at.is_not(None),
    )


def _kept(runtime: Runtime, batch: BatchToDeliver, **values: Any) -> bool:
    """Whether the values were kept: not where another process has the batch."""
    same = _still_ours(batch)

    def operation(db: Session) -> bool:
        kept = update(DocumentBatch).where(*same).values(values)
        return db.scalar(kept.returning(DocumentBatch.id)) is not None

    return run_with_retries(runtime.database, operation)


def _remove_what_is_left(runtime: Runtime) -> None:
    """Remove hidden folders of batches that are not owed any more: papers of people lie in them, unencrypted."""
    left = unfinished_folders(runtime.settings.handover_folder)
    if not left:
        return
    with runtime.database.reading() as db:
        owed = owed_numbers(db, set(left.values()))
    for path, number in left.items():
        if number not in owed:
            remove_folder(path)
