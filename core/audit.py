"""The record of who did what to what, when and why. Written in the same transaction as the change.

Every entry takes the next number of one of its council's lanes, under a mark (`core.audit_marks`), so that one which is
changed, removed or added later shows. A council has many lanes so that its bookings do not wait for each other: a
transaction takes any lane that no other transaction has.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.audit_marks import entry_mark, head_mark, reason_digest, removal_mark
from core.database import Base, BigId, connection_of, secret_keys_of, table_of
from core.personal_data import personal
from core.screens import with_screen


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
        UniqueConstraint("authority_id", "lane", "number"),
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
    # Its place: the number in its lane, from 1 without a gap.
    lane: Mapped[int]
    number: Mapped[int] = mapped_column(BigId)
    mark: Mapped[str] = mapped_column(String(64))
    reason_digest: Mapped[str] = mapped_column(String(64))
    # Made when the service empties the reason; nothing before that.
    removal_mark: Mapped[str] = mapped_column(String(64), default="", server_default="")


class AuditLane(Base):
    """How many entries a lane of a council's audit has, and the mark that says so."""

    __tablename__ = "audit_lanes"
    __table_args__ = {"sqlite_with_rowid": False}

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    lane: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[int] = mapped_column(BigId)
    mark: Mapped[str] = mapped_column(String(64))


LANES = range(64)  # more than transactions of one council write at once: each web process works on 4 requests
_entries, _lanes = table_of(AuditEntry), table_of(AuditLane)
_RECORD = _entries.insert()
_INSERT_LANES = {
    name: insert(_lanes).on_conflict_do_nothing()
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_NEXT_ID = {
    "postgresql": literal_column("nextval(pg_get_serial_sequence('audit_entries', 'id'))"),
    "sqlite": select(func.coalesce(func.max(_entries.c.id), 0) + 1).scalar_subquery(),  # it has one writer at a time
}
_OF_COUNCIL = _lanes.c.authority_id == bindparam("authority")


def _lane(dialect: str) -> Select[Any]:
    return select(_lanes.c.lane, _lanes.c.entries, _NEXT_ID[dialect].label("next_id")).where(_OF_COUNCIL)


# The first lane that nobody else has, without waiting; and one from a number on, for when all are taken.
_FREE_LANE = {name: _lane(name).order_by(_lanes.c.lane).limit(1).with_for_update(skip_locked=True) for name in _NEXT_ID}
_LANE_FROM = {
    name: _lane(name).where(_lanes.c.lane >= bindparam("least")).order_by(_lanes.c.lane).limit(1).with_for_update()
    for name in _NEXT_ID
}
_COUNT = (
    update(_lanes)
    .where(_OF_COUNCIL, _lanes.c.lane == bindparam("of_lane"))
    .values(entries=bindparam("count"), mark=bindparam("count_mark"))
)


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
    """Write that `actor` did `action` to `subject` (kind, id), and from which page."""
    key, connection = secret_keys_of(db)[0], connection_of(db)
    lane = _taken_lane(connection, authority_id, key)
    values: dict[str, Any] = {
        "id": lane.next_id,
        "authority_id": authority_id,
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "reason": reason,
        "facts": with_screen(facts),
        "lane": lane.lane,
        "number": lane.entries + 1,
    }
    values["reason_digest"] = reason_digest(key, values)
    values["mark"] = entry_mark(key, values)
    connection.execute(_RECORD, values)
    count, of_lane = lane.entries + 1, {"authority": authority_id, "of_lane": lane.lane}
    connection.execute(_COUNT, of_lane | {"count": count, "count_mark": head_mark(key, authority_id, lane.lane, count)})


def _taken_lane(connection: Connection, authority_id: int, key: str) -> Row[Any]:
    """A lane of the council, locked until the transaction ends; its lanes are made with its first entry."""
    name = connection.dialect.name
    lane = connection.execute(_FREE_LANE[name], {"authority": authority_id}).first()
    if lane is not None:
        return lane
    for least in (secrets.choice(LANES), 0):
        lane = connection.execute(_LANE_FROM[name], {"authority": authority_id, "least": least}).first()
        if lane is not None:
            return lane
    new = [
        {"authority_id": authority_id, "lane": number, "entries": 0, "mark": head_mark(key, authority_id, number, 0)}
        for number in LANES
    ]
    connection.execute(_INSERT_LANES[name], new)
    return connection.execute(_LANE_FROM[name], {"authority": authority_id, "least": 0}).one()


def mark_removed_reasons(db: Session, entry_ids: Sequence[int]) -> None:
    """Sign that the service itself has emptied the reasons of these entries, in the transaction that does it."""
    key, connection = secret_keys_of(db)[0], connection_of(db)
    rows = connection.execute(select(_entries).where(_entries.c.id.in_(entry_ids))).mappings().all()
    marked = update(_entries).where(_entries.c.id == bindparam("entry")).values(removal_mark=bindparam("removed"))
    connection.execute(marked, [{"entry": row["id"], "removed": removal_mark(key, dict(row))} for row in rows])
