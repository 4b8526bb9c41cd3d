"""Earlier contacts: what was said, so that nobody tells their story twice, and who looked at whose record, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import Session

from core.audit import Actor
from core.errors import Invalid, NotFound
from people.residents.tables import ContactNote, Resident, ResidentAccess
from people.staff.tables import StaffMember

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class Note:
    """What was said in one contact: when, over which channel, and who wrote it down."""

    id: int
    at: datetime
    channel: str
    text: str
    written_by: str


def add_note(
    db: Session, authority_id: int, resident_id: int, text: str, *, channel: str, actor: Actor, now: datetime
) -> int:
    """The id of the new note. Raises: NotFound for another authority's resident; Invalid (empty or too long)."""
    words = text.strip()
    if not words or len(words) > LONGEST_NOTE:
        raise Invalid.in_field("note", "note_too_long_or_empty", longest=LONGEST_NOTE)
    resident_of(db, authority_id, resident_id)
    note = ContactNote(
        authority_id=authority_id,
        resident_id=resident_id,
        staff_id=actor.id if actor.kind == "staff" else None,
        channel=channel,
        note=words,
        at=now,
    )
    db.add(note)
    db.flush()
    return note.id


# Written once, since every page of a call asks: putting a statement together takes as long as running it.
_NOTES = (
    select(ContactNote, StaffMember.name)
    .outerjoin(StaffMember, StaffMember.id == ContactNote.staff_id)
    .where(ContactNote.authority_id == bindparam("authority"), ContactNote.resident_id == bindparam("resident"))
    .order_by(ContactNote.at.desc(), ContactNote.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_SEEN = (
    select(ResidentAccess.id)
    .where(
        ResidentAccess.resident_id == bindparam("resident"),
        ResidentAccess.at > bindparam("since"),
        ResidentAccess.actor_kind == bindparam("actor_kind"),
        ResidentAccess.actor_id == bindparam("actor_id"),
    )
    .limit(1)
)
_RESIDENT = select(Resident).where(
    Resident.id == bindparam("resident"), Resident.authority_id == bindparam("authority")
)


def notes_of(db: Session, authority_id: int, resident_id: int, limit: int = 20) -> list[Note]:
    """The latest notes about the resident, newest first, in one statement."""
    rows = db.execute(_NOTES, {"authority": authority_id, "resident": resident_id, "limit": limit})
    return [Note(note.id, note.at, note.channel, note.note, name or "") for note, name in rows]


def log_access(
    db: Session,
    authority_id: int,
    resident_id: int | None,
    actor: Actor,
    purpose: str,
    now: datetime,
    **facts: object,
) -> None:
    """Write that `actor` looked at the resident's data, and why. No resident: a list of several, told by `facts`."""
    db.add(
        ResidentAccess(
            authority_id=authority_id,
            resident_id=resident_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            purpose=purpose,
            at=now,
            facts=facts,
        )
    )
    db.flush()


def has_logged_access(db: Session, resident_id: int, actor: Actor, since: datetime) -> bool:
    """Whether it is written down that `actor` has looked at the resident's data since then: one call, one line."""
    values = {"resident": resident_id, "since": since, "actor_kind": actor.kind, "actor_id": actor.id}
    return db.scalar(_SEEN, values) is not None


def resident_of(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident of this authority. Raises: NotFound, also for one of another authority."""
    resident = db.scalar(_RESIDENT, {"resident": resident_id, "authority": authority_id})
    if resident is None:
        raise NotFound.because("resident_unknown")
    return resident
