"""Messages that reached nobody: what somebody has to be rung or written to about, and that they were told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, exists, func, literal_column, or_, select, union_all, update
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from people.residents.tables import Resident
from reminders.delivery_decisions import FAILED, SENT
from reminders.due_times import CANCELLATION_IS_USEFUL
from reminders.reasons import TOLD_BY_STAFF
from reminders.recipients import ABOUT_THE_VISIT, CALL, CANCELLED, SITE_MESSAGE, family_of, number_of
from reminders.same_message_queries import FAILED_LATER_TOO, REACHES_SOMEBODY, UNREACHED
from reminders.sending_times import is_urgent
from reminders.tables import Notification

CANCELLED_STATES = (State.CANCELLED_BY_AUTHORITY.value, State.CANCELLED_BY_RESIDENT.value)
# Written out, not bound: neither database can prove that a bound value matches the partial index.
_IS_UNSENT = literal_column("notifications.status IN ('withheld', 'failed')", Notification.status.type)
_IS_CALL = literal_column(
    "notifications.status = 'pending' AND notifications.channel = 'call'", Notification.status.type
)
# It is about the visit, and about what still holds.
_IS_TRUE: tuple[ColumnElement[bool], ...] = (
    Notification.version == Appointment.version,
    or_(*(Notification.kind.startswith(family) for family in ABOUT_THE_VISIT)),
    or_(
        (Notification.kind != CANCELLED) & (Appointment.state == State.BOOKED.value),
        (Notification.kind == CANCELLED) & Appointment.state.in_(CANCELLED_STATES),
    ),
)
# Nobody was reached by it or has told them, and it goes by no other channel: of several that failed the last one.
_UNSENT: tuple[ColumnElement[bool], ...] = (
    _IS_UNSENT,
    Notification.told_at.is_(None),
    or_(Notification.status == FAILED, Notification.reason.in_(UNREACHED)),
    ~REACHES_SOMEBODY,
    ~FAILED_LATER_TOO,
)
_WANTS_NO_CONTACT = exists().where(
    Resident.id == Appointment.resident_id,
    func.coalesce(Appointment.contact_preference, Resident.contact_preference) == "none",
)
_TO_RING: tuple[ColumnElement[bool], ...] = (_IS_CALL, ~_WANTS_NO_CONTACT)


@dataclass(frozen=True)
class Untold:
    """An appointment of which somebody was not told: the kinds of messages, why, and until when it matters.

    `is_to_ring` says that staff owe them a call; `tries` is how often nobody answered. What `is_urgent` is told
    at any hour.
    """

    appointment_id: int
    kinds: tuple[str, ...]
    reason: str
    useful_until: datetime
    is_to_ring: bool = False
    tries: int = 0
    is_urgent: bool = False
    site_messages: tuple[int, ...] = ()  # the numbers of what staff wrote to everybody of a day


def untold(
    db: Session,
    authority_id: int,
    now: datetime,
    *,
    site_ids: Collection[int] | None,
    limit: int,
    only: int | None = None,
) -> list[Untold]:
    """The appointments of which somebody is still to be told, the soonest first, from `limit` messages at most.

    `site_ids` are the sites that are looked at; None means all. `only` is the id of one appointment.
    """
    ids = _ids_to_tell(authority_id, now, site_ids).subquery()
    rows = select(Notification).where(Notification.id.in_(select(ids.c.id)))
    if only is not None:
        rows = rows.where(Notification.appointment_id == only)
    by_appointment: dict[int, list[Notification]] = {}
    for row in db.scalars(rows.order_by(Notification.useful_until, Notification.id).limit(limit)):
        by_appointment.setdefault(row.appointment_id, []).append(row)
    return [_untold(key, found, now) for key, found in by_appointment.items()]


def _untold(appointment_id: int, rows: Sequence[Notification], now: datetime) -> Untold:
    kinds = tuple(dict.fromkeys(family_of(row.kind) for row in rows))
    reason = next((row.reason for row in rows if row.reason), "")
    calls = [row for row in rows if row.channel == CALL]
    tries = max((row.tries for row in calls), default=0)
    urgent = any(is_urgent(row.kind, row.useful_until - CANCELLATION_IS_USEFUL, now) for row in calls)
    texts = tuple(number_of(row.kind) for row in rows if family_of(row.kind) == SITE_MESSAGE)
    return Untold(appointment_id, kinds, reason, rows[0].useful_until, bool(calls), tries, urgent, texts)


def untold_count(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many appointments there are of which somebody is still to be told."""
    ids = _ids_to_tell(authority_id, now, site_ids).subquery()
    return db.scalar(select(func.count(ids.c.appointment_id.distinct()))) or 0


def mark_told(
    runtime: Runtime, authority_id: int, appointment_id: int, *, actor: Actor, site_ids: Collection[int] | None
) -> None:
    """Write that whoever is to come was told; a second time it writes nothing. Raises: NotFound."""
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        row = db.get(Appointment, appointment_id)
        if row is None or row.authority_id != authority_id or (site_ids is not None and row.site_id not in site_ids):
            raise NotFound
        kinds = [kind for rows in (_UNSENT, _TO_RING) for kind in _close(db, rows, appointment_id, now)]
        if kinds:
            subject = ("appointment", appointment_id)
            record(db, actor, "resident_told", subject, authority_id=authority_id, now=now, kinds=sorted(kinds))


def mark_others_told(db: Session, appointment_id: int, now: datetime) -> Sequence[str]:
    """The kinds of what reached nobody, besides calls, now that somebody has told them."""
    return _close(db, _UNSENT, appointment_id, now)


def due_calls(db: Session, appointment_id: int, now: datetime) -> Sequence[Notification]:
    """The calls about the appointment that are due and of use, locked."""
    conditions = (Notification.due_at <= now, Notification.useful_until > now, *_IS_TRUE, *_TO_RING)
    rows = (
        select(Notification)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.appointment_id == appointment_id, *conditions)
        .order_by(Notification.id)
        .with_for_update(of=Notification)
    )
    return db.scalars(rows, execution_options={"populate_existing": True}).all()


def calls_later(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many appointments there are about which staff ring again later, because nobody answered."""
    rows = (
        select(func.count(Notification.appointment_id.distinct()))
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.authority_id == authority_id, Notification.useful_until > now, *_IS_TRUE, *_TO_RING)
        .where(Notification.next_try_at > now, Notification.due_at <= now)
    )
    return db.scalar(rows if site_ids is None else rows.where(Appointment.site_id.in_(site_ids))) or 0


def _close(db: Session, which: tuple[ColumnElement[bool], ...], appointment_id: int, now: datetime) -> Sequence[str]:
    """The kinds of those messages of the appointment, which have been told. A call that was made is a message sent."""
    about = (Notification.appointment_id == appointment_id, Notification.due_at <= now, *_IS_TRUE, *which)
    ids = select(Notification.id).join(Appointment, Appointment.id == Notification.appointment_id).where(*about)
    values: dict[str, Any] = {"told_at": now}
    if which is _TO_RING:
        values |= {"status": SENT, "closed_at": now, "reason": TOLD_BY_STAFF}
    told = update(Notification).where(Notification.id.in_(ids)).values(values).returning(Notification.kind)
    return db.scalars(told.execution_options(synchronize_session=False)).all()


def _ids_to_tell(authority_id: int, now: datetime, site_ids: Collection[int] | None) -> CompoundSelect[Any]:
    """The messages, with their appointments, that reached nobody or that staff are to ring about, and that still matter."""
    at_sites = () if site_ids is None else (Appointment.site_id.in_(site_ids),)
    about = (Notification.authority_id == authority_id, Notification.useful_until > now, *_IS_TRUE, *at_sites)
    parts = (
        select(Notification.id, Notification.appointment_id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(*about, *conditions)
        for conditions in (_UNSENT, (*_TO_RING, Notification.next_try_at <= now))
    )
    return union_all(*parts)
