"""An invitation is answered by what is booked: one invitation, one time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.invitations.invitation_rules import InvitationState, InvitedTimes
from booking.invitations.tables import Invitation
from booking.slot_tokens import SlotKey
from booking.states import State
from booking.tables import Appointment, AppointmentService
from core.audit import Actor, record
from core.errors import Invalid, LinkEnded, NotFound
from core.wall_clock import local_date_of, wall_instant
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import ResidentDetails, check_reached
from people.residents.tables import Resident

# A visit of these states answers an invitation; one that was cancelled, or to which nobody came, does not.
ANSWERING = (
    *(State.BOOKED.value, State.ARRIVED.value, State.IN_PROGRESS.value),
    *(State.ATTENDED.value, State.NOT_COMPLETED.value),
)
NOT_ANSWERED = (InvitationState.OPEN.value, InvitationState.WAITING.value)


class Answer(Protocol):
    """What of a booking says which invitation it answers."""

    @property
    def authority_id(self) -> int: ...
    @property
    def invitation(self) -> int | None: ...


def invitations_to_answer(
    db: Session, booking: Answer, slot_key: SlotKey, resident_ids: Sequence[int], actor: Actor, now: datetime
) -> Sequence[Invitation]:
    """The invitations that the booking answers, locked: that of its link, or else all of the person for its services.

    `resident_ids` are all records of the person, first that of the booking. What staff book answers whichever day it is;
    what anybody else books, who has not proved to be the one who is invited, only within the days of the invitation.

    Raises: NotFound; LinkEnded when the link's invitation is answered, withdrawn or over; Invalid when the time is none of
    its times, or nobody could be reached in its mode.
    """
    if booking.invitation is not None:
        return [_of_link(db, booking.authority_id, booking.invitation, slot_key, resident_ids[0], now)]
    theirs = [Invitation.authority_id == booking.authority_id, Invitation.resident_id.in_(resident_ids)]
    if actor.kind != "staff":
        zone = catalogue_by_id(db, booking.authority_id).authority.zone
        day = local_date_of(slot_key.start_unit, zone)
        theirs += [Invitation.first_date <= day, Invitation.last_date >= day]
    for_it = (Invitation.state.in_(NOT_ANSWERED), Invitation.service_id.in_(slot_key.service_ids))
    return db.scalars(select(Invitation).where(*theirs, *for_it).order_by(Invitation.id).with_for_update()).all()


def _of_link(
    db: Session, authority_id: int, invitation_id: int, slot_key: SlotKey, resident_id: int, now: datetime
) -> Invitation:
    same = (Invitation.id == invitation_id, Invitation.authority_id == authority_id)
    row = db.scalars(select(Invitation).where(*same).with_for_update(), execution_options={"populate_existing": True})
    found = row.first()
    if found is None or found.resident_id != resident_id:
        raise NotFound.because("link_unknown")
    zone = catalogue_by_id(db, authority_id).authority.zone
    if found.state != InvitationState.OPEN or found.last_date < now.astimezone(ZoneInfo(zone)).date():
        raise LinkEnded.because("invitation_ended")
    day = local_date_of(slot_key.start_unit, zone)
    if not times_of_invitation(found).has(slot_key.service_ids, slot_key.site_id, slot_key.mode, day):
        raise Invalid.in_field("slot", "not_an_invited_time")
    who = db.get_one(Resident, resident_id)
    check_reached(ResidentDetails(name=who.name, email=who.email, phone=who.phone), None, slot_key.mode)
    return found


def visit_in_window(db: Session, row: Invitation, zone: str) -> int | None:
    """The id of a visit of the resident for the service within the days of the invitation that is booked, or was held."""
    first = wall_instant(row.first_date, time.min, zone)
    end = wall_instant(row.last_date + timedelta(days=1), time.min, zone)
    return db.scalar(
        select(Appointment.id)
        .join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
        .where(
            Appointment.authority_id == row.authority_id,
            Appointment.resident_id == row.resident_id,
            AppointmentService.service_id == row.service_id,
            Appointment.state.in_(ANSWERING),
            Appointment.starts_at >= first,
            Appointment.starts_at < end,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(1)
    )


def times_of_invitation(row: Invitation) -> InvitedTimes:
    """Which times the invitation is for."""
    return InvitedTimes(row.service_id, row.first_date, row.last_date, frozenset(row.site_ids), row.mode)


def answer_invitations(
    db: Session, rows: Sequence[Invitation], appointment_id: int, actor: Actor, now: datetime, same_number: str = ""
) -> None:
    """Close what the appointment answers: nobody is reminded of it, and nobody has to see to it.

    But where somebody else has an appointment with its number: `same_number` is the reference of that one.
    """
    for row in rows:
        row.state, row.closed_at, row.appointment_id = InvitationState.BOOKED.value, now, appointment_id
        row.remind_at, row.untold = None, ""
        if same_number and row.case_key:
            row.same_number, row.done_at, row.staff_id, row.done = same_number, None, None, ""
        about, council = ("invitation", row.id), row.authority_id
        facts: dict[str, Any] = {"appointment": appointment_id, "service": row.service_id}
        record(db, actor, "invitation_answered", about, authority_id=council, now=now, **facts)
