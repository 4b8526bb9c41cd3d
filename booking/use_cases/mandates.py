"""Notes who may act for a resident in more than one booking, changes that, and ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.use_cases.change_details import Reached, follow_record, reached_ahead
from core.audit import Actor, record
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from people.residents.mandate_queries import latest_mandate, mandated_of
from people.residents.mandate_rules import LONGEST_WHY, Mandated, check_mandate, is_proof_anew
from people.residents.resident_repository import lock_known
from people.residents.tables import Mandate, Resident


def note_mandate(
    runtime: Runtime, authority_id: int, resident_id: int, given: Mandated, *, today: date, seen: int, actor: Actor
) -> int:
    """The id of the new entry; `seen` is the latest one that the page showed (0 for none), `today` the council's.

    Raises: Stale when somebody has noted another one meanwhile, Invalid, NotFound.
    """
    checked = check_mandate(given, today)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        resident = lock_known(db, authority_id, resident_id)
        if latest_mandate(db, authority_id, resident_id) != seen:
            raise Stale.because("mandate_changed")
        known = reached_ahead(db, resident, now)
        row = Mandate(authority_id=authority_id, resident_id=resident_id, version=1, noted_at=now, ended_why="")
        _write(row, checked)
        row.proof_by, row.proof_at = _staff_id(actor), now
        db.add(row)
        db.flush()
        facts = _facts(row, authority_id, now)
        record(db, actor, "mandate_noted", ("resident", resident_id), **facts)
        _tell_who_is_reached_now(db, runtime, resident, known, actor, now)
        return row.id


def change_mandate(
    runtime: Runtime,
    authority_id: int,
    resident_id: int,
    mandate_id: int,
    given: Mandated,
    *,
    today: date,
    seen: int,
    actor: Actor,
) -> None:
    """Write what is noted now, in place of the version that was `seen`. Who extends it has seen the proof.

    Raises: Stale when somebody has changed or ended it meanwhile, Invalid, NotFound.
    """
    checked = check_mandate(given, today)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        resident = lock_known(db, authority_id, resident_id)
        row = _open_mandate(db, authority_id, resident_id, mandate_id, seen)
        before = mandated_of(row)
        if before == checked:
            return
        known = reached_ahead(db, resident, now)
        if is_proof_anew(before, checked):
            row.proof_by, row.proof_at = _staff_id(actor), now
        _write(row, checked)
        row.version += 1
        row.changed_by, row.changed_at = _staff_id(actor), now
        names = [name for name in Mandated.__dataclass_fields__ if getattr(before, name) != getattr(checked, name)]
        facts = _facts(row, authority_id, now) | {"changed": names}
        record(db, actor, "mandate_changed", ("resident", resident_id), **facts)
        _tell_who_is_reached_now(db, runtime, resident, known, actor, now)


def end_mandate(
    runtime: Runtime, authority_id: int, resident_id: int, mandate_id: int, why: str, *, seen: int, actor: Actor
) -> None:
    """End the version that was seen, for a reason that is on record: they are told of no visit any more.

    Raises: Stale, Invalid without a reason, NotFound.
    """
    text = why.strip()
    if not text or len(text) > LONGEST_WHY:
        raise Invalid.in_field("why", "mandate_end_reason", longest=LONGEST_WHY)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        resident = lock_known(db, authority_id, resident_id)
        row = _open_mandate(db, authority_id, resident_id, mandate_id, seen)
        known = reached_ahead(db, resident, now)
        row.ended_at, row.ended_by, row.ended_why = now, _staff_id(actor), text
        subject, where = ("resident", resident_id), authority_id
        record(db, actor, "mandate_ended", subject, authority_id=where, now=now, reason=text, mandate=mandate_id)
        _tell_who_is_reached_now(db, runtime, resident, known, actor, now)


def _tell_who_is_reached_now(
    db: Session, runtime: Runtime, resident: Resident, known: Mapping[int, Reached], actor: Actor, now: datetime
) -> None:
    """Of each visit to come that was told to somebody else (`known`): a new link, and a confirmation; nothing to them."""
    db.flush()
    follow_record(
        db, runtime, resident, actor, now, known=known, is_reached_anew=False, keeps_own=True, tells_old=False
    )


def _open_mandate(db: Session, authority_id: int, resident_id: int, mandate_id: int, seen: int) -> Mandate:
    """The entry, if it is as it was seen. Raises: NotFound, Stale."""
    here = (Mandate.authority_id == authority_id, Mandate.resident_id == resident_id, Mandate.id == mandate_id)
    row = db.scalar(select(Mandate).where(*here).with_for_update())
    if row is None:
        raise NotFound.because("mandate_unknown")
    db.refresh(row)
    if row.ended_at is not None or row.version != seen:
        raise Stale.because("mandate_changed")
    return row


def _write(row: Mandate, who: Mandated) -> None:
    row.name, row.basis, row.proof, row.powers = who.name, who.basis, who.proof, list(who.powers)
    row.valid_until, row.phone, row.email = who.valid_until, who.phone, who.email


def _facts(row: Mandate, authority_id: int, now: datetime) -> dict[str, Any]:
    until = row.valid_until.isoformat() if row.valid_until else ""
    codes = {"basis": row.basis, "proof": row.proof, "powers": list(row.powers), "until": until}
    return {"authority_id": authority_id, "now": now, "mandate": row.id} | codes


def _staff_id(actor: Actor) -> int | None:
    return actor.id if actor.kind == "staff" else None
