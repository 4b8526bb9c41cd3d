"""The right address in place of one that failed, written where the wrong one came from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.appointments import contact_of
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.change_details import Details, HelperContact, change_contact, keep_contact
from booking.use_cases.change_record import write_record
from core.audit import Actor
from core.contact_values import postal_of
from core.runtime import Runtime
from core.tokens import stamp_of
from people.residents.details import ResidentDetails
from people.residents.resident_repository import record_stamp
from people.residents.tables import Representative, Resident
from reminders.failures import ContactPart


@dataclass(frozen=True)
class Correction:
    """What is right: the part that did not work, the others empty."""

    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""


def write_correction(
    db: Session,
    runtime: Runtime,
    resident: Resident,
    appointment_ids: Collection[int],
    part: ContactPart,
    correction: Correction,
    actor: Actor,
    now: datetime,
) -> None:
    """Write what is right for these appointments of the resident, whose record is locked.

    It goes to whoever acts for the resident, or to the appointment that has a contact of its own; else into the record.
    Nothing else of anybody's contact changes.
    """
    is_of_record = False
    rows = select(Appointment).where(Appointment.id.in_(appointment_ids)).order_by(Appointment.id)
    for row in db.scalars(rows.with_for_update(key_share=True)).all():
        details = _details(db, row, resident, part, correction)
        if details is None:
            is_of_record = True
        elif row.state == State.BOOKED and row.starts_at > now:
            row.changed_at = now
            change_contact(db, runtime, row, details, actor, now)
        else:
            keep_contact(db, row, details, actor, now)
    if is_of_record:
        db.refresh(resident)
        write_record(db, runtime, resident, corrected(resident, part, correction), actor, now, keeps_own=True)


def contact_stamp(db: Session, resident: Resident, appointment_ids: Collection[int]) -> str:
    """A short digest of the record and of these appointments, to say later which of them a page has shown."""
    versions = select(Appointment.id, Appointment.version).where(Appointment.id.in_(appointment_ids))
    return stamp_of(record_stamp(resident), *(tuple(row) for row in db.execute(versions.order_by(Appointment.id))))


def _details(
    db: Session, row: Appointment, resident: Resident, part: ContactPart, correction: Correction
) -> Details | None:
    """What to change of the appointment itself; None where the record counts for it."""
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    if helper is not None and getattr(helper, "address" if part is ContactPart.POST else part.value):
        post = (correction.address, correction.postcode) if correction.address else (helper.address, helper.postcode)
        return Details(helper=HelperContact(correction.email or helper.email, correction.phone or helper.phone, *post))
    known = contact_of(row, resident)
    if part is ContactPart.POST:
        postal = postal_of(correction.address, correction.postcode)
        return None if row.contact_postal is None else Details(replace(known, postal=postal))
    if part is ContactPart.EMAIL:
        return None if row.contact_email is None else Details(replace(known, email=correction.email))
    return None if row.contact_phone is None else Details(replace(known, phone=correction.phone))


def corrected(row: Resident, part: ContactPart, correction: Correction) -> ResidentDetails:
    """What the record says, with this part of it corrected."""
    facts = {name: getattr(row, name) for name in ResidentDetails.__dataclass_fields__}
    known = ResidentDetails(**facts | {"support_needs": tuple(row.support_needs)})
    if part is ContactPart.EMAIL:
        return replace(known, email=correction.email)
    if part is ContactPart.PHONE:
        return replace(known, phone=correction.phone)
    return replace(known, address=correction.address, postcode=correction.postcode)
