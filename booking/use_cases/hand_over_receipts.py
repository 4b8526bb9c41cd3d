"""Receipts of a site are handed to the back office as one batch, each once, with the certified copies of their visits.

The batch goes on by the way that the council has chosen then, whatever it chooses later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import BatchWay
from booking.documents.batch_queries import copies_of_receipts
from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.use_cases.keep_documents import staff_id_of
from core.audit import Actor, record
from core.errors import InvalidValue, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import new_reference
from core.transactions import lock_by_name
from locations.tables import Authority


def hand_over_receipts(
    runtime: Runtime,
    authority_id: int,
    site_id: int,
    receipt_ids: Collection[int],
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> str:
    """The number of the batch.

    Raises: InvalidValue without a receipt; Stale when one of them is of another batch, or not of this site, and nothing is
    handed over; IdempotencyMismatch.
    """
    if not receipt_ids:
        raise InvalidValue.because("no_receipts_chosen")

    def operation(db: Session) -> dict[str, Any]:
        lock_by_name(db, f"document batches of {site_id}")
        now = runtime.clock.database_now(db)
        waits = (
            DocumentReceipt.authority_id == authority_id,
            DocumentReceipt.site_id == site_id,
            DocumentReceipt.batch_id.is_(None),
            DocumentReceipt.id.in_(receipt_ids),
        )
        receipts = db.scalars(select(DocumentReceipt).where(*waits)).all()
        if len(receipts) != len(set(receipt_ids)):
            raise Stale.because("receipts_handed_over")
        batch = _batched(db, receipts, authority_id, site_id, actor, now)
        facts: dict[str, Any] = {"site": site_id, "receipts": len(receipts), "number": batch.number, "way": batch.way}
        record(db, actor, "receipts_handed_over", ("batch", batch.id), authority_id=authority_id, now=now, **facts)
        return {"number": batch.number}

    return str(run_once(runtime.database, idempotency, operation, runtime.clock.now())["number"])


def _batched(
    db: Session, receipts: Sequence[DocumentReceipt], authority_id: int, site_id: int, actor: Actor, now: datetime
) -> DocumentBatch:
    """The new batch of the receipts, and of the copies that count which were certified before them."""
    batch = DocumentBatch(authority_id=authority_id, site_id=site_id, number=new_reference(), handed_over_at=now)
    batch.staff_id = staff_id_of(actor)
    batch.way = db.scalars(select(Authority.receipts_go_by).where(Authority.id == authority_id)).one()
    batch.next_try_at = None if batch.way == BatchWay.FILE else now
    db.add(batch)
    db.flush()
    for receipt in receipts:
        receipt.batch_id = batch.id
    theirs = (
        CertifiedCopy.authority_id == authority_id,
        CertifiedCopy.batch_id.is_(None),
        CertifiedCopy.revoked_at.is_(None),
        copies_of_receipts(receipts),
    )
    db.execute(update(CertifiedCopy).where(*theirs).values(batch_id=batch.id))
    return batch
