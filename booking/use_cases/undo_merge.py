"""Puts two records back as they were before they were merged, for as long as that is possible; after that, forgets how."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.merging.different_people_repository import move_different_back
from booking.merging.merge_queries import superseded
from booking.merging.moved_rows_repository import mark_first, move_back
from booking.merging.records import RETURNED, details_in, facts_after_undo, facts_of_record, facts_restored, instant_in
from booking.merging.tables import ResidentMerge
from booking.use_cases.merge_residents import DIFFERENT, FIRST_CONTACT, follow_kept_contact
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import NotFound, Refused
from core.runtime import Runtime
from people.residents.resident_repository import change_contact
from people.residents.tables import Resident

UNDONE_WITHIN = timedelta(days=30)
FORGOTTEN: dict[str, Any] = {"was_kept": {}, "was_merged": {}, "became": {}, "moved": {}}


def undo_merge(runtime: Runtime, authority_id: int, merge_id: int, *, actor: Actor) -> int:
    """The id of the resident who is there again. What was booked since the merge stays with the kept record.

    Raises: Refused when it is too late, undone already, or a later merge of one of them has to be undone first; NotFound.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        merge = _locked_merge(db, authority_id, merge_id)
        residents = (merge.kept_resident_id, merge.merged_resident_id)
        rows = db.scalars(select(Resident).where(Resident.id.in_(residents)).order_by(Resident.id).with_for_update())
        known = {row.id: row for row in rows.all()}
        kept, other = (known[resident_id] for resident_id in residents)
        db.refresh(kept)
        db.refresh(other)
        _check_can_be_undone(db, merge, kept, now)
        _restore(db, merge, kept, other, now)
        merge.undone_at = now
        for name, empty in FORGOTTEN.items():
            setattr(merge, name, empty)
        facts: dict[str, Any] = {"merge": merge.id, "kept": kept.id, "merged": other.id}
        for row in (kept, other):
            record(db, actor, "merge_undone", ("resident", row.id), authority_id=authority_id, now=now, **facts)
        follow_kept_contact(db, residents, now)
        return other.id


def _locked_merge(db: Session, authority_id: int, merge_id: int) -> ResidentMerge:
    here = (ResidentMerge.id == merge_id, ResidentMerge.authority_id == authority_id)
    merge = db.scalar(select(ResidentMerge).where(*here).with_for_update())
    if merge is None:
        raise NotFound.because("merge_unknown")
    db.refresh(merge)
    return merge


def _check_can_be_undone(db: Session, merge: ResidentMerge, kept: Resident, now: datetime) -> None:
    """Raises: Refused."""
    if merge.undone_at is not None:
        raise Refused.because("merge_undone_already")
    if now - merge.at >= UNDONE_WITHIN or not merge.was_merged or kept.anonymised_at is not None:
        raise Refused.because("merge_too_old_to_undo", days=UNDONE_WITHIN.days)
    if superseded(db, [merge]):
        raise Refused.because("later_merge_first")


def _restore(db: Session, merge: ResidentMerge, kept: Resident, other: Resident, now: datetime) -> None:
    """Both records, and where the rows belong."""
    current, moved = facts_of_record(kept), dict(merge.moved)
    first_contact = moved.pop(FIRST_CONTACT, None)
    move_different_back(db, moved.pop(DIFFERENT, []), kept.id, other.id)
    move_back(db, moved, kept.id, other.id, merge.at)
    if first_contact is not None:
        mark_first(db, first_contact)
    _write(db, other, facts_restored(merge.was_merged, merge.became, current))
    other.anonymised_at = None
    _write(db, kept, facts_after_undo(merge.was_kept, merge.became, current))


def _write(db: Session, row: Resident, facts: dict[str, Any]) -> None:
    details = details_in(facts)
    change_contact(db, row, details)
    row.message_language = details.message_language  # also where it says that nobody was asked
    for name in RETURNED:
        setattr(row, name, instant_in(facts, name))
    db.flush()


def forget_old_merges(db: Session, authority_id: int, now: datetime) -> int:
    """Empty what is kept of merges that are too old to be undone; how many there were."""
    merges = table_of(ResidentMerge)
    old = (merges.c.authority_id == authority_id, merges.c.at <= now - UNDONE_WITHIN, merges.c.undone_at.is_(None))
    ids = [row.id for row in connection_of(db).execute(select(merges.c.id, merges.c.was_merged).where(*old)) if row[1]]
    if ids:
        connection_of(db).execute(update(merges).where(merges.c.id.in_(ids)).values(FORGOTTEN))
    return len(ids)
