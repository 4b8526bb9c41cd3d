"""The mapped row of an adviser who is named for somebody."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal


class NamedAdviser(Base):
    """The adviser whom somebody has for a service, until a date. The link with it searches times with that adviser.

    The link's token is an HMAC of its nonce; only its digest is kept. An adviser who is removed from the council is kept for
    this record, and works nowhere.
    """

    __tablename__ = "named_advisers"
    __table_args__ = (UniqueConstraint("resident_id", "service_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), index=True)
    until: Mapped[date]
    link_nonce: Mapped[str] = mapped_column(String(64))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True, info=personal("contact"))
    named_at: Mapped[datetime]
