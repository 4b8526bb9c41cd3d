"""Messages to everybody of a day that another visit of the same person brings, because the first one does not any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from reminders.arrival_queries import may_have_arrived
from reminders.delivery_decisions import PENDING, VOID, WITHHELD
from reminders.reasons import SUPERSEDED, TOLD_ALREADY
from reminders.recipients import SITE_MESSAGE, family_of, number_of
from reminders.tables import Notification, SiteMessage


def pass_on(db: Session, appointment_id: int, rows: Iterable[Notification], now: datetime) -> None:
    """Void among `rows`, locked, what concerns the visit no more, and owe it by the next visit of whoever has not got it."""
    of_day = [row for row in rows if family_of(row.kind) == SITE_MESSAGE]
    got_it = {row.kind for row in of_day if may_have_arrived(row) or row.told_at or row.reason == TOLD_ALREADY}
    unsent = [row for row in of_day if row.kind not in got_it]
    visit = db.get(Appointment, appointment_id) if unsent else None
    if visit is None:
        return
    for row in unsent:
        about = db.get(SiteMessage, number_of(row.kind))
        if about is None or _concerns(about, visit):
            continue
        if row.status == PENDING:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        if row.version >= visit.owner_since:
            _owe_by_next_visit(db, row.kind, about, visit, now)


def _concerns(about: SiteMessage, visit: Appointment) -> bool:
    is_there = (visit.site_id, visit.local_date) == (about.site_id, about.local_date)
    return is_there and visit.state == State.BOOKED.value


def _owe_by_next_visit(db: Session, kind: str, about: SiteMessage, visit: Appointment, now: datetime) -> None:
    of_others = (
        select(Notification, Appointment.starts_at)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Appointment.resident_id == visit.resident_id, Appointment.id != visit.id, Notification.kind == kind)
        .where(Appointment.site_id == about.site_id, Appointment.local_date == about.local_date)
        .where(Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
        .order_by(Appointment.starts_at, Notification.id)
    )
    found = db.execute(of_others.with_for_update(of=Notification)).all()
    waiting = [(row, at) for row, at in found if row.status == WITHHELD and row.reason == TOLD_ALREADY]
    if waiting and len(waiting) == len(found):  # none of them brings it
        next_one, starts_at = waiting[0]
        next_one.status, next_one.closed_at, next_one.reason = PENDING, None, ""
        next_one.next_try_at, next_one.useful_until = now, starts_at
