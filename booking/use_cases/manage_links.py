"""Has a lost manage link sent again, to the address on record and nowhere else."""

from __future__ import annotations

from sqlalchemy import select

from booking.events import ManageLinkRequest, announce_link_request
from booking.states import has_link_ended
from booking.tables import Appointment
from core.audit import Actor, record
from core.runtime import Runtime
from core.tokens import find_reference
from people.residents.details import has_name_part
from people.residents.tables import Resident


def request_manage_link(runtime: Runtime, authority_id: int, reference_text: str, surname: str) -> None:
    """Have the link sent when reference and surname belong together; nothing is returned, whether they do or not.

    The link of an appointment that is over is not sent.
    Any word of the name will do, for people differ in what they call their surname.
    """
    reference = find_reference(reference_text)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        found = db.execute(
            select(Appointment.id, Appointment.ends_at, Resident.name)
            .join(Resident, Resident.id == Appointment.resident_id)
            .where(Appointment.authority_id == authority_id, Appointment.reference == reference)
        ).first()
        if found is None or has_link_ended(found.ends_at, now):
            return
        if not has_name_part(found.name, surname):
            return
        subject = ("appointment", found.id)
        record(db, Actor.resident(), "manage_link_requested", subject, authority_id=authority_id, now=now)
        announce_link_request(db, ManageLinkRequest(authority_id, found.id, now))
