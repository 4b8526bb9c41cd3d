"""Documents of an appointment, as rows alone: no file lies behind them."""

from __future__ import annotations

from datetime import datetime

from booking.documents.document_owner import DocumentOwner
from booking.documents.tables import CertifiedCopy, DocumentFile, DocumentReceipt
from core.database import Database


def document_rows(database: Database, owner: DocumentOwner, now: datetime) -> dict[str, int]:
    """The ids of a file that is kept and of a certified copy, as addresses call them."""
    of_visit, name = owner.keys, f"{owner.appointment_id:048}"
    file = DocumentFile(
        **of_visit,
        document="Passport",
        stored_name=name,
        media_type="image/jpeg",
        size=1,
        pages=1,
        source="counter",
        added_at=now,
    )
    copy = CertifiedCopy(
        **of_visit, document="Passport", code_digest=name, sha256=name, stored_name=name, size=1, certified_at=now
    )
    receipt = DocumentReceipt(**of_visit, number=f"9{owner.appointment_id:07}", items=[], given_at=now)
    with database.writing() as db:
        db.add_all([file, copy, receipt])
        db.flush()
        return {"document_file": file.id, "certified_copy": copy.id}
