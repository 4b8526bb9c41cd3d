"""The merges that were made: what became a part of which record, and which of them can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.merging.tables import ResidentMerge
from people.residents.tables import Resident

PAGE = 20


def merges_of(db: Session, authority_id: int, resident_id: int) -> Sequence[ResidentMerge]:
    """The merges of which a resident's record was kept, the latest first."""
    here = (ResidentMerge.authority_id == authority_id, ResidentMerge.kept_resident_id == resident_id)
    return db.scalars(select(ResidentMerge).where(*here).order_by(ResidentMerge.id.desc()).limit(PAGE)).all()


def recent_merges(db: Session, authority_id: int) -> Sequence[ResidentMerge]:
    """The council's latest merges that were not undone, and can be."""
    can_be = (ResidentMerge.authority_id == authority_id, ResidentMerge.undone_at.is_(None))
    rows = select(ResidentMerge).where(*can_be).order_by(ResidentMerge.at.desc(), ResidentMerge.id.desc())
    return [row for row in db.scalars(rows.limit(PAGE)).all() if row.was_merged]


def kept_record_of(db: Session, authority_id: int, resident_id: int) -> int | None:
    """The resident of whose record this one has become a part, also by several merges; None where it has not."""
    found, seen = None, {resident_id}
    while True:
        part = (ResidentMerge.authority_id == authority_id, ResidentMerge.merged_resident_id == resident_id)
        kept = db.scalar(
            select(ResidentMerge.kept_resident_id).where(*part, ResidentMerge.undone_at.is_(None)).limit(1)
        )
        if kept is None or kept in seen:
            return found
        found = resident_id = kept
        seen.add(kept)


def merged_into(db: Session, resident_id: int) -> tuple[int, ...]:
    """The residents whose records have become a part of this one, directly or by others, by their ids."""
    found: list[int] = []
    asked = [resident_id]
    while asked:
        parts = select(ResidentMerge.merged_resident_id).where(
            ResidentMerge.kept_resident_id.in_(asked), ResidentMerge.undone_at.is_(None)
        )
        asked = [one for one in db.scalars(parts).all() if one not in found]
        found += asked
    return tuple(found)


def superseded(db: Session, merges: Sequence[ResidentMerge]) -> frozenset[int]:
    """The ids of those whose kept record was merged again since, which was not undone: that has to be undone first."""
    kept = {merge.kept_resident_id for merge in merges}
    of_kept = or_(ResidentMerge.kept_resident_id.in_(kept), ResidentMerge.merged_resident_id.in_(kept))
    rows = db.execute(
        select(ResidentMerge.id, ResidentMerge.kept_resident_id, ResidentMerge.merged_resident_id).where(
            of_kept, ResidentMerge.undone_at.is_(None)
        )
    ).all()
    latest: dict[int, int] = {}
    for merge_id, *both in rows:
        for resident_id in both:
            latest[resident_id] = max(merge_id, latest.get(resident_id, 0))
    return frozenset(merge.id for merge in merges if latest.get(merge.kept_resident_id, 0) > merge.id)


def names_of(db: Session, authority_id: int, resident_ids: Sequence[int]) -> Mapping[int, str]:
    """The names of these residents of the council, by id."""
    here = (Resident.authority_id == authority_id, Resident.id.in_(resident_ids))
    return {row.id: row.name for row in db.execute(select(Resident.id, Resident.name).where(*here))}
