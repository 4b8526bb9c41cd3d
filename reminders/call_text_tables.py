"""Mapped rows of texts to those who wait outside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class CallText(Base):
    """A text that says to somebody who waits outside that a desk has called them at `called_at`."""

    __tablename__ = "call_texts"
    __table_args__ = (
        UniqueConstraint("visit_id", "called_at"),
        Index("ix_call_texts_state_due_at", "state", "due_at"),
        Index("ix_call_texts_authority_id_created_at", "authority_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    called_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(20), default="text", server_default="text")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]
    # What a provider has taken of it, as of notifications.
    units_sent: Mapped[int | None]
