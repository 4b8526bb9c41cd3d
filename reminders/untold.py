"""Messages that reached nobody: what somebody has to be rung or written to about, and that they were told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    func,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from reminders.current_queries import IS_TRUE, IS_TRUE_TO_SAY, WANTS_NO_CONTACT, is_of
from reminders.day_calls import calls_about, told_with
from reminders.delivery_decisions import FAILED, PENDING, SENT, WITHHELD
from reminders.due_times import CANCELLATION_IS_USEFUL
from reminders.pause_queries import rows_held
from reminders.queue import IS_PENDING, pauses_on
from reminders.reasons import PAUSED, TOLD_BY_STAFF
from reminders.recipients import (
    ABOUT_THE_VISIT,
    ARRANGEMENT,
    CALL,
    CANCELLED,
    CONFIRMATION,
    GOING_AHEAD,
    REMINDER,
    RESCHEDULED,
    SITE_MESSAGE,
    family_of,
    number_of,
)
from reminders.same_message_queries import FAILED_LATER_TOO, REACHES_SOMEBODY, UNREACHED
from reminders.sending_times import is_urgent
from reminders.tables import Notification

NEAR = timedelta(days=2)  # so long before the visit somebody rings about what a pause still holds back
LISTED_FOR = timedelta(days=30)  # after it was too late to be sent
NEWS = (CANCELLED, RESCHEDULED, GOING_AHEAD, ARRANGEMENT, SITE_MESSAGE)  # who is not told may come for nothing, or not
# Written out, not bound: neither database can prove that a bound value matches the partial index.
_IS_UNSENT = literal_column("notifications.status IN ('withheld', 'failed')", Notification.status.type)
_IS_CALL = literal_column(
    "notifications.status = 'pending' AND notifications.channel = 'call'", Notification.status.type
)


# Nobody was reached by it or has told them, and it goes by no other channel: of several that failed the last one.
_UNSENT: tuple[ColumnElement[bool], ...] = (
    _IS_UNSENT,
    is_of(ABOUT_THE_VISIT),
    Notification.told_at.is_(None),
    or_(Notification.status == FAILED, Notification.reason.in_(UNREACHED)),
    ~REACHES_SOMEBODY,
    ~FAILED_LATER_TOO,
)
# A pause held it back until it could not go out any more, and the visit is still to come.
_HELD_TOO_LONG: tuple[ColumnElement[bool], ...] = (
    literal_column(
        "notifications.status IN ('failed', 'late') AND notifications.told_at IS NULL", Notification.status.type
    ),
    Notification.reason == PAUSED,
    is_of((*NEWS, CONFIRMATION)),
    ~REACHES_SOMEBODY,
)
_TO_RING: tuple[ColumnElement[bool], ...] = (_IS_CALL, is_of(ABOUT_THE_VISIT), ~WANTS_NO_CONTACT, IS_TRUE_TO_SAY)


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
    told_with: tuple[int, ...] = ()  # other appointments of the day, of which they are reminded in the same call


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
    ids = _ids_to_tell(db, authority_id, now, site_ids).subquery()
    rows = (
        select(Notification, Appointment.starts_at)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.id.in_(select(ids.c.id)))
    )
    if only is not None:
        rows = rows.where(Notification.appointment_id == only)
    by_appointment: dict[int, list[Notification]] = {}
    starts: dict[int, datetime] = {}
    for row, starts_at in db.execute(rows.order_by(Notification.useful_until, Notification.id).limit(limit)):
        by_appointment.setdefault(row.appointment_id, []).append(row)
        starts[row.appointment_id] = starts_at
    lines = [_untold(found, starts[key], now) for key, found in by_appointment.items()]
    return _one_call_for_a_day(lines, told_with(db, list(by_appointment), now, site_ids))


def _one_call_for_a_day(lines: Sequence[Untold], beside: Mapping[int, Sequence[int]]) -> list[Untold]:
    """`lines`, without those of whom another one's call tells all: they are only to be reminded."""
    kept: dict[int, Untold] = {}
    for line in lines:
        is_only_reminded = line.is_to_ring and line.kinds == (REMINDER,)
        if not (is_only_reminded and any(line.appointment_id in one.told_with for one in kept.values())):
            kept[line.appointment_id] = replace(line, told_with=tuple(beside.get(line.appointment_id, ())))
    return list(kept.values())


def _untold(rows: Sequence[Notification], starts_at: datetime, now: datetime) -> Untold:
    kinds = tuple(dict.fromkeys(family_of(row.kind) for row in rows))
    reason = next(filter(None, map(_reason, rows)), "")
    calls = [row for row in rows if row.channel == CALL]
    tries = max((row.tries for row in calls), default=0)
    urgent = any(is_urgent(row.kind, row.useful_until - CANCELLATION_IS_USEFUL, now) for row in calls)
    texts = tuple(number_of(row.kind) for row in rows if family_of(row.kind) == SITE_MESSAGE)
    until = min(row.useful_until if row.useful_until > now else starts_at for row in rows)
    return Untold(rows[0].appointment_id, kinds, reason, until, bool(calls), tries, urgent, texts)


def _reason(row: Notification) -> str:
    """Why the message did not go out; nothing of one that only a call brings."""
    is_held = row.status == PENDING and row.channel != CALL
    return row.reason or (PAUSED if is_held else "")


def untold_count(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many appointments there are of which somebody is still to be told."""
    ids = _ids_to_tell(db, authority_id, now, site_ids).subquery()
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
        others = told_with(db, [appointment_id], now, site_ids).get(appointment_id, ())
        told = {appointment_id: [*mark_others_told(db, appointment_id, now), *_close_calls(db, appointment_id, now)]}
        for call in calls_about(db, others, now):
            call.told_at, call.status, call.closed_at, call.reason = now, SENT, now, TOLD_BY_STAFF
            told.setdefault(call.appointment_id, []).append(call.kind)
        for id_, kinds in told.items():
            if kinds:
                subject = ("appointment", id_)
                record(db, actor, "resident_told", subject, authority_id=authority_id, now=now, kinds=sorted(kinds))


def mark_others_told(db: Session, appointment_id: int, now: datetime) -> Sequence[str]:
    """The kinds of what reached nobody, besides calls, now that somebody has told them. What waits is not sent any more."""
    kinds = [*_close(db, _about(appointment_id, now, *_UNSENT), {"told_at": now})]
    kinds += _close(db, _about(appointment_id, now, *_HELD_TOO_LONG), {"told_at": now})
    if held := _held_back(db, now):
        waits = _about(appointment_id, now, *held, Notification.lease_until.is_(None))
        values = {"told_at": now, "status": WITHHELD, "closed_at": now, "reason": TOLD_BY_STAFF}
        kinds += _close(db, waits, values)
    return kinds


def due_calls(db: Session, appointment_id: int, now: datetime) -> Sequence[Notification]:
    """The calls about the appointment that are due and of use, locked."""
    conditions = (Notification.due_at <= now, Notification.useful_until > now, *IS_TRUE, *_TO_RING)
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
        .where(Notification.authority_id == authority_id, Notification.useful_until > now, *IS_TRUE, *_TO_RING)
        .where(Notification.next_try_at > now, Notification.due_at <= now)
    )
    return db.scalar(rows if site_ids is None else rows.where(Appointment.site_id.in_(site_ids))) or 0


def _close_calls(db: Session, appointment_id: int, now: datetime) -> Sequence[str]:
    """The kinds of the calls of the appointment, which are made. A call that was made is a message sent."""
    values = {"told_at": now, "status": SENT, "closed_at": now, "reason": TOLD_BY_STAFF}
    return _close(db, _about(appointment_id, now, *_TO_RING), values)


def _about(appointment_id: int, now: datetime, *which: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    return (Notification.appointment_id == appointment_id, Notification.due_at <= now, *IS_TRUE, *which)


def _close(db: Session, which: Sequence[ColumnElement[bool]], values: dict[str, Any]) -> Sequence[str]:
    """The kinds of these messages, which have been told."""
    ids = select(Notification.id).join(Appointment, Appointment.id == Notification.appointment_id).where(*which)
    told = update(Notification).where(Notification.id.in_(ids)).values(values).returning(Notification.kind)
    return db.scalars(told.execution_options(synchronize_session=False)).all()


def _held_back(db: Session, now: datetime, authority_id: int | None = None) -> tuple[ColumnElement[bool], ...]:
    """The condition on what pauses hold back that somebody should know now, as the visit is near; empty without pauses."""
    pauses = pauses_on(db, now, authority_id)
    if not pauses:
        return ()
    is_near = (Notification.next_try_at <= now, Appointment.starts_at <= now + NEAR)
    return (IS_PENDING, rows_held(pauses), is_of(NEWS), *is_near, ~WANTS_NO_CONTACT)


def _ids_to_tell(
    db: Session, authority_id: int, now: datetime, site_ids: Collection[int] | None
) -> CompoundSelect[Any]:
    """The messages, with their appointments, that reached nobody or that staff are to ring about, and that still matter."""
    at_sites = () if site_ids is None else (Appointment.site_id.in_(site_ids),)
    is_useful, held = Notification.useful_until > now, _held_back(db, now, authority_id)
    is_late = (Notification.closed_at > now - LISTED_FOR, Notification.useful_until <= now, Appointment.starts_at > now)
    parts = (
        select(Notification.id, Notification.appointment_id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.authority_id == authority_id, *IS_TRUE, *at_sites, *conditions)
        for conditions in (
            (*_UNSENT, is_useful),
            (*_TO_RING, is_useful, Notification.next_try_at <= now),
            (*_HELD_TOO_LONG, *is_late),
            *([(*held, is_useful)] if held else []),
        )
    )
    return union_all(*parts)
