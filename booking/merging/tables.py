"""The mapped rows of records that were merged, and of those that are known to be of different people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal


class ResidentMerge(Base):
    """Two records of one person became one: what both said before, and which rows have moved, as long as it can be undone.

    `was_kept` and `was_merged` are the records before, `became` is the kept one after. `moved` has the ids of the rows by
    table. All are empty once it is undone, or too late for that.
    """

    __tablename__ = "resident_merges"
    __table_args__ = (Index("ix_resident_merges_authority_at", "authority_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    kept_resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    merged_resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    was_kept: Mapped[dict[str, Any]] = mapped_column(info=personal("contact", empty={}))
    was_merged: Mapped[dict[str, Any]] = mapped_column(info=personal("contact", empty={}))
    became: Mapped[dict[str, Any]] = mapped_column(info=personal("contact", empty={}))
    moved: Mapped[dict[str, Any]]


class DifferentPeople(Base):
    """Two records that look alike are of different people, as somebody said who knows; `first_id` is the lower one."""

    __tablename__ = "different_people"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    first_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    at: Mapped[datetime]
