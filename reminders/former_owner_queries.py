"""Those for whom an appointment was not meant, as the message to them needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, exists, literal, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment, HandOver
from people.residents.tables import Representative, Resident
from reminders.contact_columns import ACTING_COLUMNS, EMAIL, POSTAL_COLUMNS
from reminders.delivery_decisions import IN_DOUBT, SENT, SENT_OUTCOME, UNCLEAR_OUTCOME
from reminders.former_owners import FormerOwner
from reminders.recipients import CONFIRMATION, HANDED_OVER, REMINDER, RESCHEDULED, contacts_of
from reminders.tables import DeliveryAttempt, Notification

# A try that runs may arrive: it counts.
_HAS_GONE_OUT = or_(
    Notification.status.in_((SENT, IN_DOUBT)),
    exists().where(
        DeliveryAttempt.notification_id == Notification.id,
        DeliveryAttempt.outcome.in_((SENT_OUTCOME, UNCLEAR_OUTCOME, "")),
    ),
)
_IN_CALENDARS = or_(*(Notification.kind.startswith(kind) for kind in (CONFIRMATION, RESCHEDULED, REMINDER)))


def _has_gone_out(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Notification.appointment_id == HandOver.appointment_id, _HAS_GONE_OUT, *conditions)


_FORMER = (
    select(
        HandOver.appointment_id,
        HandOver.version,
        HandOver.owner_since,
        HandOver.starts_at,
        HandOver.ends_at,
        HandOver.at,
        HandOver.contact_email.label("own_email"),
        HandOver.contact_phone.label("own_phone"),
        HandOver.contact_postal.label("own_postal"),
        HandOver.contact_preference.label("own_preference"),
        HandOver.contact_leave_no_message.label("own_leave_no_message"),
        literal(None).label("earlier_emails"),
        literal("").label("mode"),  # of no effect on what a former owner is told
        literal("").label("earlier_by"),
        Resident.name.label("resident_name"),
        EMAIL,
        Resident.phone.label("resident_phone"),
        *POSTAL_COLUMNS,
        Resident.contact_preference,
        Resident.do_not_text,
        Resident.leave_no_message,
        Resident.message_language,
        Resident.safe_hours,
        Resident.uses_neutral_name,
        Representative.name.label("acting_name"),
        Representative.email.label("acting_email"),
        Representative.phone.label("acting_phone"),
        *ACTING_COLUMNS,
        _has_gone_out(
            Notification.version >= HandOver.owner_since,
            Notification.version < HandOver.version,
            ~Notification.kind.startswith(HANDED_OVER),
        ).label("was_told"),
        _has_gone_out(Notification.version == HandOver.version - 1, _IN_CALENDARS).label("is_in_calendar"),
    )
    .join(Resident, Resident.id == HandOver.from_resident_id)
    .outerjoin(Representative, Representative.id == HandOver.representative_id)
)


_OWNER_IS_TOLD = exists().where(
    Notification.appointment_id == Appointment.id,
    Notification.version >= Appointment.owner_since,
    ~Notification.kind.startswith(HANDED_OVER),
    _HAS_GONE_OUT,
)


def is_owner_told(db: Session, appointment_id: int) -> bool:
    """Whether anything has gone out to whose the appointment is now: then they are told when it is not theirs any more."""
    return bool(db.scalar(select(_OWNER_IS_TOLD).where(Appointment.id == appointment_id)))


def former_owners(db: Session, appointment_ids: Collection[int]) -> Mapping[int, Mapping[int, FormerOwner]]:
    """The former owners of each appointment, by the version of the hand-over. One statement."""
    found: defaultdict[int, dict[int, FormerOwner]] = defaultdict(dict)
    for row in db.execute(_FORMER.where(HandOver.appointment_id.in_(appointment_ids))):
        found[row.appointment_id][row.version] = FormerOwner(
            since=row.owner_since,
            last_version=row.version - 1,
            contacts=contacts_of(row),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            at=row.at,
            was_told=row.was_told,
            is_in_calendar=row.is_in_calendar,
            uses_neutral_name=row.uses_neutral_name,
        )
    return found
