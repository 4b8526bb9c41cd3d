"""The mapped row of an answer about a visit. Nothing in it leads to a person, a visit or an hour."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base
from core.personal_data import personal


class VisitRating(Base):
    """How somebody found a visit for a service at a site, by their slugs, answered in the month that begins then.

    Its id is drawn, so that answers have no order.
    """

    __tablename__ = "visit_ratings"
    __table_args__ = (
        CheckConstraint("mark BETWEEN 1 AND 5", name="mark"),
        Index("ix_visit_ratings_month", "authority_id", "month"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site: Mapped[str] = mapped_column(String(60))
    service: Mapped[str] = mapped_column(String(60))
    month: Mapped[date]
    mark: Mapped[int]
    # Somebody may have written a name, whatever they were told.
    comment: Mapped[str] = mapped_column(String(300), default="", server_default="", info=personal("story"))
