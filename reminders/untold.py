"""Messages that reached nobody: what somebody has to be rung or written to about, and that they were told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from reminders.delivery_decisions import FAILED
from reminders.reasons import NO_ADDRESS, PREFERS_LETTERS
from reminders.recipients import ARRANGEMENT, CANCELLED, CONFIRMATION, REMINDER, RESCHEDULED, family_of
from reminders.tables import Notification

# Who wants no contact is not contacted; a link that somebody asked for, and a notice to an old address, are nobody's task.
UNREACHED = (NO_ADDRESS, PREFERS_LETTERS)
ABOUT_THE_VISIT = (CONFIRMATION, RESCHEDULED, CANCELLED, ARRANGEMENT, REMINDER)
CANCELLED_STATES = (State.CANCELLED_BY_AUTHORITY.value, State.CANCELLED_BY_RESIDENT.value)
# Written out, not bound: neither database can prove that a bound value matches the partial index.
_IS_UNSENT = literal_column("notifications.status IN ('withheld', 'failed')", Notification.status.type)


@dataclass(frozen=True)
class Untold:
    """An appointment of which somebody was not told: the kinds of messages, why, and until when it matters."""

    appointment_id: int
    kinds: tuple[str, ...]
    reason: str
    useful_until: datetime


def untold(
    db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None, limit: int
) -> list[Untold]:
    """The appointments of which somebody is still to be told, the soonest first, from `limit` messages at most.

    `site_ids` are the sites that are looked at; None means all.
    """
    rows = (
        _unsent(select(Notification), authority_id, now, site_ids)
        .order_by(Notification.useful_until, Notification.id)
        .limit(limit)
    )
    by_appointment: dict[int, list[Notification]] = {}
    for row in db.scalars(rows):
        by_appointment.setdefault(row.appointment_id, []).append(row)
    return [
        Untold(key, tuple(dict.fromkeys(family_of(row.kind) for row in found)), found[0].reason, found[0].useful_until)
        for key, found in by_appointment.items()
    ]


def untold_count(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many appointments there are of which somebody is still to be told."""
    return (
        db.scalar(_unsent(select(func.count(Notification.appointment_id.distinct())), authority_id, now, site_ids)) or 0
    )


def mark_told(
    runtime: Runtime, authority_id: int, appointment_id: int, *, actor: Actor, site_ids: Collection[int] | None
) -> None:
    """Write that whoever is to come was told; a second time it writes nothing. Raises: NotFound."""
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        row = db.get(Appointment, appointment_id)
        if row is None or row.authority_id != authority_id or (site_ids is not None and row.site_id not in site_ids):
            raise NotFound
        open_rows = (
            select(Notification.id)
            .join(Appointment, Appointment.id == Notification.appointment_id)
            .where(Notification.appointment_id == appointment_id, *_is_to_be_told())
        )
        told = update(Notification).where(Notification.id.in_(open_rows)).values(told_at=now)
        kinds = db.scalars(told.returning(Notification.kind).execution_options(synchronize_session=False)).all()
        if kinds:
            subject = ("appointment", appointment_id)
            record(db, actor, "resident_told", subject, authority_id=authority_id, now=now, kinds=sorted(kinds))


def _unsent(rows: Select[Any], authority_id: int, now: datetime, site_ids: Collection[int] | None) -> Select[Any]:
    """`rows` of the messages that reached nobody and still matter."""
    rows = rows.join(Appointment, Appointment.id == Notification.appointment_id).where(
        Notification.authority_id == authority_id, Notification.useful_until > now, *_is_to_be_told()
    )
    return rows if site_ids is None else rows.where(Appointment.site_id.in_(site_ids))


def _is_to_be_told() -> tuple[ColumnElement[bool], ...]:
    """Of a message and its appointment: it is about what still holds, and reached nobody."""
    is_about_the_visit = or_(*(Notification.kind.startswith(family) for family in ABOUT_THE_VISIT))
    is_true = or_(
        (Notification.kind != CANCELLED) & (Appointment.state == State.BOOKED.value),
        (Notification.kind == CANCELLED) & Appointment.state.in_(CANCELLED_STATES),
    )
    is_unreached = or_(Notification.status == FAILED, Notification.reason.in_(UNREACHED))
    return (
        _IS_UNSENT,
        Notification.told_at.is_(None),
        Notification.version == Appointment.version,
        is_about_the_visit,
        is_unreached,
        is_true,
    )
