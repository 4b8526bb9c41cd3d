"""Makes one record of two that are the same person's; staff have looked at both, and nothing does it by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, announce
from booking.merging.different_people_repository import keep_different, move_different
from booking.merging.moved_rows_repository import later_first_contact, mark_later, move_rows, records_stamp
from booking.merging.records import facts_of_record
from booking.merging.tables import ResidentMerge
from booking.states import State
from booking.tables import Appointment, Call
from booking.use_cases.calls import NOTE
from core.audit import Actor, record
from core.database import table_of
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.merge_choice import merged_details
from people.residents.resident_repository import change_contact
from people.residents.tables import MemorableWord, Resident, ResidentNameToken

FIRST_CONTACT = "first_contact"  # in `moved`: the one that is not the first any more
DIFFERENT = "different_people"


@dataclass(frozen=True)
class TwoRecords:
    """Two records of one person: the kept one, and the other, which becomes a part of it."""

    authority_id: int
    kept_id: int
    other_id: int


def merge_residents(runtime: Runtime, two: TwoRecords, chosen: Mapping[str, str], *, seen: str, actor: Actor) -> int:
    """The id of the merge. `chosen` says which of the differing facts count; `seen` is the stamp of what was shown.

    Messages that are planned go to the kept contact; links and references stay as they are.
    Raises: Stale when anything of either is not as it was shown, Invalid for one record, Refused, NotFound.
    """
    if two.kept_id == two.other_id:
        raise Invalid.in_field("resident", "same_resident")
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        kept, other = lock_both(db, two.authority_id, two.kept_id, two.other_id)
        if seen != records_stamp(db, kept, other):
            raise Stale.because("record_changed")
        was_kept, was_merged = facts_of_record(kept), facts_of_record(other)
        details = merged_details(_details(kept), _details(other), chosen)
        moved = _move(db, kept.id, other.id)
        _write(db, kept, other, details)
        empty_record(db, other, now)
        row = ResidentMerge(
            authority_id=two.authority_id,
            kept_resident_id=kept.id,
            merged_resident_id=other.id,
            staff_id=actor.id if actor.kind == "staff" else None,
            at=now,
            was_kept=was_kept,
            was_merged=was_merged,
            became=facts_of_record(kept),
            moved=moved,
        )
        db.add(row)
        db.flush()
        _record_both(db, row, actor, now)
        follow_kept_contact(db, (kept.id,), now)
        return row.id


def lock_both(db: Session, authority_id: int, one_id: int, other_id: int) -> tuple[Resident, Resident]:
    """Both residents, locked until the transaction ends, the lower id first. Raises: NotFound for one who is not there."""
    both = (Resident.authority_id == authority_id, Resident.id.in_((one_id, other_id)))
    rows = db.scalars(select(Resident).where(*both).order_by(Resident.id).with_for_update())
    found = {row.id: row for row in rows.all() if row.anonymised_at is None}
    if len(found) < 2:
        raise NotFound.because("resident_unknown")
    for row in found.values():
        db.refresh(row)
    return found[one_id], found[other_id]


def _details(row: Resident) -> ResidentDetails:
    values = {name: getattr(row, name) for name in ResidentDetails.__dataclass_fields__}
    return ResidentDetails(**values | {"support_needs": tuple(row.support_needs)})


def _move(db: Session, kept_id: int, other_id: int) -> dict[str, Any]:
    """Everything that belongs to the other resident goes to the kept one; what has moved."""
    later = later_first_contact(db, kept_id, other_id)
    if later is not None:
        mark_later(db, later)
    moved: dict[str, Any] = dict(move_rows(db, other_id, kept_id))
    moved[DIFFERENT] = move_different(db, other_id, kept_id)
    _move_calls(db, other_id, kept_id)
    if table_of(MemorableWord).name in moved:  # who said facts alone has not said the word that the record has now
        unchecked = update(Call).where(Call.resident_id == kept_id).values(checked_at=None, check_result="")
        db.execute(unchecked)
    return moved | ({FIRST_CONTACT: later} if later is not None else {})


def _move_calls(db: Session, from_id: int, to_id: int) -> None:
    """Calls that are under way go on with the kept record. Who speaks with both has one call, with both notes of it.

    What is held in a call that ends so is free again when its time is over.
    """
    calls = select(Call).where(Call.resident_id.in_((from_id, to_id))).order_by(Call.id).with_for_update()
    rows = db.scalars(calls).all()
    going_on = {row.staff_id: row for row in rows if row.resident_id == to_id}
    for row in (row for row in rows if row.resident_id == from_id):
        known = going_on.get(row.staff_id)
        if known is None:
            row.resident_id = to_id
            continue
        notes = [note for note in (known.typed.get(NOTE), row.typed.get(NOTE)) if note]
        known.typed = row.typed | known.typed | ({NOTE: "\n".join(notes)} if notes else {})
        db.delete(row)
    db.flush()


def _write(db: Session, kept: Resident, other: Resident, details: ResidentDetails) -> None:
    """Write the chosen facts, with what the post and mail servers have said of the address that was chosen."""
    post = {(row.address, row.postcode): row.letter_returned_at for row in (other, kept)}
    mail = {row.email: row.email_returned_at for row in (other, kept)}
    change_contact(db, kept, details)
    kept.letter_returned_at = post.get((kept.address, kept.postcode))
    kept.email_returned_at = mail.get(kept.email) if kept.email else None
    db.flush()


def empty_record(db: Session, row: Resident, now: datetime) -> None:
    """Nothing is left of a record that is a part of another one: nobody finds it, and nothing is written to it."""
    change_contact(db, row, ResidentDetails(name=""))
    row.message_language, row.anonymised_at = "", now
    row.email_returned_at = row.letter_returned_at = None
    db.execute(delete(ResidentNameToken).where(ResidentNameToken.resident_id == row.id))
    db.flush()


def _record_both(db: Session, row: ResidentMerge, actor: Actor, now: datetime) -> None:
    facts: dict[str, Any] = {"merge": row.id, "kept": row.kept_resident_id, "merged": row.merged_resident_id}
    kept, merged, where = ("resident", row.kept_resident_id), ("resident", row.merged_resident_id), row.authority_id
    record(db, actor, "residents_merged", kept, authority_id=where, now=now, **facts)
    record(db, actor, "merged_into_another", merged, authority_id=where, now=now, **facts)


def follow_kept_contact(db: Session, resident_ids: Sequence[int], now: datetime) -> None:
    """Have what is owed about the appointments ahead of these residents go as their records say now."""
    ahead = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    rows = select(Appointment).where(Appointment.resident_id.in_(resident_ids), *ahead).order_by(Appointment.id)
    for row in db.scalars(rows.with_for_update(key_share=True)).all():
        announce(db, AppointmentChange(row.authority_id, row.id, row.version, "contact", now))


def say_different(runtime: Runtime, two: TwoRecords, *, actor: Actor) -> None:
    """Remember that the two are different people: they are not put side by side again. Raises: NotFound, Invalid."""
    if two.kept_id == two.other_id:
        raise Invalid.in_field("resident", "same_resident")
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_both(db, two.authority_id, two.kept_id, two.other_id)
        staff_id = actor.id if actor.kind == "staff" else None
        if not keep_different(db, two.authority_id, two.kept_id, two.other_id, staff_id, now):
            return
        for one, other in ((two.kept_id, two.other_id), (two.other_id, two.kept_id)):
            subject = ("resident", one)
            record(db, actor, "not_same_person", subject, authority_id=two.authority_id, now=now, other=other)
