"""Conditions on a row of the outbox, joined with its appointment: whether what it says still holds, and is to be said."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_

from booking.states import State
from booking.tables import Appointment, RebookItem
from people.residents.tables import Resident
from reminders.after_kinds import ENDED_STATES, LOST_STATES, PROGRESS, SUMMARY, WITHDRAWN_SUMMARY
from reminders.recipients import CANCELLED, REMINDER, SITE_MESSAGE
from reminders.tables import Notification, SiteMessage

CANCELLED_STATES = (State.CANCELLED_BY_AUTHORITY.value, State.CANCELLED_BY_RESIDENT.value)


def is_of(families: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a message is of one of these families."""
    return or_(*(Notification.kind.startswith(family) for family in families))


# What staff wrote to everybody of a day holds for whoever still comes to that place on that day, at whatever time.
_IS_WRITTEN_TO_THE_DAY = and_(
    Notification.kind.startswith(SITE_MESSAGE),
    Notification.version >= Appointment.owner_since,
    exists().where(
        Notification.kind == SITE_MESSAGE + "_" + cast(SiteMessage.id, String),
        SiteMessage.authority_id == Notification.authority_id,
        SiteMessage.site_id == Appointment.site_id,
        SiteMessage.local_date == Appointment.local_date,
    ),
)
# It still holds.
IS_TRUE: tuple[ColumnElement[bool], ...] = (
    or_(
        and_(Notification.version == Appointment.version, ~Notification.kind.startswith(SITE_MESSAGE)),
        _IS_WRITTEN_TO_THE_DAY,
    ),
    or_(
        (Notification.kind != CANCELLED) & (Appointment.state == State.BOOKED.value),
        (Notification.kind == CANCELLED) & Appointment.state.in_(CANCELLED_STATES),
        Notification.kind.startswith(SUMMARY) & Appointment.state.in_(ENDED_STATES),
        Notification.kind.startswith(WITHDRAWN_SUMMARY),
        Notification.kind.startswith(PROGRESS) & Appointment.state.not_in(LOST_STATES),
    ),
)
WANTS_NO_CONTACT = exists().where(
    Resident.id == Appointment.resident_id,
    func.coalesce(Appointment.contact_preference, Resident.contact_preference) == "none",
)
_CANNOT_TAKE_PLACE = exists().where(RebookItem.appointment_id == Appointment.id, RebookItem.closed_at.is_(None))
IS_TRUE_TO_SAY = or_(~Notification.kind.startswith(REMINDER), ~_CANNOT_TAKE_PLACE)
