"""Notes of earlier contacts: what was said, so that nobody has to say it twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import Session

from core.audit import Actor
from core.errors import Invalid
from people.residents.resident_repository import lock_known
from people.residents.tables import ContactNote
from people.staff.tables import StaffMember

LONGEST_NOTE = 4000
REPEATED_WITHIN = timedelta(minutes=15)  # the same words of one person again are the same note, sent twice


@dataclass(frozen=True)
class Note:
    """What was said in one contact: when, over which channel, and who wrote it down."""

    id: int
    at: datetime
    channel: str
    text: str
    written_by: str


_SAME = select(ContactNote.id).where(
    ContactNote.resident_id == bindparam("resident"),
    ContactNote.staff_id == bindparam("staff"),
    ContactNote.at.between(bindparam("since"), bindparam("until")),
    ContactNote.note == bindparam("text"),
)


def add_note(
    db: Session, authority_id: int, resident_id: int, text: str, *, channel: str, actor: Actor, now: datetime
) -> int:
    """The id of the new note, or of the same one that was written a short time ago: from another window, or sent again.

    Two transactions do not write it at once where the caller lets them take turns. Raises: NotFound for another
    authority's resident; Invalid (empty or too long).
    """
    kept = text.strip()
    if not kept or len(kept) > LONGEST_NOTE:
        raise Invalid.in_field("note", "note_too_long_or_empty", longest=LONGEST_NOTE)
    lock_known(db, authority_id, resident_id)  # or else the note would stay with a record that is merged meanwhile
    staff_id = actor.id if actor.kind == "staff" else None
    same = {"resident": resident_id, "staff": staff_id, "text": kept, "since": now - REPEATED_WITHIN, "until": now}
    known = db.scalar(_SAME, same) if staff_id is not None else None
    if known is not None:
        return known
    note = ContactNote(
        authority_id=authority_id,
        resident_id=resident_id,
        staff_id=staff_id,
        channel=channel,
        note=kept,
        at=now,
    )
    db.add(note)
    db.flush()
    return note.id


# Written once, since every page of a call needs it: putting a statement together takes as long as running it.
_NOTES = (
    select(ContactNote, StaffMember.name)
    .outerjoin(StaffMember, StaffMember.id == ContactNote.staff_id)
    .where(ContactNote.authority_id == bindparam("authority"), ContactNote.resident_id == bindparam("resident"))
    .order_by(ContactNote.at.desc(), ContactNote.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


def notes_of(db: Session, authority_id: int, resident_id: int, limit: int = 20) -> list[Note]:
    """The latest notes about the resident, newest first, in one statement."""
    rows = db.execute(_NOTES, {"authority": authority_id, "resident": resident_id, "limit": limit})
    return [Note(note.id, note.at, note.channel, note.note, name or "") for note, name in rows]
