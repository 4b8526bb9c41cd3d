"""The mapped row of a ward."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from locations.translated_columns import Translated


class Ward(Translated, Base):
    """A ward with the full postcodes that lie in it, as people write them, in order."""

    __tablename__ = "wards"
    __table_args__ = (UniqueConstraint("authority_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(100))
    postcodes: Mapped[list[str]]
