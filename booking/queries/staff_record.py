"""What was done, and who saw whose data: the audit and the access log of a council as one list, the newest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.audit import AuditEntry
from core.database import table_of
from locations.ids_by_slug import site_table
from people.residents.tables import Resident, ResidentView
from people.staff.tables import ApiKey, StaffMember

CHANGES, VIEWS, ACCOUNTS = "changes", "views", "accounts"
KINDS = (CHANGES, VIEWS, ACCOUNTS)
_OF_ACCOUNTS = ("staff", "api_key")
_AUDIT, _VIEW = "a", "v"  # of equal instants the views come first
_BATCH = 200


@dataclass(frozen=True)
class Place:
    """A place in the list: what comes after it is older."""

    at: datetime
    source: str
    id: int


@dataclass(frozen=True)
class RecordFilter:
    """What is asked for. `actor` is a kind and an id (None for all of the kind); `until` is the first instant after it.

    `appointment` is the id of one and of its resident: what was done with either, and who looked at the resident.
    """

    kind: str = ""
    actor: tuple[str, int | None] | None = None
    since: datetime | None = None
    until: datetime | None = None
    appointment: tuple[int, int] | None = None


@dataclass(frozen=True)
class RecordEntry:
    """One entry. `code` is an action of the audit or the purpose of a view; names are as they are now, or empty."""

    place: Place
    code: str
    actor_kind: str
    actor_id: int | None
    actor_name: str
    subject: tuple[str, int | None]
    reason: str
    facts: Mapping[str, Any]
    residents: tuple[int, ...] = ()
    subject_name: str = ""
    resident_names: tuple[str, ...] = ()

    @property
    def is_view(self) -> bool:
        """Whether somebody only looked."""
        return self.place.source == _VIEW


def record_entries(
    db: Session, authority_id: int, wanted: RecordFilter, most: int, after: Place | None = None
) -> list[RecordEntry]:
    """The newest entries, `most` at the most, or those that are older than the place `after`."""
    sources: list[Iterator[RecordEntry]] = []
    if wanted.kind != VIEWS:
        sources.append(_audit_entries(db, authority_id, wanted, after))
    if wanted.kind in ("", VIEWS):
        sources.append(_views(db, authority_id, wanted, after))
    merged = heapq.merge(*sources, key=_order, reverse=True)
    return _named(db, authority_id, list(islice(merged, most)))


def _order(entry: RecordEntry) -> tuple[datetime, str, int]:
    return entry.place.at, entry.place.source, entry.place.id


def _audit_entries(db: Session, authority_id: int, wanted: RecordFilter, after: Place | None) -> Iterator[RecordEntry]:
    columns = table_of(AuditEntry).c
    conditions = [columns.authority_id == authority_id, *_common(columns, wanted)]
    if wanted.kind == ACCOUNTS:
        conditions.append(columns.subject_kind.in_(_OF_ACCOUNTS))
    elif wanted.kind == CHANGES:
        conditions.append(columns.subject_kind.not_in(_OF_ACCOUNTS))
    if wanted.appointment is not None:
        appointment_id, resident_id = wanted.appointment
        of_appointment = and_(columns.subject_kind == "appointment", columns.subject_id == appointment_id)
        conditions.append(
            or_(of_appointment, and_(columns.subject_kind == "resident", columns.subject_id == resident_id))
        )
    for row in _in_batches(db, columns, conditions, _AUDIT, after):
        yield RecordEntry(
            Place(row["at"], _AUDIT, row["id"]),
            row["action"],
            row["actor_kind"],
            row["actor_id"],
            row["actor_name"],
            (row["subject_kind"], row["subject_id"]),
            row["reason"],
            row["facts"],
            (row["subject_id"],) if row["subject_kind"] == "resident" else (),
        )


def _views(db: Session, authority_id: int, wanted: RecordFilter, after: Place | None) -> Iterator[RecordEntry]:
    columns = table_of(ResidentView).c
    conditions = [columns.authority_id == authority_id, *_common(columns, wanted)]
    resident_id = wanted.appointment[1] if wanted.appointment else None
    if resident_id is not None:
        may_be_listed = and_(columns.resident_id.is_(None), cast(columns.facts, String).contains(str(resident_id)))
        conditions.append(or_(columns.resident_id == resident_id, may_be_listed))
    for row in _in_batches(db, columns, conditions, _VIEW, after):
        residents = (row["resident_id"],) if row["resident_id"] else tuple(row["facts"].get("residents", ()))
        if resident_id is None or resident_id in residents:
            subject = ("resident", row["resident_id"]) if row["resident_id"] else ("residents", None)
            place, actor = Place(row["at"], _VIEW, row["id"]), (row["actor_kind"], row["actor_id"])
            yield RecordEntry(place, row["purpose"], *actor, "", subject, "", row["facts"], residents)


def _common(columns: Any, wanted: RecordFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.actor is not None:
        kind, actor_id = wanted.actor
        conditions.append(columns.actor_kind == kind)
        if actor_id is not None:
            conditions.append(columns.actor_id == actor_id)
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    return conditions


def _in_batches(
    db: Session, columns: Any, conditions: Sequence[ColumnElement[bool]], source: str, after: Place | None
) -> Iterator[Any]:
    """The rows, the newest first, read a few at a time: nobody knows how many of them will be asked for."""
    last = after
    while True:
        older = [_older(columns, source, last)] if last else []
        statement = select(*columns).where(*conditions, *older).order_by(columns.at.desc(), columns.id.desc())
        rows = db.execute(statement.limit(_BATCH)).mappings().all()
        yield from rows
        if len(rows) < _BATCH:
            return
        last = Place(rows[-1]["at"], source, rows[-1]["id"])


def _older(columns: Any, source: str, place: Place) -> ColumnElement[bool]:
    if source == place.source:
        return or_(columns.at < place.at, and_(columns.at == place.at, columns.id < place.id))
    older: ColumnElement[bool] = columns.at <= place.at if source < place.source else columns.at < place.at
    return older


def _named(db: Session, authority_id: int, entries: Sequence[RecordEntry]) -> list[RecordEntry]:
    """The entries with the names of those who acted, and of what they are about. Of other councils it knows none."""
    find = _Names(db, authority_id, entries)
    return [
        replace(
            entry,
            actor_name=entry.actor_name or find.of(entry.actor_kind, entry.actor_id),
            subject_name=find.of(*entry.subject),
            resident_names=tuple(find.of("resident", one) for one in entry.residents),
        )
        for entry in entries
    ]


class _Names:
    """The names of what the entries are about, read with one statement for each kind."""

    def __init__(self, db: Session, authority_id: int, entries: Iterable[RecordEntry]) -> None:
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            for kind, number in (
                (entry.actor_kind, entry.actor_id),
                entry.subject,
                *(("resident", one) for one in entry.residents),
            ):
                if number is not None:
                    wanted.setdefault(_KIND_OF_ACTOR.get(kind, kind), set()).add(number)
        self._names = {
            kind: dict(read(db, authority_id, ids)) for kind, read in _READERS.items() if (ids := wanted.get(kind))
        }

    def of(self, kind: str, number: int | None) -> str:
        """The name, or nothing when there is none any more."""
        return self._names.get(_KIND_OF_ACTOR.get(kind, kind), {}).get(number or 0, "")


def _reader(key: Any, name: Any, authority: Any) -> Callable[[Session, int, set[int]], Iterator[tuple[int, str]]]:
    def read(db: Session, authority_id: int, ids: set[int]) -> Iterator[tuple[int, str]]:
        in_order = sorted(ids)
        for start in range(0, len(in_order), _BATCH):
            some = key.in_(in_order[start : start + _BATCH])
            yield from (
                (row[0], row[1]) for row in db.execute(select(key, name).where(some, authority == authority_id))
            )

    return read


_KIND_OF_ACTOR = {"api": "api_key"}
_READERS = {
    "staff": _reader(StaffMember.id, StaffMember.name, StaffMember.authority_id),
    "api_key": _reader(ApiKey.id, ApiKey.name, ApiKey.authority_id),
    "resident": _reader(Resident.id, Resident.name, Resident.authority_id),
    "appointment": _reader(Appointment.id, Appointment.reference, Appointment.authority_id),
    "site": _reader(site_table.c.id, site_table.c.name, site_table.c.authority_id),
}
