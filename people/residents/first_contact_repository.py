"""Rows of how residents first asked for help with homelessness: written once, and never changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.database import connection_of, table_of
from people.residents.approach import Approach
from people.residents.tables import FirstContact, Resident

LONGEST_WORDS = 4000
_contacts = table_of(FirstContact)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert(_contacts), "postgresql": postgresql.insert(_contacts)}
_FIRST = {"sqlite": text("is_later = 0"), "postgresql": text("NOT is_later")}


def keep_first_contact(db: Session, resident_id: int, approach: Approach, actor: Actor, now: datetime) -> bool:
    """Keep how the resident asked, unless it is known how they asked before: that stays. True: it is known now."""
    authority_id = db.get_one(Resident, resident_id).authority_id
    taken_by = actor.name if actor.kind == "staff" else ""
    words = asdict(approach) | {"words": approach.words[:LONGEST_WORDS], "taken_by": approach.taken_by or taken_by}
    name = db.get_bind().dialect.name
    insert = _INSERT[name].on_conflict_do_nothing(index_elements=["resident_id"], index_where=_FIRST[name])
    added = insert.returning(_contacts.c.id)
    row = {"authority_id": authority_id, "resident_id": resident_id, **words}
    if connection_of(db).execute(added, row).scalar() is not None:
        facts = {"asked_at": approach.asked_at.isoformat(), "channel": approach.channel}
        record(db, actor, "first_contact", ("resident", resident_id), authority_id=authority_id, now=now, **facts)
    return True


def approach_in(row: FirstContact | None) -> Approach | None:
    """What a row says, as a value."""
    return Approach(row.asked_at, row.channel, row.words, row.asked_by, row.taken_by) if row is not None else None


def move_first_contact(db: Session, from_resident: int, to_resident: int, *, actor: Actor, now: datetime) -> None:
    """Whoever was taken for somebody else has asked themselves: keep it as theirs, and not as the other person's."""
    row = db.scalar(select(FirstContact).where(FirstContact.resident_id == from_resident, ~FirstContact.is_later))
    approach = approach_in(row)
    if row is not None and approach is not None:
        keep_first_contact(db, to_resident, approach, actor, now)
        connection_of(db).execute(delete(_contacts).where(_contacts.c.id == row.id))
