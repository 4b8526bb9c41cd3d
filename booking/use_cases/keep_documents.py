"""Documents at the counter: what was seen, files that are kept, and receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.document_queries import AT_COUNTER, DocumentsOfVisit, FileView, documents_of, has_documents
from booking.documents.file_content import MOST_FILES, CleanFile, clean_file
from booking.documents.file_store import FileStore, file_store
from booking.documents.tables import DocumentCheck, DocumentFile, DocumentReceipt
from booking.documents.virus_scan import ScanResult, scan
from core.audit import Actor, record
from core.errors import InvalidValue, NotFound, ServiceError
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import new_reference
from core.transactions import lock_by_name, run_with_retries

MOST_DOCUMENTS = 40  # of one visit
UNFINISHED_FOR = timedelta(days=30)  # longer than a database is behind its files after a backup was restored
_AT_ONCE = 500
OF_RESIDENTS = Lock()
TURN_SECONDS = 2.0  # for which somebody waits while another file is looked at


@dataclass(frozen=True)
class NewFile:
    """A file to keep: of which document it is, what is kept of it, and who sends it (`AT_COUNTER` or `BY_RESIDENT`)."""

    document: str
    file: CleanFile
    source: str = AT_COUNTER
    scan: ScanResult = ScanResult.NOT_SCANNED


def store_of(runtime: Runtime) -> FileStore:
    """The store of files. Raises: InvalidValue where this installation has no key for it."""
    store = file_store(runtime.settings)
    if store is None:
        raise InvalidValue.because("no_document_key")
    return store


def content_of(runtime: Runtime, stored_name: str) -> bytes:
    """The content of a file. Raises: NotFound when it is not kept any more, or cannot be opened here."""
    store = file_store(runtime.settings)
    if store is None or not stored_name:
        raise NotFound
    return store.read(stored_name)


@contextmanager
def deleted_unless_kept(store: FileStore, stored_name: str) -> Iterator[None]:
    """Delete the file at once when what would have led to it is refused."""
    try:
        yield
    except (ServiceError, InvalidValue):
        store.delete(stored_name)
        raise


def lock_documents(db: Session, owner: DocumentOwner) -> None:
    """Let changes of the documents of one visit take turns until the transaction ends."""
    lock_by_name(db, "documents of {} {}".format(*owner.subject))


def staff_id_of(actor: Actor) -> int | None:
    """The member of staff who acts; None for anybody else."""
    return actor.id if actor.kind == "staff" else None


def check_documents(
    runtime: Runtime, owner: DocumentOwner, results: Mapping[str, CheckResult | None], *, actor: Actor
) -> None:
    """Write what was found of each document; None takes back what was written of it. The same again changes nothing.

    Raises: InvalidValue for too many documents.
    """

    def operation(db: Session) -> None:
        write_checks(db, owner, results, actor, runtime.clock.database_now(db))

    run_with_retries(runtime.database, operation)


def write_checks(
    db: Session, owner: DocumentOwner, results: Mapping[str, CheckResult | None], actor: Actor, now: datetime
) -> None:
    """The same in the transaction of `db`. Raises: InvalidValue."""
    lock_documents(db, owner)
    known = documents_of(db, owner).checks
    changed = {document: result for document, result in results.items() if known.get(document) != result}
    if len({*known, *changed}) > MOST_DOCUMENTS:
        raise InvalidValue.because("document_too_many", most=MOST_DOCUMENTS)
    for document, result in changed.items():
        mine = [getattr(DocumentCheck, name) == value for name, value in owner.keys.items() if name != "site_id"]
        db.execute(delete(DocumentCheck).where(*mine, DocumentCheck.document == document))
        if result is not None:
            facts = {"document": document, "result": result.value, "checked_at": now}
            db.add(DocumentCheck(**owner.keys, **facts, staff_id=staff_id_of(actor)))
    if changed:
        seen = sum(result is CheckResult.SEEN for result in changed.values())
        missing = sum(result is CheckResult.MISSING for result in changed.values())
        record_of_documents(db, actor, "documents_checked", owner, now, seen=seen, missing=missing)


def checked_file(runtime: Runtime, document: str, upload: bytes, source: str = AT_COUNTER) -> NewFile:
    """What is kept of an upload: looked through for viruses as it was sent, and then written anew.

    What staff have scanned is kept without a scanner that answers; of residents one file at a time is looked at, so that
    nobody at the counter waits for theirs. Raises: InvalidValue.
    """
    if source == AT_COUNTER:
        return NewFile(document, clean_file(upload), source, _scanned_by_staff(runtime, upload))
    if not OF_RESIDENTS.acquire(timeout=TURN_SECONDS):
        raise InvalidValue.because("document_busy")
    try:
        found = scan(upload, runtime.settings.virus_scanner)
        return NewFile(document, clean_file(upload), source, found)
    finally:
        OF_RESIDENTS.release()


def _scanned_by_staff(runtime: Runtime, upload: bytes) -> ScanResult:
    try:
        return scan(upload, runtime.settings.virus_scanner)
    except InvalidValue as error:
        if error.reason.code != "document_not_scanned":
            raise
        return ScanResult.NOT_SCANNED


def keep_file(
    runtime: Runtime, owner: DocumentOwner, new: NewFile, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> int:
    """The id of the file, which is kept encrypted from now on.

    Raises: InvalidValue where no files can be kept or the visit has too many, IdempotencyMismatch.
    """
    store = store_of(runtime)

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        if len([one for one in documents_of(db, owner).files if one.is_kept]) >= MOST_FILES:
            raise InvalidValue.because("document_too_many_files", most=MOST_FILES)
        row = DocumentFile(
            **owner.keys,
            document=new.document,
            stored_name=stored_name,
            media_type=new.file.media_type,
            size=len(new.file.content),
            pages=new.file.pages,
            source=new.source,
            scan=new.scan.value,
            added_at=now,
            staff_id=staff_id_of(actor),
        )
        db.add(row)
        db.flush()
        record_of_documents(db, actor, "document_kept", owner, now, file=row.id, source=new.source)
        return {"file_id": row.id}

    stored_name = store.write(new.file.content)  # before the row: what no row leads to is deleted after a while
    with deleted_unless_kept(store, stored_name):
        return int(run_once(runtime.database, idempotency, operation, runtime.clock.now())["file_id"])


def delete_file(runtime: Runtime, owner: DocumentOwner, file_id: int, *, actor: Actor) -> None:
    """Delete a file of the visit, at once. Raises: NotFound."""

    def operation(db: Session) -> str:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        name = file_of(documents_of(db, owner), file_id).stored_name
        db.execute(delete(DocumentFile).where(DocumentFile.id == file_id))
        record_of_documents(db, actor, "document_deleted", owner, now, file=file_id)
        return name

    delete_stored(runtime, [run_with_retries(runtime.database, operation)])


def file_of(documents: DocumentsOfVisit, file_id: int) -> FileView:
    """The file of this id that is still kept. Raises: NotFound."""
    found = next((one for one in documents.files if one.id == file_id and one.is_kept), None)
    if found is None:
        raise NotFound
    return found


def give_receipt(
    runtime: Runtime, owner: DocumentOwner, *, actor: Actor, idempotency: IdempotencyKey | None = None
) -> str:
    """The number of a receipt for all that was seen, kept and certified until now.

    Raises: InvalidValue when that is nothing, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        lock_documents(db, owner)
        items = _items(documents_of(db, owner))
        if not items:
            raise InvalidValue.because("nothing_for_receipt")
        facts = {"number": new_reference(), "items": items, "given_at": now}
        row = DocumentReceipt(**owner.keys, **facts, staff_id=staff_id_of(actor))
        db.add(row)
        db.flush()
        record_of_documents(db, actor, "receipt_given", owner, now, receipt=row.id)
        return {"number": row.number}

    return str(run_once(runtime.database, idempotency, operation, runtime.clock.now())["number"])


def _items(documents: DocumentsOfVisit) -> list[dict[str, Any]]:
    """A line for each document: what was found of it, how many files and certified copies there are."""
    files = [one.document for one in documents.files]
    copies = [one.document for one in documents.copies if one.revoked_at is None]
    names = dict.fromkeys((*documents.checks, *files, *copies))
    return [
        {
            "document": name,
            "result": documents.checks[name].value if name in documents.checks else "",
            "files": files.count(name),
            "copies": copies.count(name),
        }
        for name in names
    ]


def delete_stored(runtime: Runtime, stored_names: Sequence[str]) -> None:
    """Delete the files whose rows are gone, or do not lead to them any more."""
    store = file_store(runtime.settings)
    if store is not None:
        for name in stored_names:
            store.delete(name)


def delete_unreferenced_files(runtime: Runtime) -> int:
    """Delete the old files to which no row leads, as after a lost race; how many there were.

    Only those that our key opens: another service may have its files in the same folder.
    """
    store = file_store(runtime.settings)
    if store is None:
        return 0
    before = runtime.clock.now() - UNFINISHED_FOR
    names, deleted = sorted(store.names_before(before.timestamp())), 0
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        with runtime.database.reading() as db:
            known = has_documents(db, some)
        for name in sorted(set(some) - known):
            if store.opens(name):
                store.delete(name)
                deleted += 1
    return deleted


def record_of_documents(
    db: Session, actor: Actor, action: str, owner: DocumentOwner, now: datetime, **facts: Any
) -> None:
    """Write the change into the audit."""
    record(db, actor, action, owner.subject, authority_id=owner.authority_id, now=now, site=owner.site_id, **facts)
