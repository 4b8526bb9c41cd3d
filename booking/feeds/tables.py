"""The mapped row of a resident's calendar feed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from booking.tables import SecretAddress
from core.database import Base, BigId
from core.personal_data import personal


class ResidentFeed(SecretAddress, Base):
    """A secret, revocable .ics address of the appointments of one resident that are told to one email address.

    Of that only a digest is kept: what is told to another one later is not in the feed.
    """

    __tablename__ = "resident_feeds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    reader_digest: Mapped[str] = mapped_column(String(64), info=personal("contact"))
