"""Receipts that wait to be handed to the back office, and the batches in which others were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.errors import NotFound
from core.tokens import parse_reference
from people.residents.tables import Resident
from people.staff.tables import StaffMember

WAITS_FOR = timedelta(days=31)
"""A receipt that nobody has handed over for so long was dealt with in another way."""
MOST_WAITING, MOST_BATCHES = 200, 30


@dataclass(frozen=True)
class BatchReceipt:
    """A receipt: of which visit and whom; `items` are {"document", "result", "copies"} as it was given."""

    id: int
    number: str
    reference: str
    name: str
    resident_id: int | None
    given_at: datetime
    items: tuple[dict[str, object], ...]

    @property
    def documents(self) -> tuple[str, ...]:
        """What it is about."""
        return tuple(str(item.get("document", "")) for item in self.items)


@dataclass(frozen=True)
class BatchCopy:
    """A certified copy of a batch; `stored_name` is empty when its file is not kept any more."""

    id: int
    document: str
    on_behalf_of: str
    reference: str
    certified_at: datetime
    revoked_at: datetime | None
    sha256: str
    stored_name: str


@dataclass(frozen=True)
class BatchView:
    """A batch, who handed it over and when, and how much is in it."""

    id: int
    number: str
    handed_over_at: datetime
    staff: str
    receipts: int


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
    return [BatchView(row.id, row.number, row.handed_over_at, staff or "", number) for row, staff, number in rows]


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
