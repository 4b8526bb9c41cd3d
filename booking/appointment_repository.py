"""Appointments' rows as the changes of them read, lock and check them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.appointments import stamp_of_row
from booking.queries.references import meant_reference
from booking.slot_tokens import SlotKey, encode, without_adviser
from booking.states import State, has_link_ended
from booking.tables import Appointment, AppointmentService
from core.audit import Actor
from core.errors import LinkEnded, NotFound, Stale


def appointment_for_change(db: Session, authority_id: int, reference: str) -> Appointment:
    """The appointment's row, locked until the transaction ends. Raises: NotFound."""
    canonical = meant_reference(db, authority_id, reference)
    row = db.scalar(
        select(Appointment)
        .where(Appointment.reference == canonical, Appointment.authority_id == authority_id)
        .with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound.because("appointment_unknown")
    return row


def appointment_by_id(db: Session, appointment_id: int) -> Appointment:
    """The row of an appointment that is known to be there, locked until the transaction ends."""
    return db.scalars(select(Appointment).where(Appointment.id == appointment_id).with_for_update(key_share=True)).one()


def check_link(row: Appointment, actor: Actor, now: datetime) -> None:
    """Raises: LinkEnded for a resident, who has nothing but the link, once it is over."""
    if actor.kind == "resident" and has_link_ended(row.ends_at, now):
        raise LinkEnded.because("link_ended")


def check_seen(row: Appointment, seen: str | None) -> None:
    """Raises: Stale when the appointment is not as the page with the stamp `seen` showed it. None is not checked."""
    if seen is not None and seen != stamp_of_row(row):
        raise Stale.because("appointment_changed")


def booked_at(db: Session, authority_id: int, resident_id: int, slot_key: SlotKey) -> Appointment | None:
    """The resident's booked appointment in exactly this slot, with whomever it is, or None."""
    return db.scalars(
        select(Appointment)
        .where(
            Appointment.authority_id == authority_id,
            Appointment.resident_id == resident_id,
            Appointment.slot_token == encode(without_adviser(slot_key)),
            Appointment.state == State.BOOKED.value,
        )
        .order_by(Appointment.id.desc())
        .limit(1)
    ).first()


def service_ids_of(db: Session, appointment_id: int) -> tuple[int, ...]:
    """The services of an appointment, in their order."""
    statement = (
        select(AppointmentService.service_id)
        .where(AppointmentService.appointment_id == appointment_id)
        .order_by(AppointmentService.position)
    )
    return tuple(db.scalars(statement))
