"""The mapped row of a triage."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from locations.translated_columns import Translated


class Triage(Translated, Base):
    """A tree of questions; `version` rises with each change. Questions and outcomes are as the file has them."""

    __tablename__ = "triages"
    __table_args__ = (UniqueConstraint("authority_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    slug: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    name: Mapped[str] = mapped_column(String(100))
    services: Mapped[list[str]]
    topics: Mapped[list[str]]
    front_page: Mapped[bool] = mapped_column(Boolean)
    first: Mapped[str] = mapped_column(String(60))
    questions: Mapped[list[dict[str, Any]]]
    outcomes: Mapped[list[dict[str, Any]]]

    __mapper_args__ = {"version_id_col": version}
