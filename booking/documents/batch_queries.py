"""Receipts that wait to be handed to the back office, and the batches in which others were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import OVERDUE_AFTER, BatchWay
from booking.documents.batch_facts import BatchCopy, BatchReceipt, BatchToDeliver, BatchView
from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import parse_reference
from locations.tables import Authority, Site
from people.residents.tables import Resident
from people.staff.tables import StaffMember

WAITS_FOR = timedelta(days=31)
"""A receipt that nobody has handed over for so long was dealt with in another way."""
MOST_WAITING, MOST_BATCHES = 200, 30


def waiting_receipts(db: Session, authority_id: int, site_id: int, now: datetime) -> list[BatchReceipt]:
    """The receipts of the site that are of no batch, the newest first."""
    where = (DocumentReceipt.site_id == site_id, DocumentReceipt.batch_id.is_(None))
    since = DocumentReceipt.given_at > now - WAITS_FOR
    return _receipts(db, authority_id, *where, since)[::-1][:MOST_WAITING]


def batches_at(db: Session, authority_id: int, site_id: int) -> list[BatchView]:
    """The batches of the site, the newest first."""
    return _batches(db, DocumentBatch.authority_id == authority_id, DocumentBatch.site_id == site_id)


def batch_at(db: Session, authority_id: int, site_id: int, number: str) -> BatchView:
    """The batch of this number. Raises: NotFound."""
    same = (DocumentBatch.authority_id == authority_id, DocumentBatch.site_id == site_id)
    found = _batches(db, *same, DocumentBatch.number == parse_reference(number))
    if not found:
        raise NotFound
    return found[0]


def owed_batches(db: Session, now: datetime, limit: int) -> list[tuple[int, int]]:
    """The ids of those that are due, with the tries that each has had; who waits longest first."""
    due = select(DocumentBatch.id, DocumentBatch.tries).where(DocumentBatch.next_try_at <= now)
    rows = db.execute(due.order_by(DocumentBatch.next_try_at, DocumentBatch.id).limit(limit))
    return [(batch_id, tries) for batch_id, tries in rows]


def batch_to_deliver(db: Session, batch_id: int) -> BatchToDeliver:
    """The batch of this id, of whatever council."""
    (view,) = _batches(db, DocumentBatch.id == batch_id)
    row, site, council = db.execute(
        select(DocumentBatch, Site.slug, Authority)
        .join(Site, Site.id == DocumentBatch.site_id)
        .join(Authority, Authority.id == DocumentBatch.authority_id)
        .where(DocumentBatch.id == batch_id)
    ).one()
    return BatchToDeliver(view, council.id, row.site_id, council.slug, site, council.zone, row.tries, row.written_as)


def owed_numbers(db: Session, numbers: Collection[str]) -> set[str]:
    """Those of these numbers whose batches have not arrived."""
    owed = select(DocumentBatch.number).where(DocumentBatch.number.in_(numbers), DocumentBatch.next_try_at.is_not(None))
    return set(db.scalars(owed))


def batch_to_fetch(db: Session, authority_id: int, number: str) -> BatchToDeliver:
    """The batch of this number, if programs may fetch it. Raises: NotFound."""
    same = (DocumentBatch.authority_id == authority_id, DocumentBatch.number == parse_reference(number))
    batch_id = db.scalar(select(DocumentBatch.id).where(*same, DocumentBatch.way == BatchWay.WEBHOOK))
    if batch_id is None:
        raise NotFound
    return batch_to_deliver(db, batch_id)


def overdue_batches(db: Session, now: datetime, site_ids: Collection[int] | None = None) -> dict[int, int]:
    """How many have not arrived by site, of these sites or of all: they failed, or nobody has tried for long."""
    late = or_(DocumentBatch.failure != "", DocumentBatch.next_try_at <= now - OVERDUE_AFTER)
    found = select(DocumentBatch.site_id, func.count()).where(DocumentBatch.next_try_at.is_not(None), late)
    if site_ids is not None:
        found = found.where(DocumentBatch.site_id.in_(site_ids))
    return {row[0]: row[1] for row in db.execute(found.group_by(DocumentBatch.site_id))}


def are_batches_delivered(runtime: Runtime) -> bool:
    """Whether no council has a batch that should have arrived."""
    with runtime.database.reading() as db:
        return not overdue_batches(db, runtime.clock.database_now(db))


def receipts_of_batch(db: Session, authority_id: int, batch_id: int) -> list[BatchReceipt]:
    """The receipts of a batch, the oldest first."""
    return _receipts(db, authority_id, DocumentReceipt.batch_id == batch_id)


def copies_of_batch(db: Session, authority_id: int, batch_id: int) -> list[BatchCopy]:
    """The certified copies of a batch, the oldest first."""
    reference = func.coalesce(Appointment.reference, DayVisit.reference, "")
    rows = db.execute(
        select(CertifiedCopy, reference)
        .outerjoin(Appointment, Appointment.id == CertifiedCopy.appointment_id)
        .outerjoin(DayVisit, DayVisit.id == CertifiedCopy.visit_id)
        .where(CertifiedCopy.authority_id == authority_id, CertifiedCopy.batch_id == batch_id)
        .order_by(CertifiedCopy.id)
    )
    return [
        BatchCopy(
            row.id,
            row.document,
            row.on_behalf_of,
            of_visit,
            row.certified_at,
            row.revoked_at,
            row.sha256,
            row.stored_name,
        )
        for row, of_visit in rows
    ]


def copies_of_receipts(receipts: Sequence[DocumentReceipt]) -> ColumnElement[bool]:
    """The condition on certified copies that were made before one of these receipts was given, for the same visit."""
    return or_(*(_is_of(one) for one in receipts))


def _is_of(receipt: DocumentReceipt) -> ColumnElement[bool]:
    if receipt.appointment_id:
        whose = (
            CertifiedCopy.appointment_id == receipt.appointment_id,
            CertifiedCopy.resident_id == receipt.resident_id,
        )
    else:
        whose = (CertifiedCopy.visit_id == receipt.visit_id, CertifiedCopy.appointment_id.is_(None))
    return and_(*whose, CertifiedCopy.certified_at <= receipt.given_at)


def _batches(db: Session, *where: ColumnElement[bool]) -> list[BatchView]:
    counted = select(func.count()).where(DocumentReceipt.batch_id == DocumentBatch.id).correlate(DocumentBatch)
    rows = db.execute(
        select(DocumentBatch, StaffMember.name, counted.scalar_subquery())
        .outerjoin(StaffMember, StaffMember.id == DocumentBatch.staff_id)
        .where(*where)
        .order_by(DocumentBatch.id.desc())
        .limit(MOST_BATCHES)
    )
    return [
        BatchView(
            row.id,
            row.number,
            row.handed_over_at,
            staff or "",
            number,
            BatchWay(row.way),
            row.arrived_at,
            row.failure,
            row.next_try_at,
            row.told_at,
        )
        for row, staff, number in rows
    ]


def _receipts(db: Session, authority_id: int, *where: ColumnElement[bool]) -> list[BatchReceipt]:
    rows = db.execute(
        select(
            DocumentReceipt,
            func.coalesce(Appointment.reference, DayVisit.reference, ""),
            func.coalesce(Resident.name, DayVisit.name, ""),
        )
        .outerjoin(Appointment, Appointment.id == DocumentReceipt.appointment_id)
        .outerjoin(DayVisit, DayVisit.id == DocumentReceipt.visit_id)
        .outerjoin(Resident, Resident.id == DocumentReceipt.resident_id)
        .where(DocumentReceipt.authority_id == authority_id, *where)
        .order_by(DocumentReceipt.id)
    )
    return [
        BatchReceipt(row.id, row.number, reference, name, row.resident_id, row.given_at, tuple(row.items or ()))
        for row, reference, name in rows
    ]
