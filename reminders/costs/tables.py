"""Mapped rows of trials: two plans of reminders side by side, and which of them each appointment has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class ReminderTrial(Base):
    """Two plans of reminders of one service, as in the council's file. It runs until `ended_at`; one at a time."""

    __tablename__ = "reminder_trials"
    __table_args__ = (
        Index(
            "uq_reminder_trials_running",
            "service_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    plan_a: Mapped[list[dict[str, Any]]]
    plan_b: Mapped[list[dict[str, Any]]]
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]


class TrialAllotment(Base):
    """The plan that an appointment was allotted when it was booked, and keeps: `a` or `b`."""

    __tablename__ = "trial_allotments"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("reminder_trials.id", ondelete="CASCADE"), index=True)
    arm: Mapped[str] = mapped_column(String(1))
