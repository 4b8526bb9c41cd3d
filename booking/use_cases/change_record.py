"""A change of a resident's own record by staff, which the appointments ahead follow."""

from __future__ import annotations

from booking.use_cases.change_details import follow_record
from core.audit import Actor, record
from core.errors import Stale
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.resident_repository import change_contact, lock_resident, record_stamp


def change_record(
    runtime: Runtime,
    authority_id: int,
    resident_id: int,
    person: ResidentDetails,
    *,
    actor: Actor,
    seen: str | None = None,
) -> None:
    """Write `person` over the record. `seen` is the stamp of what was shown, compared while the record is locked.

    Raises: Stale when the record is not as it was shown, NotFound.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        row = lock_resident(db, authority_id, resident_id)
        db.refresh(row)
        if seen is not None and seen != record_stamp(row):
            raise Stale.because("record_changed")
        change_contact(db, row, person)
        follow_record(db, runtime, row, actor, now)
        record(db, actor, "resident_changed", ("resident", resident_id), authority_id=authority_id, now=now)
