"""The mapped row that counts searches which ended without an appointment."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class CountedSearch(Base):
    """How many searches of a day, for a service, at a site or at none, ended for a reason. Nobody is in it."""

    __tablename__ = "counted_searches"

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int]
