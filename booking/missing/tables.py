"""The mapped row that counts people who were turned away because a document was missing."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class MissingDocumentCount(Base):
    """How many people were turned away on a day, at a site, of a service, for a document. Nobody is in it.

    The document is one of the service's own list; see `missing_counts` for the others, and for the people themselves.
    """

    __tablename__ = "missing_document_counts"

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    document: Mapped[str] = mapped_column(String(300), primary_key=True)
    number: Mapped[int]
