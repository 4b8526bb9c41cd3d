"""An original is taken and kept, and given back or posted: the chain of who had it, where and until when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.documents.document_owner import DocumentOwner
from booking.documents.original_queries import TAKEN_BACK_WITHIN, Returned
from booking.documents.tables import KeptOriginal
from booking.use_cases.keep_documents import lock_documents, record_of_documents, staff_id_of
from core.audit import Actor
from core.errors import IllegalMove, InvalidValue, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.transactions import run_with_retries

KEPT = "kept"  # how an original stands that was not given back


def keep_original(
    runtime: Runtime,
    owner: DocumentOwner,
    document: str,
    place: str,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of the original, which the council has from now on, at `place`.

    Raises: InvalidValue without a document or a place, IdempotencyMismatch.
    """
    if not document:
        raise InvalidValue.because("document_unnamed")
    if not place:
        raise InvalidValue.because("no_place_of_original")

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        facts = {"document": document, "place": place, "taken_at": now}
        row = KeptOriginal(**owner.keys, **facts, staff_id=staff_id_of(actor))
        db.add(row)
        db.flush()
        record_of_documents(db, actor, "original_taken", owner, now, original=row.id)
        return {"id": row.id}

    return int(run_once(runtime.database, idempotency, operation, runtime.clock.now())["id"])


def return_original(
    runtime: Runtime, authority_id: int, site_id: int, original_id: int, how: Returned, *, actor: Actor
) -> None:
    """Write that the original, which lies at the site, was given back, whosever the appointment is by now.

    Raises: IllegalMove when it was before, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = _locked(db, authority_id, site_id, original_id)
        if row.returned_at is not None:
            raise IllegalMove(row.returned_how, how)
        row.returned_at, row.returned_how, row.returned_by = now, how.value, staff_id_of(actor)
        record_of_documents(db, actor, "original_returned", _owner_of(row), now, original=row.id, how=how.value)

    run_with_retries(runtime.database, operation)


def is_still_here(runtime: Runtime, authority_id: int, site_id: int, original_id: int, *, actor: Actor) -> None:
    """Write that the original was not given back after all.

    Raises: IllegalMove when it is said to be here already, or was given back too long ago to be taken back, NotFound.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        row = _locked(db, authority_id, site_id, original_id)
        if row.returned_at is None or now - row.returned_at > TAKEN_BACK_WITHIN:
            raise IllegalMove(row.returned_how, KEPT)
        was, row.returned_at, row.returned_how, row.returned_by = row.returned_how, None, "", None
        record_of_documents(db, actor, "original_still_here", _owner_of(row), now, original=row.id, was=was)

    run_with_retries(runtime.database, operation)


def _locked(db: Session, authority_id: int, site_id: int, original_id: int) -> KeptOriginal:
    """The original, which nobody else changes until the transaction ends. Raises: NotFound."""
    here = (KeptOriginal.authority_id == authority_id, KeptOriginal.site_id == site_id)
    row = db.scalars(select(KeptOriginal).where(KeptOriginal.id == original_id, *here).with_for_update()).first()
    if row is None:
        raise NotFound
    return row


def _owner_of(row: KeptOriginal) -> DocumentOwner:
    return DocumentOwner(row.authority_id, row.site_id, row.appointment_id, row.visit_id, row.resident_id)
