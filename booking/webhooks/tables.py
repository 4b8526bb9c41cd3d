"""The mapped rows of addresses that are told what happened, and of the batches that each was told of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class Webhook(Base):
    """An address of another program. It may hold a secret of theirs, so it is sealed, as is the secret that signs."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    host: Mapped[str] = mapped_column(String(260))
    sealed_address: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]]
    created_at: Mapped[datetime]
    # How far in each lane of the council's audit it was told of changes of appointments.
    read_up_to: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # Whose turn it is to tell it, until when: the number is the fence that a slower process meets.
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    turn_ends_at: Mapped[datetime | None]
    # Of the change that it has not taken: how often it was tried, since when, why not, and when it is tried again.
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(20), default="", server_default="")


class BatchNotice(Base):
    """That an address was told of a batch: it has answered that it has it."""

    __tablename__ = "batch_notices"

    batch_id: Mapped[int] = mapped_column(ForeignKey("document_batches.id", ondelete="CASCADE"), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True, index=True)
    told_at: Mapped[datetime]
