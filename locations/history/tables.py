"""The mapped row of a change of the set-up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId


class SetUpChange(Base):
    """One thing of the set-up that was added (`before` is None), changed or removed (`after` is None), as the file's table.

    `thing` is its key as text; what was written together has the same `change_set`.
    """

    __tablename__ = "set_up_changes"
    __table_args__ = (Index("ix_set_up_changes_authority_id_thing", "authority_id", "thing"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    change_set: Mapped[str] = mapped_column(String(16))
    thing: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
