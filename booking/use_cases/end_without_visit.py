"""Cancels an appointment because all papers are accepted that it asks of this person: nobody needs to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import check_seen, service_ids_of
from booking.documents.accepted_papers import papers_not_accepted
from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.document_queries import DocumentsOfVisit, documents_of
from booking.states import BY_COUNCIL, State
from booking.tables import Appointment
from booking.use_cases.appointment_changes import check_changeable, lock_appointment, record_change, site_id_of
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.cancel import end_appointment
from booking.use_cases.changed_result import result_of
from booking.use_cases.keep_documents import lock_documents
from core.audit import Actor
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id


def end_without_visit(
    runtime: Runtime,
    authority_id: int,
    site_id: int,
    reference: str,
    *,
    actor: Actor,
    seen: str,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, cancelled by the council; its time is free for others at once, or for those who wait.

    Whether all papers are accepted is looked at under the locks that changes of the appointment and of its papers take.
    Raises: Stale when they are not, or it is not as `seen`, or not at this site, IllegalMove once it has begun or is not
    booked any more, NotFound.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        db.refresh(row)
        check_changeable(db, row, now, enforce_cutoff=False)
        if row.starts_at <= now:
            raise IllegalMove(row.state, State.CANCELLED_BY_AUTHORITY)
        check_seen(row, seen)
        if row.site_id != site_id or _lacking(db, row) != ():
            raise Stale.because("appointment_changed")
        row.not_needed_at = now
        occupied = end_appointment(db, row, State.CANCELLED_BY_AUTHORITY, "", now)
        facts: dict[str, Any] = {"by": BY_COUNCIL, "occupied": occupied, "papers_accepted": True}
        record_change(db, row, actor, "cancelled", now, "", **facts)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _lacking(db: Session, row: Appointment) -> tuple[str, ...] | None:
    owner = DocumentOwner(row.authority_id, row.site_id, row.id, resident_id=row.resident_id)
    lock_documents(db, owner)
    catalogue = catalogue_by_id(db, row.authority_id)
    services = [catalogue.service_by_id(service_id) for service_id in service_ids_of(db, row.id)]
    found = documents_of(db, owner)
    sent = [file for file in found.files if file.is_sent]
    return papers_not_accepted(services, row.paper_answers, row.local_date, sent, seen_of(found))


def seen_of(found: DocumentsOfVisit) -> frozenset[str]:
    """The documents of which the original was seen."""
    return frozenset(name for name, result in found.checks.items() if result is CheckResult.SEEN)
