"""The rows that belong to a resident, table by table: they move to the kept record of two, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, func, or_, select, update
from sqlalchemy.orm import Session

from booking.advisers.tables import NamedAdviser
from booking.documents.tables import CertifiedCopy, DocumentCheck, DocumentFile, DocumentReceipt, KeptOriginal
from booking.feeds.tables import ResidentFeed
from booking.invitations.tables import Invitation
from booking.proposals.tables import Wish
from booking.tables import Appointment, HandOver
from booking.urgent.tables import UrgentRequest
from booking.visits.tables import DayVisit
from core.database import connection_of, table_of
from core.tokens import stamp_of
from people.residents.resident_repository import record_stamp
from people.residents.tables import (
    ContactNote,
    FirstContact,
    Mandate,
    MemorableWord,
    RegisterEntry,
    Representative,
    Resident,
    ResidentView,
)

AT_ONCE = 500
RESIDENT = "resident_id"


@dataclass(frozen=True)
class MovedTable:
    """A table whose rows move with the resident in `whose`.

    `made_at` is when a row was written, where it names an appointment: what is written about a visit after a merge goes
    with the visit. `is_counted` says that another row is a change which whoever looks at both records has to see.
    """

    table: Table
    whose: Column[Any]
    made_at: Column[Any] | None = None
    is_counted: bool = True
    may_have: Callable[[int], ColumnElement[bool]] | None = None  # which rows a resident can have beside their own


def _moved(row: Any, whose: str = RESIDENT, made_at: str = "", **more: Any) -> MovedTable:
    table = table_of(row)
    return MovedTable(table, table.c[whose], table.c[made_at] if made_at else None, **more)


def _another_service(to_id: int) -> ColumnElement[bool]:
    """Of two advisers whom both have for one service, the kept record's counts, and the other stays where it was."""
    own = table_of(NamedAdviser).alias()
    return table_of(NamedAdviser).c.service_id.not_in(select(own.c.service_id).where(own.c.resident_id == to_id))


def _only_word(to_id: int) -> ColumnElement[bool]:
    """Of two memorable words the kept record's counts."""
    own = table_of(MemorableWord).alias()
    return ~select(own.c.id).where(own.c.resident_id == to_id).exists()


def _another_entry(to_id: int) -> ColumnElement[bool]:
    """Of two who are on the register the kept one is."""
    entries = table_of(RegisterEntry)
    own = entries.alias()
    is_on = select(own.c.id).where(own.c.resident_id == to_id, own.c.ended_at.is_(None)).exists()
    return or_(entries.c.ended_at.is_not(None), ~is_on)


APPOINTMENTS = _moved(Appointment)
REPRESENTATIVES = _moved(Representative)
MOVED_TABLES: tuple[MovedTable, ...] = (
    APPOINTMENTS,
    REPRESENTATIVES,
    _moved(ContactNote),
    _moved(FirstContact),
    _moved(Mandate),
    _moved(ResidentView, is_counted=False),  # whoever looks writes one
    _moved(ResidentFeed),
    _moved(UrgentRequest),
    _moved(HandOver, "from_resident_id", "at"),
    _moved(Wish, made_at="asked_at"),
    _moved(Invitation, made_at="invited_at"),
    _moved(DocumentCheck, made_at="checked_at"),
    _moved(DocumentFile, made_at="added_at"),
    _moved(CertifiedCopy, made_at="certified_at"),
    _moved(DocumentReceipt, made_at="given_at"),
    _moved(KeptOriginal, made_at="taken_at"),
    _moved(DayVisit, made_at="arrived_at"),
    _moved(NamedAdviser, may_have=_another_service),
    _moved(MemorableWord, may_have=_only_word),
    _moved(RegisterEntry, may_have=_another_entry),
)
# Tables that name a resident and do not move as these do, with the reason.
NOT_MOVED: Mapping[str, str] = {
    "calls": "what is typed goes on in the call of the kept record, and ends with it",
    "different_people": "what was said of the one record holds for the kept one: by its own rules",
    "resident_merges": "the record of merges itself",
    "resident_name_tokens": "follow the name",
}


def move_rows(db: Session, from_id: int, to_id: int) -> dict[str, list[int]]:
    """Move all rows of one resident to another, as far as it can have them; the ids that have moved, by table."""
    moved: dict[str, list[int]] = {}
    for one in MOVED_TABLES:
        key = one.table.c.id
        chosen = select(key).where(one.whose == from_id)
        if one.may_have is not None:
            chosen = chosen.where(one.may_have(to_id))
        ids = list(db.scalars(chosen.order_by(key)))
        _set_whose(db, one, ids, to_id)
        if ids:
            moved[one.table.name] = ids
    return moved


def move_back(db: Session, moved: Mapping[str, Sequence[int]], from_id: int, to_id: int, since: datetime) -> None:
    """Move these rows back, as far as they are still of `from_id`, with what was written about their visits since then."""
    for one in MOVED_TABLES:
        _set_whose(db, one, moved.get(one.table.name, ()), to_id, from_id)
    visits = moved.get(APPOINTMENTS.table.name, ())
    for ids in _parts(visits):
        for one in MOVED_TABLES:
            if one.made_at is None:
                continue
            about = one.table.c.appointment_id.in_(ids)
            written = update(one.table).where(one.whose == from_id, about, one.made_at >= since)
            connection_of(db).execute(written.values({one.whose.name: to_id}))
    appointments, people = APPOINTMENTS.table, REPRESENTATIVES.table
    acting = select(appointments.c.representative_id).where(
        appointments.c.resident_id == to_id, appointments.c.representative_id.is_not(None)
    )
    follow = update(people).where(people.c.resident_id == from_id, people.c.id.in_(acting))
    connection_of(db).execute(follow.values(resident_id=to_id))


def _set_whose(db: Session, one: MovedTable, ids: Iterable[int], to_id: int, from_id: int | None = None) -> None:
    for part in _parts(list(ids)):
        rows = update(one.table).where(one.table.c.id.in_(part))
        if from_id is not None:
            rows = rows.where(one.whose == from_id)
        if one.may_have is not None:
            rows = rows.where(one.may_have(to_id))
        connection_of(db).execute(rows.values({one.whose.name: to_id}))


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def later_first_contact(db: Session, one_id: int, other_id: int) -> int | None:
    """The first contact that is not the first one of both residents any more, by its id."""
    contacts = select(FirstContact.id).where(FirstContact.resident_id.in_((one_id, other_id)), ~FirstContact.is_later)
    found = db.scalars(contacts.order_by(FirstContact.asked_at, FirstContact.id)).all()
    return found[1] if len(found) > 1 else None


def mark_later(db: Session, contact_id: int) -> None:
    """Say that somebody had asked before this already."""
    contacts = table_of(FirstContact)
    connection_of(db).execute(update(contacts).where(contacts.c.id == contact_id).values(is_later=True))


def mark_first(db: Session, contact_id: int) -> None:
    """Say that this is how its resident first asked, unless there is one of which that is said."""
    contacts = table_of(FirstContact)
    others = contacts.alias()
    known = select(others.c.id).where(others.c.resident_id == contacts.c.resident_id, ~others.c.is_later)
    marked = update(contacts).where(contacts.c.id == contact_id, ~known.exists())
    connection_of(db).execute(marked.values(is_later=False))


def records_stamp(db: Session, one: Resident, other: Resident) -> str:
    """A short digest of all that a page shows of both records, to say later whether anything is otherwise."""
    counts = [
        select(func.count(table.table.c.id)).where(table.whose == row.id).scalar_subquery()
        for row in (one, other)
        for table in MOVED_TABLES
        if table.is_counted
    ]
    visits = APPOINTMENTS.table.c
    both = visits.resident_id.in_((one.id, other.id))
    changed = select(func.max(visits.changed_at)).where(both).scalar_subquery()
    versions = select(func.sum(visits.version)).where(both).scalar_subquery()
    row = db.execute(select(*counts, versions, changed)).one()
    return stamp_of(record_stamp(one), record_stamp(other), *(str(value) for value in row))
