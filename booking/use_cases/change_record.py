"""A resident's own record as staff write it: a new one, or a change, which the appointments ahead follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.use_cases.change_details import follow_record, reached_ahead
from booking.use_cases.renew_invitations import invited_at, renew_invitations
from core.audit import Actor, record
from core.errors import Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.resident_repository import change_contact, create_resident, lock_known, record_stamp
from people.residents.tables import Resident


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
        row = lock_known(db, authority_id, resident_id)
        db.refresh(row)
        if seen is not None and seen != record_stamp(row):
            raise Stale.because("record_changed")
        write_record(db, runtime, row, person, actor, now)


def write_record(
    db: Session,
    runtime: Runtime,
    row: Resident,
    person: ResidentDetails,
    actor: Actor,
    now: datetime,
    *,
    keeps_own: bool = False,
) -> None:
    """Write `person` over the record, which is locked and as it is now; the appointments ahead follow.

    What was given for one appointment alone gives way to it, but where it `keeps_own`.
    """
    before, known, invited = _reached(row), reached_ahead(db, row, now), invited_at(row)
    change_contact(db, row, person)
    renew_invitations(db, runtime, row, invited)
    is_anew = _reached(row) != before
    follow_record(db, runtime, row, actor, now, known=known, is_reached_anew=is_anew, keeps_own=keeps_own)
    record(db, actor, "resident_changed", ("resident", row.id), authority_id=row.authority_id, now=now)


def _reached(row: Resident) -> tuple[object, ...]:
    """How the person of this record is reached."""
    post = (row.address, row.postcode_key, row.letter_format)
    return (row.email, row.phone, row.contact_preference, row.do_not_text, *post)


def register_resident(
    runtime: Runtime,
    authority_id: int,
    person: ResidentDetails,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of a new record, whomever we have already: staff were asked whether it is the same person."""

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        resident_id = create_resident(db, authority_id, person, now)
        record(db, actor, "resident_registered", ("resident", resident_id), authority_id=authority_id, now=now)
        return {"resident": resident_id}

    return int(run_once(runtime.database, idempotency, operation, runtime.clock.now())["resident"])
