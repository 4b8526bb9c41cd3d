"""Documents as screens and programs read them: of one visit, by the code of a copy, by the number of a receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.tables import CertifiedCopy, DocumentCheck, DocumentFile, DocumentReceipt, OfVisit
from booking.documents.virus_scan import ScanResult
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.errors import NotFound
from core.tokens import digest, parse_reference
from people.staff.tables import StaffMember

AT_COUNTER, BY_RESIDENT = "counter", "resident"
Row = TypeVar("Row", bound=OfVisit)


@dataclass(frozen=True)
class FileView:
    """A file that is kept; `document` says of which document it is, `staff` who took it (empty for the resident)."""

    id: int
    document: str
    media_type: str
    size: int
    pages: int
    source: str
    added_at: datetime
    stored_name: str
    staff: str
    is_scanned: bool = False
    review: str = ""
    review_reason: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether the resident has sent it."""
        return self.source == BY_RESIDENT

    @property
    def is_kept(self) -> bool:
        """Whether the file is still there."""
        return bool(self.stored_name)


@dataclass(frozen=True)
class CopyView:
    """A certified copy. `sha256` is the hash of its file, in hexadecimal."""

    id: int
    document: str
    on_behalf_of: str
    site_id: int
    certified_at: datetime
    revoked_at: datetime | None
    sha256: str
    stored_name: str
    staff: str


@dataclass(frozen=True)
class ReceiptView:
    """A receipt; `items` are {"document", "result", "copies", "revoked"} as of today, `reference` is that of the visit."""

    id: int
    number: str
    reference: str
    site_id: int
    given_at: datetime
    items: tuple[Mapping[str, Any], ...]
    staff: str
    owner: DocumentOwner


@dataclass(frozen=True)
class DocumentsOfVisit:
    """All that was seen, kept, certified and given a receipt for; the oldest first."""

    checks: Mapping[str, CheckResult]
    files: tuple[FileView, ...]
    copies: tuple[CopyView, ...]
    receipts: tuple[ReceiptView, ...]


def documents_of(db: Session, owner: DocumentOwner) -> DocumentsOfVisit:
    """The documents of one visit. Four statements."""
    checks = _rows(db, DocumentCheck, _of(DocumentCheck, owner))
    return DocumentsOfVisit(
        {row.document: CheckResult(row.result) for row, _staff in checks},
        tuple(_file(row, staff) for row, staff in _rows(db, DocumentFile, _of(DocumentFile, owner))),
        tuple(_copy(row, staff) for row, staff in _rows(db, CertifiedCopy, _of(CertifiedCopy, owner))),
        tuple(_receipt(db, row, staff) for row, staff in _rows(db, DocumentReceipt, _of(DocumentReceipt, owner))),
    )


def copy_by_code(db: Session, authority_id: int, code: str) -> CopyView:
    """The council's certified copy of this code. Raises: NotFound."""
    where = (CertifiedCopy.authority_id == authority_id) & (CertifiedCopy.code_digest == digest(code))
    return _copy(*_one(db, CertifiedCopy, where))


def receipt_by_number(db: Session, authority_id: int, number: str) -> ReceiptView:
    """The council's receipt of this number, however it was typed. Raises: NotFound."""
    where = (DocumentReceipt.authority_id == authority_id) & (DocumentReceipt.number == parse_reference(number))
    return _receipt(db, *_one(db, DocumentReceipt, where))


def has_documents(db: Session, stored_names: list[str]) -> set[str]:
    """Those of the names that a row leads to."""
    found: set[str] = set()
    for table in (DocumentFile, CertifiedCopy):
        found.update(db.scalars(select(table.stored_name).where(table.stored_name.in_(stored_names))))
    return found


def _of(table: type[OfVisit], owner: DocumentOwner) -> ColumnElement[bool]:
    if not owner.appointment_id:
        return (table.authority_id == owner.authority_id) & (table.visit_id == owner.visit_id)
    theirs = (table.appointment_id == owner.appointment_id) & (table.resident_id == owner.resident_id)
    return (table.authority_id == owner.authority_id) & theirs


def _rows(db: Session, table: type[Row], where: ColumnElement[bool]) -> list[tuple[Row, str]]:
    statement = select(table, StaffMember.name).outerjoin(StaffMember, StaffMember.id == table.staff_id).where(where)
    return [(row, name or "") for row, name in db.execute(statement.order_by(table.id))]


def _one(db: Session, table: type[Row], where: ColumnElement[bool]) -> tuple[Row, str]:
    found = _rows(db, table, where)
    if not found:
        raise NotFound
    return found[0]


def _file(row: DocumentFile, staff: str) -> FileView:
    facts = (row.id, row.document, row.media_type, row.size, row.pages, row.source, row.added_at, row.stored_name)
    return FileView(*facts, staff, row.scan == ScanResult.CLEAN, row.review, row.review_reason)


def _copy(row: CertifiedCopy, staff: str) -> CopyView:
    facts = (row.id, row.document, row.on_behalf_of, row.site_id, row.certified_at, row.revoked_at, row.sha256)
    return CopyView(*facts, row.stored_name, staff)


def _receipt(db: Session, row: DocumentReceipt, staff: str) -> ReceiptView:
    owner = DocumentOwner(row.authority_id, row.site_id, row.appointment_id, row.visit_id, row.resident_id)
    reference = db.scalar(
        select(Appointment.reference).where(Appointment.id == row.appointment_id)
        if row.appointment_id
        else select(DayVisit.reference).where(DayVisit.id == row.visit_id)
    )
    revoked = Counter(
        one.document for one, _ in _rows(db, CertifiedCopy, _of(CertifiedCopy, owner) & _revoked_after(row))
    )
    items = tuple(_as_of_today(item, revoked[item["document"]]) for item in row.items or ())
    return ReceiptView(row.id, row.number, reference or "", row.site_id, row.given_at, items, staff, owner)


def _revoked_after(row: DocumentReceipt) -> ColumnElement[bool]:
    """Which copies had been certified when the receipt was given, and were revoked since."""
    return (CertifiedCopy.certified_at <= row.given_at) & (CertifiedCopy.revoked_at > row.given_at)


def _as_of_today(item: Mapping[str, Any], revoked: int) -> Mapping[str, Any]:
    """A line of a receipt, with how many of its copies still count, and how many were revoked."""
    return {**item, "copies": max(0, item["copies"] - revoked), "revoked": revoked}
