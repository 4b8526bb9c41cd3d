"""Certifies a copy of a document at the counter, and revokes one that should not have been certified."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.document_queries import CopyView, FileView, documents_of
from booking.documents.file_content import CleanFile
from booking.documents.pdf_pages import LARGEST_FILE
from booking.documents.stamped_pdf import StampText, certified_pdf
from booking.documents.tables import CertifiedCopy
from booking.use_cases.keep_documents import (
    deleted_unless_kept,
    file_of,
    lock_documents,
    record_of_documents,
    staff_id_of,
    store_of,
)
from core.audit import Actor
from core.errors import InvalidValue, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest
from core.transactions import run_with_retries


@dataclass(frozen=True)
class NewCopy:
    """A copy to certify: of which file, of which document, for whom, by which code, and what its stamp page says.

    No row has the code: it stands on the copy alone, and `link` leads to the page that checks it.
    """

    file_id: int
    document: str
    on_behalf_of: str
    code: str
    link: str
    text: StampText


def certify_copy(
    runtime: Runtime, owner: DocumentOwner, new: NewCopy, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> int:
    """The id of the certified copy.

    Raises: NotFound for a file that is not of this visit, InvalidValue where no files can be kept or nobody has seen the
    original, IdempotencyMismatch.
    """
    store = store_of(runtime)
    with runtime.database.reading() as db:
        file = _file_to_certify(db, owner, new)
    content = certified_pdf(CleanFile(file.media_type, store.read(file.stored_name), file.pages), new.text, new.link)
    if len(content) > LARGEST_FILE:  # a larger one could not be checked by sending it
        raise InvalidValue.because("file_too_large", most=LARGEST_FILE // 1_000_000)
    stored_name = store.write(content)

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        _file_to_certify(db, owner, new)
        row = CertifiedCopy(
            **owner.keys,
            document=new.document,
            on_behalf_of=new.on_behalf_of,
            code_digest=digest(new.code),
            sha256=sha256(content).hexdigest(),
            stored_name=stored_name,
            size=len(content),
            certified_at=now,
            staff_id=staff_id_of(actor),
        )
        db.add(row)
        db.flush()
        record_of_documents(db, actor, "copy_certified", owner, now, copy=row.id, file=new.file_id)
        return {"copy_id": row.id}

    with deleted_unless_kept(store, stored_name):
        return int(run_once(runtime.database, idempotency, operation, runtime.clock.now())["copy_id"])


def _file_to_certify(db: Session, owner: DocumentOwner, new: NewCopy) -> FileView:
    """The file, whose original was seen. Raises: NotFound, InvalidValue."""
    found = documents_of(db, owner)
    file = file_of(found, new.file_id)
    if file.document != new.document or found.checks.get(new.document) is not CheckResult.SEEN:
        raise InvalidValue.because("original_not_seen")
    return file


def revoke_copy(runtime: Runtime, owner: DocumentOwner, copy_id: int, *, actor: Actor) -> None:
    """Say of a certified copy that it counts no more; a second time changes nothing. Raises: NotFound."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        copy_of(documents_of(db, owner).copies, copy_id)
        row = db.get_one(CertifiedCopy, copy_id)
        if row.revoked_at is None:
            row.revoked_at = now
            record_of_documents(db, actor, "copy_revoked", owner, now, copy=copy_id)

    run_with_retries(runtime.database, operation)


def copy_of(copies: tuple[CopyView, ...], copy_id: int) -> CopyView:
    """The copy of this id. Raises: NotFound."""
    found = next((one for one in copies if one.id == copy_id), None)
    if found is None:
        raise NotFound
    return found
