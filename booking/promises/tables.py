"""The mapped row of what was measured of a promise on one day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class PromiseDay(Base):
    """One figure of one day: days until the third free time, or minutes within which nine of ten people were seen.

    Without a figure there was no third time. Whether it keeps the promise is seen when it is read: the promise may change.
    """

    __tablename__ = "promise_days"
    __table_args__ = (UniqueConstraint("service_id", "promise", "date"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    promise: Mapped[str] = mapped_column(String(20))
    date: Mapped[date]
    figure: Mapped[int | None]
