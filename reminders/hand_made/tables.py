"""The mapped row of who makes a message in another form."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class HandMadeTask(Base):
    """Who has taken it upon themselves to make and send a message, which stays owed until they have."""

    __tablename__ = "hand_made_tasks"

    notification_id: Mapped[int] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    taken_at: Mapped[datetime]
