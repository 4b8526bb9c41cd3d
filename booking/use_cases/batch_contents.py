"""The files of a batch, with the certified copies that are kept."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from booking.documents.batch_delivery import BatchFailure, DeliveryRefused
from booking.documents.batch_facts import BatchCopy, BatchToDeliver
from booking.documents.batch_files import batch_files
from booking.documents.batch_queries import copies_of_batch, receipts_of_batch
from booking.use_cases.keep_documents import content_of
from core.errors import NotFound, Unavailable
from core.runtime import Runtime


def contents_of_batch(runtime: Runtime, batch: BatchToDeliver, *, all_of_it: bool) -> dict[str, bytes]:
    """The files by name. A copy that is kept no more is left out and said to be. No connection is held meanwhile.

    Raises: DeliveryRefused, with `all_of_it`, where a copy should be there and cannot be read.
    """
    with runtime.database.reading() as db:
        receipts = receipts_of_batch(db, batch.authority_id, batch.view.id)
        copies = copies_of_batch(db, batch.authority_id, batch.view.id)
    kept = {one.id: found for one in copies if (found := _content(runtime, one)) is not None}
    if all_of_it and any(one.stored_name and one.id not in kept for one in copies):
        raise DeliveryRefused(BatchFailure.UNREADABLE)
    return batch_files(batch.view, (batch.council, batch.site), receipts, copies, kept, ZoneInfo(batch.zone))


def _content(runtime: Runtime, copy: BatchCopy) -> bytes | None:
    """The file; None when it is not kept any more, no key opens it, or the disk does not give it."""
    try:
        return content_of(runtime, copy.stored_name)
    except (NotFound, Unavailable, OSError):
        return None
