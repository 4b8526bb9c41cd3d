"""Says of a file that a resident has sent that it is accepted, or is to be sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.documents.document_owner import DocumentOwner, Review
from booking.documents.document_queries import documents_of
from booking.documents.tables import DocumentFile
from booking.use_cases.keep_documents import file_of, lock_documents, record_of_documents, staff_id_of
from core.audit import Actor
from core.errors import InvalidValue, NotFound, Stale
from core.runtime import Runtime
from core.transactions import run_with_retries

LONGEST_REASON = 300


def accept_file(runtime: Runtime, owner: DocumentOwner, file_id: int, *, actor: Actor, was: str) -> None:
    """Accept it. Raises: Stale when a colleague has decided otherwise meanwhile, NotFound."""

    def operation(db: Session) -> None:
        write_review(db, owner, file_id, Review.ACCEPTED, "", actor=actor, now=runtime.clock.database_now(db), was=was)

    run_with_retries(runtime.database, operation)


def write_review(
    db: Session,
    owner: DocumentOwner,
    file_id: int,
    review: Review,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    was: str,
) -> bool:
    """Write what is said of the file, in the transaction of `db`; False where that was said of it before.

    Raises: Stale when it is not as `was` says, InvalidValue to have it sent again without a reason, NotFound.
    """
    if review is Review.AGAIN and not reason:
        raise InvalidValue.because("no_reason_for_again")
    lock_documents(db, owner)
    file = file_of(documents_of(db, owner), file_id)
    if not file.is_sent:
        raise NotFound
    if (file.review, file.review_reason) == (review.value, reason):
        return False
    if file.review != was:
        raise Stale.because("appointment_changed")
    facts = {"review": review.value, "review_reason": reason, "reviewed_at": now, "reviewed_by": staff_id_of(actor)}
    db.execute(update(DocumentFile).where(DocumentFile.id == file_id).values(**facts))
    if review is Review.ACCEPTED:
        record_of_documents(db, actor, "paper_accepted", owner, now, file=file_id)
    else:
        record_of_documents(db, actor, "paper_wanted_again", owner, now, file=file_id)
    return True
