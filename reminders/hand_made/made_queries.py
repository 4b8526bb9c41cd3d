"""What is to be made by hand, who makes it, and what it has to say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from people.staff.tables import StaffMember
from reminders.appointment_queries import message_facts, with_told_times
from reminders.current_queries import IS_TRUE, IS_TRUE_TO_SAY, WANTS_NO_CONTACT, is_of
from reminders.delivery_decisions import ClaimedRow
from reminders.hand_made.tables import HandMadeTask
from reminders.letters import LetterBody
from reminders.messages import MessageWriter
from reminders.recipients import BY_HAND, LETTER, MADE, Delivery, Withheld, deliveries_for, rules_in
from reminders.tables import Notification

# Written out, not bound: neither database can prove that a bound value matches the partial index.
_IS_TO_MAKE = literal_column(
    "notifications.status = 'pending' AND notifications.channel = 'by_hand'", Notification.status.type
)


@dataclass(frozen=True)
class ToMake:
    """A message to make, until when it matters, and who has taken it: nobody where `maker` is empty."""

    notification_id: int
    appointment_id: int
    kind: str
    useful_until: datetime
    staff_id: int | None
    maker: str


def _waiting(authority_id: int, now: datetime, site_ids: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
    due = (Notification.authority_id == authority_id, Notification.due_at <= now, Notification.useful_until > now)
    at_sites = () if site_ids is None else (Appointment.site_id.in_(site_ids),)
    return (_IS_TO_MAKE, *due, is_of(MADE), *IS_TRUE, IS_TRUE_TO_SAY, ~WANTS_NO_CONTACT, *at_sites)


def to_make(
    db: Session,
    authority_id: int,
    now: datetime,
    *,
    site_ids: Collection[int] | None,
    limit: int,
    only: int | None = None,
) -> list[ToMake]:
    """What is to be made now, the soonest first; at these sites, None for all. `only` is the id of one message."""
    rows = (
        select(Notification, HandMadeTask.staff_id, func.coalesce(StaffMember.name, "").label("maker"))
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .outerjoin(HandMadeTask, HandMadeTask.notification_id == Notification.id)
        .outerjoin(StaffMember, StaffMember.id == HandMadeTask.staff_id)
        .where(*_waiting(authority_id, now, site_ids))
        .order_by(Appointment.starts_at, Notification.id)
        .limit(limit)
    )
    if only is not None:
        rows = rows.where(Notification.id == only)
    return [
        ToMake(row.id, row.appointment_id, row.kind, row.useful_until, staff_id, maker)
        for row, staff_id, maker in db.execute(rows)
    ]


def to_make_count(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many messages are to be made now."""
    rows = select(func.count()).select_from(Notification)
    rows = rows.join(Appointment, Appointment.id == Notification.appointment_id)
    return db.scalar(rows.where(*_waiting(authority_id, now, site_ids))) or 0


def locked_to_make(
    db: Session, authority_id: int, notification_id: int, now: datetime, *, site_ids: Collection[int] | None
) -> Notification | None:
    """The row of a message that is to be made now, locked; None where it is not, any more."""
    rows = (
        select(Notification)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.id == notification_id, *_waiting(authority_id, now, site_ids))
        .with_for_update(of=Notification)
    )
    return db.scalar(rows, execution_options={"populate_existing": True})


def what_it_says(db: Session, notification_id: int, writer: MessageWriter, now: datetime) -> LetterBody:
    """What the message has to say, as a letter would."""
    row = db.get_one(Notification, notification_id)
    key = (row.id, row.authority_id, row.appointment_id, row.version, row.kind, LETTER)
    claimed = ClaimedRow(*key, useful_until=row.useful_until, fencing_token=1, due_at=row.due_at)
    known = with_told_times(db, [claimed], message_facts(db, [row.appointment_id]))
    facts = known[row.appointment_id].at(now)
    rules = rules_in(db.info, facts.authority.message_channels)
    found = deliveries_for(facts.for_kind(row.kind).contacts, row.kind, rules)
    nobody = Delivery(BY_HAND, "", facts.contacts.resident.name)
    delivery = nobody if isinstance(found, Withheld) else found[0]
    body = writer.body(row.kind, facts, delivery, LetterBody)
    if not isinstance(body, LetterBody):
        raise TypeError(type(body).__name__)
    return body
