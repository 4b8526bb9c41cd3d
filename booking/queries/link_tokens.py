"""The tokens of manage links: which appointment one opens, and which one opens an appointment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView
from booking.tables import Appointment
from core.errors import NotFound
from core.tokens import digest, is_short_token, number_of_short_token, working_manage_token
from people.residents.tables import Resident


def manage_path(db: Session, secret_keys: Sequence[str], view: AppointmentView) -> str:
    """The path of the appointment's manage link, for whoever may see the appointment."""
    row = db.execute(select(Appointment.manage_nonce, Appointment.manage_digest).where(Appointment.id == view.id)).one()
    return f"/manage/{working_manage_token(secret_keys, row.manage_nonce, row.manage_digest)}"


def by_manage_token(db: Session, token: str) -> tuple[int, int]:
    """Authority id and appointment id of a manage link's token, over or not. Raises: NotFound."""
    row = db.execute(
        select(Appointment.authority_id, Appointment.id).where(Appointment.manage_digest == digest(token))
    ).first()
    if row is None:
        raise NotFound.because("link_unknown")
    return row.authority_id, row.id


def language_of(db: Session, appointment_id: int) -> str:
    """The code of the language in which the appointment's resident is written to; empty where nobody has asked."""
    theirs = select(Resident.message_language).join(Appointment, Appointment.resident_id == Resident.id)
    return db.scalar(theirs.where(Appointment.id == appointment_id)) or ""


def by_short_token(db: Session, secret_keys: Sequence[str], token: str) -> tuple[int, int]:
    """Authority id and appointment id of a short link's token, over or not. Raises: NotFound."""
    number = number_of_short_token(token)
    columns = (Appointment.authority_id, Appointment.id, Appointment.manage_nonce)
    row = None if number is None else db.execute(select(*columns).where(Appointment.id == number)).first()
    if row is None or not is_short_token(secret_keys, row.id, row.manage_nonce, token):
        raise NotFound.because("link_unknown")
    return row.authority_id, row.id


def manage_nonce(db: Session, appointment_id: int) -> str:
    """The nonce from which what opens the appointment is derived."""
    return db.execute(select(Appointment.manage_nonce).where(Appointment.id == appointment_id)).scalar_one()
