"""The record of who did what to what, when and why. Written in the same transaction as the change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Base, BigId, connection_of, table_of
from core.personal_data import personal


@dataclass(frozen=True)
class Actor:
    """Who acts: `kind` is resident, staff, api or system; `id` is the member of staff or API key, if there is one."""

    kind: str
    id: int | None = None
    name: str = ""

    @classmethod
    def resident(cls) -> Actor:
        """A resident, online."""
        return cls("resident", None, "Resident")

    @classmethod
    def system(cls) -> Actor:
        """The service itself."""
        return cls("system", None, "Front Door")


class AuditEntry(Base):
    """One change. `facts` holds no personal data, ids and states only; `reason` is what somebody typed, about anybody."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_kind", "subject_id"),
        Index("ix_audit_entries_authority_at", "authority_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(500), default="", info=personal("story"))
    facts: Mapped[dict[str, Any]]


_RECORD = table_of(AuditEntry).insert()


def record(
    db: Session,
    actor: Actor,
    action: str,
    subject: tuple[str, int],
    *,
    authority_id: int,
    now: datetime,
    reason: str = "",
    **facts: Any,
) -> None:
    """Write that `actor` did `action` to `subject` (kind, id)."""
    values = {
        "authority_id": authority_id,
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "reason": reason,
        "facts": facts,
    }
    connection_of(db).execute(_RECORD, values)
