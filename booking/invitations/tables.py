"""Mapped rows of invitations."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal

_NUMBERED = text("case_key <> ''")


class Cohort(Base):
    """A list of people who are invited for a service, wave by wave; each of them is an invitation.

    `per_wave` is how many at once, NULL for as many as there are free starts; `every_days` later the next wave goes, or as
    soon as nobody of the earlier ones is left who has not answered. `version` counts what staff have changed.
    """

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    first_date: Mapped[date]
    last_date: Mapped[date]
    site_ids: Mapped[list[int]] = mapped_column(JSON)
    mode: Mapped[str] = mapped_column(String(12), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    per_wave: Mapped[int | None]
    every_days: Mapped[int]
    # See booking.invitations.cohort_rules.CohortState.
    state: Mapped[str] = mapped_column(String(12), default="running")
    version: Mapped[int] = mapped_column(default=1)
    waves: Mapped[int] = mapped_column(default=0)
    # When the next wave goes at the latest; NULL when nobody is left for one.
    next_wave_at: Mapped[datetime | None] = mapped_column(index=True)
    # When a wave was due and nothing was free; NULL as soon as one has gone.
    nothing_free_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    made_at: Mapped[datetime]


class Invitation(Base):
    """Somebody is asked to come for a service, from one date to another, both included; they pick the time themselves.

    No sites are any, and no mode is any. It is open as long as it is not closed at `closed_at`; `appointment_id` is what was
    booked by it. The token of its link is an HMAC of the nonce; only its digest is kept. What nobody has answered, or could
    not be told, is a task until `done_at`: `staff_id` names who sees to it. One of a `cohort_id` waits first for its `wave`.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_authority_state", "authority_id", "state", "last_date"),
        Index("ix_invitations_resident_state", "resident_id", "state"),
        Index("ix_invitations_cohort_state", "cohort_id", "state"),
        Index("ix_invitations_case_key", "service_id", "case_key", sqlite_where=_NUMBERED, postgresql_where=_NUMBERED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    first_date: Mapped[date]
    last_date: Mapped[date]
    site_ids: Mapped[list[int]] = mapped_column(JSON)
    mode: Mapped[str] = mapped_column(String(12), default="")
    # What the colleague says besides, in their own words.
    words: Mapped[str] = mapped_column(Text, default="", info=personal("story"))
    # See booking.invitations.invitation_rules: by which channel, or BY_VOICE where a colleague says it or prints it.
    told_by: Mapped[str] = mapped_column(String(10))
    # See booking.invitations.invitation_rules.InvitationState.
    state: Mapped[str] = mapped_column(String(12), default="open")
    # Why no message has reached them, as a code of reminders.reasons; empty as long as nothing is known.
    untold: Mapped[str] = mapped_column(String(300), default="", info=personal("story"))
    link_nonce: Mapped[str] = mapped_column(String(32))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    invited_at: Mapped[datetime]
    # When they are reminded, once; NULL when that is over, or there is no time for it.
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="SET NULL"), index=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    done_at: Mapped[datetime | None]
    done: Mapped[str] = mapped_column(Text, default="", info=personal("story"))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id"))
    wave: Mapped[int | None]
    # The number of their case with the council, as the list has it.
    case_number: Mapped[str] = mapped_column(String(40), default="", server_default="", info=personal("identity"))
    case_key: Mapped[str] = mapped_column(String(40), default="", server_default="", info=personal("identity"))
    # The reference of an appointment of somebody else that had the number when this was answered: a task.
    same_number: Mapped[str] = mapped_column(String(12), default="", server_default="")
