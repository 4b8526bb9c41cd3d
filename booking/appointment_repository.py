"""Writing appointments' rows, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.states import Contact, has_link_ended
from booking.tables import Appointment, AppointmentService
from core.audit import Actor
from core.database import connection_of, table_of
from core.errors import LinkEnded, NotFound, Stale
from core.tokens import new_reference, parse_reference, stamp_of
from people.residents.tables import Resident

_appointments = table_of(Appointment)
_services = table_of(AppointmentService)


_RETURNING_ID = {
    name: insert(_appointments).on_conflict_do_nothing(index_elements=["reference"]).returning(_appointments.c.id)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_INSERT_SERVICE = _services.insert()


def insert_appointment(db: Session, values: dict[str, Any]) -> tuple[int, str]:
    """The id and the new reference of an appointment with these column values.

    A reference that exists already (one in 22,000 at a million appointments) is drawn again.
    """
    connection = connection_of(db)
    statement = _RETURNING_ID[connection.dialect.name]
    while True:
        reference = new_reference()
        appointment_id = connection.execute(statement, values | {"reference": reference}).scalar()
        if appointment_id is not None:
            return appointment_id, reference


def insert_services(db: Session, appointment_id: int, parts: Sequence[tuple[int, datetime, datetime]]) -> None:
    """Write the services of a visit in their order: (service id, start, end) each."""
    rows = [
        {
            "appointment_id": appointment_id,
            "service_id": service_id,
            "position": position,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        for position, (service_id, starts_at, ends_at) in enumerate(parts)
    ]
    connection_of(db).execute(_INSERT_SERVICE, rows)


def appointment_for_change(db: Session, authority_id: int, reference: str) -> Appointment:
    """The appointment's row, locked until the transaction ends. Raises: NotFound."""
    canonical = parse_reference(reference)
    row = db.scalar(
        select(Appointment)
        .where(Appointment.reference == canonical, Appointment.authority_id == authority_id)
        .with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound.because("appointment_unknown")
    return row


def contact_of(row: Appointment, resident: Resident) -> Contact:
    """How the resident is reached about this appointment: as given for it, or else as in the resident's record."""
    own = (row.contact_email, row.contact_phone, row.contact_preference, row.contact_leave_no_message)
    known = (resident.email, resident.phone, resident.contact_preference, resident.leave_no_message)
    email, phone, preference, leave_no_message = (
        record if given is None else given for given, record in zip(own, known, strict=True)
    )
    return Contact(str(email), str(phone), str(preference), bool(leave_no_message))


def stamp_of_row(row: Appointment) -> str:
    """The stamp of all that a page shows of an appointment and that can change."""
    return stamp_of(
        row.version, row.state, row.slot_token, row.changed_at, row.manage_digest, list(row.support_needs), row.notes
    )


def check_link(row: Appointment, actor: Actor, now: datetime) -> None:
    """Raises: LinkEnded for a resident, who has nothing but the link, once it is over."""
    if actor.kind == "resident" and has_link_ended(row.ends_at, now):
        raise LinkEnded.because("link_ended")


def check_seen(row: Appointment, seen: str | None) -> None:
    """Raises: Stale when the appointment is not as the page with the stamp `seen` showed it. None is not checked."""
    if seen is not None and seen != stamp_of_row(row):
        raise Stale.because("appointment_changed")


def service_ids_of(db: Session, appointment_id: int) -> tuple[int, ...]:
    """The services of an appointment, in their order."""
    statement = (
        select(AppointmentService.service_id)
        .where(AppointmentService.appointment_id == appointment_id)
        .order_by(AppointmentService.position)
    )
    return tuple(db.scalars(statement))
