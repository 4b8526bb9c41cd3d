"""The mapped rows of addresses that are told what happened, and of the batches that each was told of."""

from __future__ import annotations

from datetime import datetime

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


class BatchNotice(Base):
    """That an address was told of a batch: it has answered that it has it."""

    __tablename__ = "batch_notices"

    batch_id: Mapped[int] = mapped_column(ForeignKey("document_batches.id", ondelete="CASCADE"), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True, index=True)
    told_at: Mapped[datetime]
