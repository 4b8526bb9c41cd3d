"""The mapped row of somebody who is rung about another time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Ringing(Base):
    """Who rings about an appointment that must be rebooked: theirs alone until `until`, or until they are done.

    `tries` counts how often nobody answered, the last time at `tried_at`.
    """

    __tablename__ = "ringings"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    tried_at: Mapped[datetime | None]
