"""No more texts to a number, because whoever has it has asked for none; and texts again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.change_details import follow_record
from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.resident_repository import lock_resident
from people.residents.tables import Representative, Resident

INSTEAD = "email"  # the preference of who has no other: the council's order of the channels then counts


def stop_texts(db: Session, runtime: Runtime, authority_id: int, phone_key: str, now: datetime) -> bool:
    """Write "do not text" where the number stands: into the resident's record, or with whoever acts for somebody.

    Appointments stay, and messages that are owed go by the next channel. Returns whether anything was changed.
    """
    stopped = _stop_helpers(db, runtime, authority_id, phone_key, now)
    for resident_id in _residents_of(db, authority_id, phone_key, now):
        row = lock_resident(db, authority_id, resident_id)
        db.refresh(row)
        if row.do_not_text and row.contact_preference != "text":
            continue
        row.do_not_text = True
        row.contact_preference = INSTEAD if row.contact_preference == "text" else row.contact_preference
        db.flush()
        # Their telephone is theirs as before: the links that it has go on working.
        follow_record(db, runtime, row, Actor.resident(), now, keeps_own=True)
        record(db, Actor.resident(), "texts_stopped", ("resident", row.id), authority_id=authority_id, now=now)
        stopped = True
    return stopped


def _stop_helpers(db: Session, runtime: Runtime, authority_id: int, key: str, now: datetime) -> bool:
    """The same for who acts for residents with this number: for whom they act may be texted as before."""
    theirs = (Representative.authority_id == authority_id, Representative.phone_key == key)
    helpers = (
        db.scalars(select(Representative).where(*theirs, Representative.do_not_text.is_(False))).all() if key else ()
    )
    for resident_id in sorted({helper.resident_id for helper in helpers}):
        row = lock_resident(db, authority_id, resident_id)
        for helper in helpers:
            helper.do_not_text = helper.do_not_text or helper.resident_id == resident_id
        db.flush()
        follow_record(db, runtime, row, Actor.resident(), now, keeps_own=True)
        subject = ("resident", row.id)
        record(db, Actor.resident(), "texts_stopped", subject, authority_id=authority_id, now=now, representative=True)
    return bool(helpers)


def text_helper_again(
    runtime: Runtime, authority_id: int, representative_id: int, reason: str, *, actor: Actor
) -> bool:
    """Take back that no texts go to the number of somebody who acts for residents; whether it was so.

    It counts for the number, whomever its owner acts for. What is owed goes by text again where it would have.
    Raises: Invalid for an empty reason, NotFound.
    """
    if not reason:
        raise Invalid.in_field("reason", "no_reason_for_texts")

    def operation(db: Session) -> bool:
        now = runtime.clock.database_now(db)
        row = db.get(Representative, representative_id)
        if row is None or row.authority_id != authority_id:
            raise NotFound.because("nothing_here")
        theirs = (Representative.authority_id == authority_id, Representative.phone_key == row.phone_key)
        stopped = select(Representative).where(*theirs, Representative.do_not_text)
        helpers = db.scalars(stopped.order_by(Representative.id)).all()
        for resident_id in sorted({helper.resident_id for helper in helpers}):
            resident = lock_resident(db, authority_id, resident_id)
            for helper in helpers:
                helper.do_not_text = helper.do_not_text and helper.resident_id != resident_id
            db.flush()
            follow_record(db, runtime, resident, actor, now, keeps_own=True)
            subject = ("resident", resident_id)
            record(db, actor, "texts_allowed_again", subject, authority_id=authority_id, now=now, reason=reason)
        return bool(helpers)

    return run_with_retries(runtime.database, operation)


def _residents_of(db: Session, authority_id: int, key: str, now: datetime) -> Iterable[int]:
    """Who has the number, and who has an appointment ahead for which it was given; in order."""
    ahead = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    own = select(Resident.id).where(Resident.authority_id == authority_id, Resident.phone_key == key)
    here = (Appointment.authority_id == authority_id, Appointment.contact_phone_key == key)
    given = select(Appointment.resident_id).where(*here, *ahead)
    return sorted(db.scalars(union(own, given))) if key else ()
