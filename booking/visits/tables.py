"""The mapped row of a visit: somebody who has come, and the time of each step of their day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal

_IS_CALLED = text("state = 'called'")
_IS_TOLD = text("text_to <> ''")


class DayVisit(Base):
    """Somebody who has come to a site on a day, for an appointment or, with a name and a service of its own, without.

    A person has one ticket for a site and a day; each appointment of theirs is a part of it. The database refuses a second
    desk that calls the same ticket.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("site_id", "local_date", "ticket", "part"),
        Index(
            "uq_visits_called",
            "site_id",
            "local_date",
            "ticket",
            unique=True,
            sqlite_where=_IS_CALLED,
            postgresql_where=_IS_CALLED,
        ),
        Index("ix_visits_measured", "authority_id", "service_id", "ended_at"),
        Index("ix_visits_told_by_text", "changed_at", sqlite_where=_IS_TOLD, postgresql_where=_IS_TOLD),
        CheckConstraint("(appointment_id IS NULL) = (reference IS NOT NULL)", name="walk_in"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    local_date: Mapped[date]
    ticket: Mapped[int]
    part: Mapped[int] = mapped_column(default=1, server_default="1")
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), unique=True)
    # Of a walk-in: an appointment has these itself.
    reference: Mapped[str | None] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="", server_default="", info=personal("identity"))
    support_needs: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]", info=personal("needs", empty=[])
    )
    channel: Mapped[str] = mapped_column(String(12), default="counter", server_default="counter")
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    is_urgent: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # They have said that the display may show their first name.
    shows_name: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # The number that gets a text when they are called, as they asked while they wait, and the language of the page then.
    text_to: Mapped[str] = mapped_column(String(40), default="", server_default="", info=personal("contact"))
    text_language: Mapped[str] = mapped_column(String(5), default="", server_default="")
    state: Mapped[str] = mapped_column(String(20))
    changed_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    # The desk that called them last, when, and how often they were called since they waited.
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"), index=True)
    called_at: Mapped[datetime | None]
    times_called: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Of a walk-in: what they answered before they were given a ticket, by question, and when they asked so for help with
    # homelessness, if they did; who they are, where that is known; and the part of the visit that sent them on to this one.
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=personal("story", empty={}))
    asked_at: Mapped[datetime | None]
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"), index=True)
    sent_from_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="SET NULL"), index=True)
    # Of anybody: the documents that were missing, so that they were turned away, and the reference of what was booked next.
    missing: Mapped[list[str]] = mapped_column(default=list, server_default="[]", info=personal("story", empty=[]))
    # What was counted of it, to be taken from the same counts if it was a mistake.
    counted: Mapped[list[str]] = mapped_column(default=list, server_default="[]", info=personal("story", empty=[]))
    booked_next: Mapped[str] = mapped_column(String(12), default="", server_default="")
    # What was done, and what happens next, each in a line that they are told.
    done: Mapped[str] = mapped_column(String(200), default="", server_default="", info=personal("story"))
    next_step: Mapped[str] = mapped_column(String(200), default="", server_default="", info=personal("story"))
    # Of who was asked how it was: from what the link is made, when they were asked, and whether they have answered. What
    # they answered stands elsewhere, and nothing leads from one to the other.
    rating_nonce: Mapped[str] = mapped_column(String(32), default="", server_default="")
    rating_asked_at: Mapped[datetime | None]
    is_rated: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # The reference of the appointment that they were given instead of waiting.
    booked_instead: Mapped[str] = mapped_column(String(12), default="", server_default="")


class DeskSitting(Base):
    """What was said last of a desk of a site: that somebody sits there, or that nobody does."""

    __tablename__ = "desk_sittings"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    is_taken: Mapped[bool]
    said_at: Mapped[datetime]
