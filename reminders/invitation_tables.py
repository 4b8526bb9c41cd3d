"""Mapped rows of messages to those who are invited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class InvitationMail(Base):
    """A message to somebody who is invited: the invitation, or the reminder of it; `kind` is that of the change."""

    __tablename__ = "invitation_mails"
    __table_args__ = (
        UniqueConstraint("invitation_id", "kind"),
        Index("ix_invitation_mails_state_due_at", "state", "due_at"),
        Index("ix_invitation_mails_ask_at", "ask_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
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
