"""No more texts to a number: whoever has it has asked for none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, select, union
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
    """Write "do not text" into the record of everybody whom texts to this number are about; their appointments stay.

    Messages that are owed go by the next channel. Returns whether anything was changed.
    """
    stopped = False
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


def _residents_of(db: Session, authority_id: int, key: str, now: datetime) -> Iterable[int]:
    """Who has the number; and who has an appointment ahead for which it counts, as its own or that of who acts; in order."""
    ahead = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    own = select(Resident.id).where(Resident.authority_id == authority_id, Resident.phone_key == key)
    acts = (Representative.authority_id == authority_id, Representative.phone_key == key)
    is_theirs = and_(
        Appointment.resident_id == Representative.resident_id, Appointment.representative_id == Representative.id
    )
    acting = select(Appointment.resident_id).join(Representative, is_theirs).where(*acts, *ahead)
    here = (Appointment.authority_id == authority_id, Appointment.contact_phone_key == key)
    given = select(Appointment.resident_id).where(*here, *ahead)
    return sorted(db.scalars(union(own, acting, given))) if key else ()
