"""The mapped row of a calendar that somebody keeps elsewhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class OutsideCalendar(Base):
    """A calendar whose busy times are not offered of a resource. Its address and password are sealed (`core.sealed`).

    Its busy times are closures of the resource with the source `outside`, without the titles of its events. `failure` says
    why it could not be read since `failing_since`; `content_mark` is what was read last, and for which period.
    """

    __tablename__ = "outside_calendars"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    kind: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(260))
    sealed_address: Mapped[str] = mapped_column(Text)
    user: Mapped[str] = mapped_column(String(200), default="")
    sealed_password: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    tried_at: Mapped[datetime | None] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(20), default="")
    content_mark: Mapped[str] = mapped_column(String(64), default="")
