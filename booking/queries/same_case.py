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
from people.residents.tables import Resident


@dataclass(frozen=True)
class SameCase:
    """An open appointment under a number: its reference, and the resident's id."""

    reference: str
    resident_id: int


def open_under_number(
    db: Session, authority_id: int, service_id: int, key: str, now: datetime, *, except_id: int = 0
) -> list[SameCase]:
    """The open appointments for the service under the number of `key`, but for `except_id`, the soonest first.

    One whose time is over is not open, whatever has been recorded of it.
    """
    rows = db.execute(
        select(Appointment.reference, Appointment.resident_id)
        .join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
        .where(
            *(Appointment.authority_id == authority_id, Appointment.case_key == key, Appointment.case_key != ""),
            *(AppointmentService.service_id == service_id, Appointment.id != except_id),
            *(Appointment.state.in_(sorted(OPEN)), Appointment.ends_at > now),
        )
        .distinct()
        .add_columns(Appointment.starts_at, Appointment.id)
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return [SameCase(row.reference, row.resident_id) for row in rows]


def listed_under(db: Session, authority_id: int, service_id: int, key: str) -> list[tuple[int, Resident]]:
    """Whose the number of `key` is by the lists of the service: each invitation that stands, and its resident."""
    same = (Invitation.authority_id == authority_id, Invitation.service_id == service_id, Invitation.case_key == key)
    stands = (Invitation.case_key != "", Invitation.state != InvitationState.WITHDRAWN.value)
    whose = select(Invitation.id, Resident).join(Resident, Resident.id == Invitation.resident_id)
    return [(id_, resident) for id_, resident in db.execute(whose.where(*same, *stands).order_by(Invitation.id))]


def invited_number(db: Session, authority_id: int, resident_id: int, service_ids: Sequence[int]) -> str:
    """The number with which the resident is invited for one of the services; empty for none."""
    theirs = (Invitation.authority_id == authority_id, Invitation.resident_id == resident_id)
    states = (InvitationState.OPEN.value, InvitationState.WAITING.value)
    numbered = (Invitation.service_id.in_(service_ids), Invitation.case_key != "", Invitation.state.in_(states))
    return db.scalar(select(Invitation.case_number).where(*theirs, *numbered).order_by(Invitation.id).limit(1)) or ""
