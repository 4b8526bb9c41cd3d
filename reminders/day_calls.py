"""Calls about several appointments of one person on one day: staff make one, and tell all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from booking.states import State
from booking.tables import Appointment
from locations.tables import Authority
from reminders.recipients import CALL, REMINDER
from reminders.tables import Notification

_IS_REMINDING = (
    Notification.status == "pending",
    Notification.channel == CALL,
    Notification.kind.startswith(REMINDER),
    Notification.version == Appointment.version,
    Appointment.state == State.BOOKED.value,
)


def told_with(
    db: Session, appointment_ids: Collection[int], now: datetime, site_ids: Collection[int] | None
) -> Mapping[int, Sequence[int]]:
    """Which other appointments somebody is reminded of in the call about each of these, by its id, the first of them first.

    Those of the same person, day, contact and wishes that they are to be rung about now, or within the hours by which the
    council wants reminders apart; at these sites. Empty for one of which they are not to be reminded by a call.
    """
    rung = (
        select(Notification.appointment_id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Appointment.id.in_(appointment_ids), Notification.due_at <= now, Notification.useful_until > now)
        .where(*_IS_REMINDING)
    )
    mine = aliased(Appointment)
    is_beside = and_(
        Appointment.resident_id == mine.resident_id,
        Appointment.local_date == mine.local_date,
        Appointment.id != mine.id,
        Appointment.contact_phone.is_not_distinct_from(mine.contact_phone),
        Appointment.representative_id.is_not_distinct_from(mine.representative_id),
        Appointment.contact_preference.is_not_distinct_from(mine.contact_preference),
        Appointment.contact_leave_no_message.is_not_distinct_from(mine.contact_leave_no_message),
    )
    others = (
        select(mine.id, Appointment.id, Appointment.authority_id, Notification.due_at)
        .select_from(mine)
        .join(Appointment, is_beside)
        .join(Notification, Notification.appointment_id == Appointment.id)
        .where(mine.id.in_(rung), Notification.useful_until > now, *_IS_REMINDING, *_at(site_ids))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for first, other, authority_id, due_at in db.execute(others).all():
        apart = timedelta(hours=db.get_one(Authority, authority_id).reminders_apart_hours)
        if due_at <= now + apart and other not in found[first]:
            found[first].append(other)
    return found


def calls_about(db: Session, appointment_ids: Collection[int], now: datetime) -> Sequence[Notification]:
    """The calls by which they are reminded of these appointments, locked."""
    rows = (
        select(Notification)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.appointment_id.in_(appointment_ids), Notification.useful_until > now, *_IS_REMINDING)
        .order_by(Notification.id)
        .with_for_update(of=Notification)
    )
    return db.scalars(rows, execution_options={"populate_existing": True}).all()


def _at(site_ids: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
    return () if site_ids is None else (Appointment.site_id.in_(site_ids),)
