"""Personal data ends: what a council no longer needs is emptied by age and class, or for one resident at once.

The classes and the longest times are `core.personal_data.KEPT_DAYS`; a council may set shorter ones.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from booking.merging.merge_queries import merged_into
from booking.merging.tables import DifferentPeople
from booking.queries.references import meant_reference
from booking.tables import Appointment
from booking.use_cases.invite import end_invitations_of_resident
from booking.use_cases.keep_documents import delete_stored
from booking.use_cases.undo_merge import forget_old_merges
from booking.use_cases.wishes import end_wishes_of_resident
from core.audit import Actor, record
from core.connections import CLEANUP
from core.database import connection_of, table_of
from core.errors import NotFound, Refused
from core.personal_data import kept_days
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.tables import Resident, ResidentView
from people.staff.former_staff import count_former_staff, empty_former_staff
from reminders.privacy.personal_columns import PersonalTable, empty_value, is_filled
from reminders.privacy.personal_tables import OF_APPOINTMENTS, PERSONAL_TABLES, of_appointments

_pairs = table_of(DifferentPeople)
STORED_NAME = "stored_name"  # of a file that lies apart from the database
BATCH = 500  # rows of one transaction: nobody who books waits behind a long one
Counts = Counter[tuple[str, str]]  # (class, table) -> rows


@dataclass(frozen=True)
class Expired:
    """What one pass emptied, or would empty, for one council: rows by (class of data, table)."""

    authority: str
    rows: Mapping[tuple[str, str], int]


def empty_expired(runtime: Runtime, *, dry_run: bool = False) -> list[Expired]:
    """Empty all personal data that is older than its council keeps it, in batches; or only count it."""
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        councils = [
            (row.id, row.slug, kept_days(row.privacy.get("keep_days", {}))) for row in db.scalars(select(Authority))
        ]
    return [
        Expired(slug, _empty_council(runtime, authority_id, days, now, dry_run=dry_run))
        for authority_id, slug, days in councils
    ]


def _empty_council(
    runtime: Runtime, authority_id: int, days: Mapping[str, int], now: datetime, *, dry_run: bool
) -> Counts:
    counts: Counts = Counter()
    for personal in PERSONAL_TABLES:
        for data_class in personal.classes():
            limit = now - timedelta(days=days[data_class])
            chosen = and_(personal.in_authority(authority_id), personal.is_older(limit))
            if dry_run:
                with runtime.database.reading() as db:
                    counts[data_class, personal.table.name] += _count(db, personal, data_class, chosen)
            else:
                counts[data_class, personal.table.name] += _empty_in_batches(runtime, personal, data_class, chosen, now)
    if not dry_run:
        with runtime.database.writing(CLEANUP) as db:
            counts["contact", "resident_merges"] += forget_old_merges(db, authority_id, now)
    counts["identity", "staff_members"] += _empty_former_staff(runtime, authority_id, now, dry_run=dry_run)
    return +counts


def _empty_former_staff(runtime: Runtime, authority_id: int, now: datetime, *, dry_run: bool) -> int:
    if dry_run:
        with runtime.database.reading() as db:
            return count_former_staff(db, authority_id, now)
    with runtime.database.writing(CLEANUP) as db:
        return empty_former_staff(db, authority_id, now)


def _empty_in_batches(
    runtime: Runtime, personal: PersonalTable, data_class: str, chosen: ColumnElement[bool], now: datetime
) -> int:
    total = 0
    while True:
        freed: list[str] = []
        with runtime.database.writing(CLEANUP) as db:
            emptied = _empty(db, personal, data_class, chosen, now, BATCH, freed)
        delete_stored(runtime, freed)
        total += emptied
        if emptied < BATCH:
            return total


def _filled(personal: PersonalTable, data_class: str) -> ColumnElement[bool]:
    return or_(*(is_filled(column) for column in personal.columns_of(data_class)))


def _count(db: Session, personal: PersonalTable, data_class: str, chosen: ColumnElement[bool]) -> int:
    table = personal.table
    return db.scalar(select(func.count()).select_from(table).where(chosen, _filled(personal, data_class))) or 0


def _empty(
    db: Session,
    personal: PersonalTable,
    data_class: str,
    chosen: ColumnElement[bool],
    now: datetime,
    most: int,
    freed: list[str],
) -> int:
    """Empty the class in at most so many of the chosen rows; how many there were. `freed` gets the names of their files."""
    table, key = personal.table, personal.table.c.id
    ids = db.scalars(select(key).where(chosen, _filled(personal, data_class)).order_by(key).limit(most)).all()
    if not ids:
        return 0
    if personal.are_rows_deleted:
        connection_of(db).execute(delete(table).where(key.in_(ids)))
        return len(ids)
    if STORED_NAME in table.c and data_class == table.c[STORED_NAME].info["personal"]:
        freed += db.scalars(select(table.c[STORED_NAME]).where(key.in_(ids), table.c[STORED_NAME] != "")).all()
    values: dict[str, Any] = {column.name: empty_value(column) for column in personal.columns_of(data_class)}
    if data_class in personal.set_besides:
        values[personal.set_besides[data_class]] = now
    connection_of(db).execute(update(table).where(key.in_(ids)).values(values))
    if personal.after_emptied is not None:
        personal.after_emptied(db, ids)
    return len(ids)


def erase_resident(
    runtime: Runtime, authority_id: int, reference: str, *, actor: Actor
) -> Mapping[tuple[str, str], int]:
    """Empty everything personal about the resident of an appointment, now; rows by (class, table).

    Raises: NotFound; Refused while the resident has an appointment to come.
    """
    freed: list[str] = []
    with runtime.database.writing(CLEANUP) as db:
        now = runtime.clock.database_now(db)
        resident_id = _resident_id(db, authority_id, reference)
        db.execute(select(Resident.id).where(Resident.id == resident_id).with_for_update())
        if _has_appointment_to_come(db, resident_id, now):
            raise Refused.because("erase_after_appointment", reference=reference)
        end_wishes_of_resident(db, resident_id, now)
        end_invitations_of_resident(db, resident_id, now)
        counts: Counts = Counter()
        residents = (resident_id, *merged_into(db, resident_id))
        for person, personal in product(residents, PERSONAL_TABLES):
            for data_class in personal.classes():
                chosen, rows = personal.of_resident(person), 0
                while batch := _empty(db, personal, data_class, chosen, now, BATCH, freed):
                    rows += batch
                counts[data_class, personal.table.name] += rows
        record(db, actor, "resident_erased", ("resident", resident_id), authority_id=authority_id, now=now)
    delete_stored(runtime, freed)
    return +counts


def _has_appointment_to_come(db: Session, resident_id: int, now: datetime) -> bool:
    to_come = select(Appointment.id).where(
        Appointment.resident_id == resident_id, Appointment.state == "booked", Appointment.ends_at > now
    )
    return db.scalar(to_come.limit(1)) is not None


def exported_resident(runtime: Runtime, authority_id: int, reference: str, *, actor: Actor) -> dict[str, Any]:
    """All that is kept about the resident of an appointment, as plain JSON values by table. Raises: NotFound."""
    with runtime.database.writing(CLEANUP) as db:
        now = runtime.clock.database_now(db)
        resident_id = _resident_id(db, authority_id, reference)
        residents = (resident_id, *merged_into(db, resident_id))
        kept = {
            personal.table.name: _rows(db, personal.table, or_(*map(personal.of_resident, residents)))
            for personal in PERSONAL_TABLES
        }
        kept |= {table.name: _rows(db, table, of_appointments(table, resident_id)) for table in OF_APPOINTMENTS}
        pairs = or_(_pairs.c.first_id.in_(residents), _pairs.c.second_id.in_(residents))
        kept[_pairs.name] = _rows(db, _pairs, pairs)
        kept["resident_views"] = _rows(db, table_of(ResidentView), ResidentView.resident_id == resident_id)
        record(db, actor, "resident_exported", ("resident", resident_id), authority_id=authority_id, now=now)
    return {"reference": reference, "exported_at": now.isoformat(), **kept}


def _rows(db: Session, table: Table, chosen: ColumnElement[bool]) -> list[dict[str, Any]]:
    of_links = {"manage_nonce", "manage_digest", "link_nonce", "link_digest"}
    hidden = {*of_links, "hold_nonce", "origin", "word_hash"}  # they open something; of the person they say nothing
    rows = db.execute(select(table).where(chosen).order_by(*table.primary_key.columns)).mappings()
    return [{key: _plain(value) for key, value in row.items() if key not in hidden} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else value.isoformat()


def _resident_id(db: Session, authority_id: int, reference: str) -> int:
    meant = meant_reference(db, authority_id, reference) or ""
    here = (Appointment.authority_id == authority_id, Appointment.reference == meant)
    found = db.scalar(select(Appointment.resident_id).where(*here))
    if found is None:
        raise NotFound.because("reference_unknown", reference=reference)
    return found
