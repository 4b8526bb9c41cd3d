"""Mapped rows of messages to those who wait without an appointment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class WishMail(Base):
    """A message to somebody who waits without an appointment: their link, an offer, or that nothing more is offered.

    `number` counts the links that were sent, or is that of the proposal; the same goes by another `channel` when one fails.
    """

    __tablename__ = "wish_mails"
    __table_args__ = (
        UniqueConstraint("wish_id", "kind", "number", "channel"),
        Index("ix_wish_mails_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    wish_id: Mapped[int] = mapped_column(ForeignKey("wishes.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20), default="email", server_default="email")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]  # as the provider says
    # When a provider that says what became of messages is to be asked, because no final word of this one has come.
    ask_at: Mapped[datetime | None]
    # Under which it went out last; the link in it may have another key by now.
    sent_as: Mapped[str] = mapped_column(String(60), default="", server_default="")
    # What a provider has taken of it, as of notifications.
    units_sent: Mapped[int | None]
