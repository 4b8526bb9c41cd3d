"""Who else has an open appointment under the number of a case, and which numbers are on lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.invitations.invitation_rules import InvitationState
from booking.invitations.tables import Invitation
from booking.states import OPEN
from booking.tables import Appointment, AppointmentService


@dataclass(frozen=True)
class SameCase:
    """An open appointment under a number: its reference, and the resident's id."""

    reference: str
    resident_id: int


def open_under_number(
    db: Session, authority_id: int, service_id: int, key: str, now: datetime, *, except_id: int = 0
) -> SameCase | None:
    """The soonest open appointment for the service under the number of `key`, but for `except_id`; None where there is none.

    One whose time is over is not open, whatever has been recorded of it.
    """
    row = db.execute(
        select(Appointment.reference, Appointment.resident_id)
        .join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
        .where(
            *(Appointment.authority_id == authority_id, Appointment.case_key == key, Appointment.case_key != ""),
            *(AppointmentService.service_id == service_id, Appointment.id != except_id),
            *(Appointment.state.in_(sorted(OPEN)), Appointment.ends_at > now),
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(1)
    ).first()
    return SameCase(*row) if row else None


def is_listed(db: Session, authority_id: int, service_id: int, key: str) -> bool:
    """Whether the number of `key` is on a list of the service, or with an invitation for it that was not withdrawn."""
    same = (Invitation.authority_id == authority_id, Invitation.service_id == service_id, Invitation.case_key == key)
    stands = (Invitation.case_key != "", Invitation.state != InvitationState.WITHDRAWN.value)
    return db.scalar(select(Invitation.id).where(*same, *stands).limit(1)) is not None


def invited_number(db: Session, authority_id: int, resident_id: int, service_ids: Sequence[int]) -> str:
    """The number with which the resident is invited for one of the services; empty for none."""
    theirs = (Invitation.authority_id == authority_id, Invitation.resident_id == resident_id)
    states = (InvitationState.OPEN.value, InvitationState.WAITING.value)
    numbered = (Invitation.service_id.in_(service_ids), Invitation.case_key != "", Invitation.state.in_(states))
    return db.scalar(select(Invitation.case_number).where(*theirs, *numbered).order_by(Invitation.id).limit(1)) or ""
