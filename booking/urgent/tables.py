"""The mapped rows of urgent requests, and of the emails that say that nobody has taken one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal


class UrgentRequest(Base):
    """Somebody has answered that it cannot wait: in which words, and how they can be reached as far as that is known.

    `asked_key` says which visit of a browser, or which call, it comes from. `later` are the words of other answers that
    were given since. It is open until `closed_at`; `staff_id` names who sees to it.
    """

    __tablename__ = "urgent_requests"
    __table_args__ = (
        Index("ix_urgent_requests_authority_closed", "authority_id", "closed_at", "asked_at"),
        Index("ix_urgent_requests_asked_key", "authority_id", "asked_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    asked_key: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(20))
    triage: Mapped[str] = mapped_column(String(60), info=personal("story"))
    # The urgent meanings of the answers, as codes.
    meanings: Mapped[list[str]] = mapped_column(info=personal("story", empty=[]))
    words: Mapped[str] = mapped_column(Text, info=personal("story"))
    later: Mapped[str] = mapped_column(Text, default="", info=personal("story"))
    name: Mapped[str] = mapped_column(String(200), default="", info=personal("identity"))
    phone: Mapped[str] = mapped_column(String(40), default="", info=personal("contact"))
    left_page: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    taken_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    done: Mapped[str] = mapped_column(Text, default="", info=personal("story"))


class UrgentAlert(Base):
    """An email to whoever the council names: an urgent request has nobody's name for too long."""

    __tablename__ = "urgent_alerts"
    __table_args__ = (Index("ix_urgent_alerts_state_due_at", "state", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    request_id: Mapped[int] = mapped_column(BigId)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]
