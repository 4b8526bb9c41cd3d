"""Whether a council has sent nothing for longer than is usual there, and whether what was booked is owed its messages.

Usual is what its own last four weeks say: the longest run of days on which nothing was sent. Days are local ones. Silence
counts only once more visits than a few were booked or have begun in it, so that no holiday and no quiet week is an alarm,
and where so little was sent that a run says nothing there is none.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from core.audit import AuditEntry
from core.wall_clock import wall_instant
from locations.tables import Authority
from reminders.arrival_queries import has_gone_out
from reminders.queue import pauses_on
from reminders.recipients import BY_STAFF
from reminders.tables import Notification

A_DAY = timedelta(days=1)
LOOKED_AT = 28  # days
FEWEST_SENT, FEWEST_VISITS = 20, 3


def is_too_quiet(db: Session, authority_id: int, now: datetime) -> bool:
    """Whether nothing has been sent for more whole days than in the last four weeks, though people book or come."""
    if pauses_on(db, now, authority_id):
        return False
    zone = db.scalars(select(Authority.zone).where(Authority.id == authority_id)).one()
    today = now.astimezone(ZoneInfo(zone)).date()
    last = _last_day_of_sending(db, authority_id, today, zone)
    if last is None or _days_between(last, today) < 1:
        return False  # so it is nearly always, and one look at an index says so
    silent_since = wall_instant(last + A_DAY, time.min, zone)
    if _visits_since(db, authority_id, silent_since, now) < FEWEST_VISITS:
        return False
    sent, number = _days_of_sending(db, authority_id, today, zone)
    return number >= FEWEST_SENT and is_longer_than_usual(sent, today)


def is_longer_than_usual(sent: Collection[date], today: date) -> bool:
    """Whether more whole days without any of the days `sent` have passed up to today than ever between two of them."""
    days = sorted(sent)
    usual = max((_days_between(first, then) for first, then in itertools.pairwise(days)), default=0)
    return bool(days) and _days_between(days[-1], today) > usual


def unplanned(db: Session, authority_id: int, now: datetime) -> int:
    """How many appointments of the last day were booked, and are owed no message in any state: planning has not run."""
    booked = exists().where(
        AuditEntry.authority_id == authority_id,
        AuditEntry.subject_kind == "appointment",
        AuditEntry.subject_id == Appointment.id,
        AuditEntry.action == "booked",
    )
    rows = select(func.count()).where(
        Appointment.authority_id == authority_id,
        Appointment.starts_at > now - A_DAY,
        Appointment.created_at > now - A_DAY,
        Appointment.starts_at > Appointment.created_at,
        Appointment.is_walk_in.is_(False),
        ~exists().where(Notification.appointment_id == Appointment.id),
        booked,
    )
    return db.scalar(rows) or 0


def _days_between(first: date, then: date) -> int:
    """How many whole days lie between the two."""
    return (then - first).days - 1


def _last_day_of_sending(db: Session, authority_id: int, today: date, zone: str) -> date | None:
    """The last day of the last four weeks on which something was sent of what was due on it."""
    first, end = (wall_instant(day, time.min, zone) for day in (today - LOOKED_AT * A_DAY, today + A_DAY))
    due = (Notification.authority_id == authority_id, Notification.due_at >= first, Notification.due_at < end)
    by_itself = (has_gone_out(), Notification.channel.not_in(BY_STAFF))
    last = select(Notification.due_at).where(*due, *by_itself).order_by(Notification.due_at.desc()).limit(1)
    at = db.scalar(last)
    return at.astimezone(ZoneInfo(zone)).date() if at else None


def _days_of_sending(db: Session, authority_id: int, today: date, zone: str) -> tuple[set[date], int]:
    """The days of the last four weeks on which something was sent of what was due on them, and how much in all."""
    sent, number = set[date](), 0
    for day in (today - timedelta(days=ago) for ago in range(LOOKED_AT + 1)):
        first, end = (wall_instant(one, time.min, zone) for one in (day, day + A_DAY))
        due = (Notification.authority_id == authority_id, Notification.due_at >= first, Notification.due_at < end)
        by_itself = (has_gone_out(), Notification.channel.not_in(BY_STAFF))
        found = select(Notification.id).where(*due, *by_itself).limit(FEWEST_SENT).subquery()
        if of_day := db.scalar(select(func.count()).select_from(found)) or 0:
            sent.add(day)
            number += of_day
    return sent, number


def _visits_since(db: Session, authority_id: int, since: datetime, now: datetime) -> int:
    """How many visits were booked, or have begun, since then."""
    rows = select(Appointment.id).where(
        Appointment.authority_id == authority_id,
        Appointment.starts_at >= since,
        Appointment.is_walk_in.is_(False),
        Appointment.state.not_in((State.CANCELLED_BY_AUTHORITY.value, State.CANCELLED_BY_RESIDENT.value)),
        or_(Appointment.starts_at <= now, Appointment.created_at >= since),
    )
    return db.scalar(select(func.count()).select_from(rows.limit(FEWEST_VISITS).subquery())) or 0
