"""No more texts to a number: whoever has it has asked for none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.change_details import follow_record
from core.audit import Actor, record
from core.runtime import Runtime
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


def _residents_of(db: Session, authority_id: int, key: str, now: datetime) -> Iterable[int]:
    """Who has the number, and who has an appointment ahead for which it was given; in order."""
    ahead = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    own = select(Resident.id).where(Resident.authority_id == authority_id, Resident.phone_key == key)
    here = (Appointment.authority_id == authority_id, Appointment.contact_phone_key == key)
    given = select(Appointment.resident_id).where(*here, *ahead)
    return sorted(db.scalars(union(own, given))) if key else ()
