"""The mapped rows of documents: what was seen at the counter, files that are kept, certified copies, receipts.

Each belongs to an appointment, or to the visit of somebody who came without one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core.database import Base, BigId
from core.personal_data import personal

LONGEST_DOCUMENT = 300
WAITING_FILE = text("source = 'resident' AND review = '' AND stored_name <> ''")
"""Of a file: a resident has sent it, it is kept, and staff have said nothing of it."""


class OfVisit:
    """Mapped columns: whose it is, the council's, and where it was taken."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)

    @declared_attr
    def authority_id(cls) -> Mapped[int]:  # noqa: N805 - the mapper calls it with the class
        """The council."""
        return mapped_column(ForeignKey("authorities.id"), index=True)

    @declared_attr
    def site_id(cls) -> Mapped[int]:  # noqa: N805
        """Where it was taken or, of what a resident sends, where they are booked."""
        return mapped_column(ForeignKey("sites.id"))

    @declared_attr
    def appointment_id(cls) -> Mapped[int | None]:  # noqa: N805
        """The appointment, or NULL for a walk-in."""
        return mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def visit_id(cls) -> Mapped[int | None]:  # noqa: N805
        """The visit of a walk-in, or NULL."""
        return mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def resident_id(cls) -> Mapped[int | None]:  # noqa: N805
        """Whose appointment it was then; NULL for a walk-in. Who is given the appointment later sees none of it."""
        return mapped_column(ForeignKey("residents.id"), index=True)

    @declared_attr
    def staff_id(cls) -> Mapped[int | None]:  # noqa: N805
        """Who of the staff did it; NULL for the resident, and for a program."""
        return mapped_column(ForeignKey("staff_members.id"))


def _is_of_one() -> CheckConstraint:
    return CheckConstraint("(appointment_id IS NULL) <> (visit_id IS NULL)", name="of_one")


class DocumentCheck(OfVisit, Base):
    """What was found of one document: that the original was seen, or that it was missing."""

    __tablename__ = "document_checks"
    __table_args__ = (_is_of_one(),)

    document: Mapped[str] = mapped_column(String(LONGEST_DOCUMENT), info=personal("story"))
    result: Mapped[str] = mapped_column(String(12))
    checked_at: Mapped[datetime]


class DocumentFile(OfVisit, Base):
    """A picture or a PDF of a document. The file lies encrypted in the folder of documents as `stored_name`.

    What a resident sends is reviewed by staff: `review` is empty before that, see `booking.documents.document_owner.Review`.
    """

    __tablename__ = "document_files"
    __table_args__ = (
        _is_of_one(),
        Index("ix_document_files_stored", "stored_name"),
        Index(
            "ix_document_files_waiting",
            "authority_id",
            "appointment_id",
            sqlite_where=WAITING_FILE,
            postgresql_where=WAITING_FILE,
        ),
    )

    document: Mapped[str] = mapped_column(String(LONGEST_DOCUMENT), default="", info=personal("document"))
    stored_name: Mapped[str] = mapped_column(String(64), default="", info=personal("document"))
    media_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    pages: Mapped[int]
    source: Mapped[str] = mapped_column(String(12))
    added_at: Mapped[datetime]
    scan: Mapped[str] = mapped_column(String(12), default="not_scanned", server_default="not_scanned")
    review: Mapped[str] = mapped_column(String(12), default="", server_default="")
    review_reason: Mapped[str] = mapped_column(String(300), default="", server_default="", info=personal("story"))
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))


class CertifiedCopy(OfVisit, Base):
    """A certified copy: what, for whom, when and by whom, with the digest of its code and the hash of its file.

    The hash stays when the file is deleted, so that a copy can still be checked by whoever was given it.
    """

    __tablename__ = "certified_copies"
    __table_args__ = (_is_of_one(), Index("ix_certified_copies_stored", "stored_name"))

    document: Mapped[str] = mapped_column(String(LONGEST_DOCUMENT))
    on_behalf_of: Mapped[str] = mapped_column(String(200), default="", info=personal("identity"))
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(64), default="", info=personal("document"))
    size: Mapped[int]
    certified_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("document_batches.id"), index=True)


class DocumentBatch(Base):
    """Receipts of a site, with the certified copies of these visits, that were handed to the back office together.

    `next_try_at` is NULL where nothing is left to do: staff save it themselves, or it has arrived. `written_as` is the
    hidden name of a folder that is whole and only has to be renamed. Until `claimed_until` a process is at it. What programs
    fetch has arrived when it was fetched, and not when they were told.
    """

    __tablename__ = "document_batches"
    __table_args__ = (
        Index("ix_document_batches_site_id_handed_over_at", "site_id", "handed_over_at"),
        Index(
            "ix_document_batches_next_try_at",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    number: Mapped[str] = mapped_column(String(12), unique=True)
    handed_over_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    way: Mapped[str] = mapped_column(String(8), default="file", server_default="file")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    written_as: Mapped[str] = mapped_column(String(120), default="", server_default="")
    failure: Mapped[str] = mapped_column(String(12), default="", server_default="")
    arrived_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class DocumentReceipt(OfVisit, Base):
    """What somebody was given a receipt for: `items` are {"document", "result", "copies"}. It is of one batch at most."""

    __tablename__ = "document_receipts"
    __table_args__ = (
        _is_of_one(),
        Index(
            "ix_document_receipts_to_hand_over",
            "site_id",
            "given_at",
            sqlite_where=text("batch_id IS NULL"),
            postgresql_where=text("batch_id IS NULL"),
        ),
    )

    batch_id: Mapped[int | None] = mapped_column(ForeignKey("document_batches.id"), index=True)

    number: Mapped[str] = mapped_column(String(12), unique=True)
    items: Mapped[list[dict[str, Any]]] = mapped_column(default=list, info=personal("story", empty=[]))
    given_at: Mapped[datetime]


class KeptOriginal(OfVisit, Base):
    """An original that the council has taken: where it lies, and when and how it was given back. `staff_id` took it."""

    __tablename__ = "kept_originals"
    __table_args__ = (_is_of_one(), Index("ix_kept_originals_site_returned", "site_id", "returned_at"))

    document: Mapped[str] = mapped_column(String(LONGEST_DOCUMENT), info=personal("story"))
    place: Mapped[str] = mapped_column(String(200), info=personal("story"))
    taken_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    returned_how: Mapped[str] = mapped_column(String(12), default="", server_default="")
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
