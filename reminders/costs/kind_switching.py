"""A council switches a kind of messages off, from an instant on, and on again: each is on the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import NotFound, Stale
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from reminders.costs.kinds_off import SWITCHABLE, KindOff, kinds_off_of
from reminders.delivery_decisions import PENDING, VOID
from reminders.reasons import SWITCHED_OFF
from reminders.recipients import BOOKED, CONFIRMATION, REMINDER, VIDEO
from reminders.tables import Notification


def switch_off(runtime: Runtime, authority_id: int, kind: str, since: datetime | None, *, actor: Actor) -> int:
    """How many messages of this kind, due at `since` (or now) or later, were owed and are void. Again it changes nothing.

    Raises: NotFound for a kind that cannot be switched off; Stale when it is off already from another instant on.
    """
    if kind not in SWITCHABLE:
        raise NotFound
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        council = _locked(db, authority_id)
        off = kinds_off_of(council.kinds_off)
        if known := next((one for one in off if one.kind == kind), None):
            if known.since == since or (since is None and known.since <= now):
                return 0
            raise Stale.because("kind_is_off")
        new = KindOff(kind, max(now, since or now), actor.name, now)
        council.kinds_off = [one.stored() for one in (*off, new)]
        bump_plan(db, authority_id)
        waits = (Notification.status == PENDING, Notification.lease_until.is_(None), Notification.due_at >= new.since)
        values = {"status": VOID, "reason": SWITCHED_OFF, "closed_at": now}
        number = _change(db, council, kind, waits, values)
        _write_down(db, council, "kind_switched_off", kind, actor, now, since=new.since.isoformat(), messages=number)
        return number


def switch_on(runtime: Runtime, authority_id: int, kind: str, *, actor: Actor) -> int:
    """How many messages of this kind are owed again, because they are still true and of use. Again it changes nothing.

    Raises: NotFound for a kind that cannot be switched.
    """
    if kind not in SWITCHABLE:
        raise NotFound
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        council = _locked(db, authority_id)
        off = kinds_off_of(council.kinds_off)
        if all(one.kind != kind for one in off):
            return 0
        council.kinds_off = [one.stored() for one in off if one.kind != kind]
        bump_plan(db, authority_id)
        values = {"status": PENDING, "reason": "", "closed_at": None}
        number = _change(db, council, kind, void_and_of_use(now), values)
        _write_down(db, council, "kind_switched_on", kind, actor, now, messages=number)
        return number


def void_and_of_use(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The condition on messages that are void because their kind is off, and would be of use now."""
    return (
        Notification.status == VOID,
        Notification.reason == SWITCHED_OFF,
        Notification.useful_until > now,
        Notification.version == Appointment.version,
        Notification.version >= Appointment.owner_since,
        Appointment.state == BOOKED,
    )


def of_kind(authority_id: int, kind: str) -> ColumnElement[bool]:
    """The condition on messages of the council of this kind that can be switched off, as `is_off` has it."""
    mine = Notification.authority_id == authority_id
    if kind == REMINDER:
        return and_(mine, Notification.kind.startswith(kind, autoescape=True))
    return and_(mine, Notification.kind == CONFIRMATION, Notification.version == 1, Appointment.mode != VIDEO)


def _locked(db: Session, authority_id: int) -> Authority:
    return db.scalars(select(Authority).where(Authority.id == authority_id).with_for_update(key_share=True)).one()


def _change(
    db: Session, council: Authority, kind: str, which: tuple[ColumnElement[bool], ...], values: dict[str, Any]
) -> int:
    """How many messages have these values now; locked in order of id, as bookings and workers do."""
    found = (
        select(Notification.id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(of_kind(council.id, kind), *which)
        .order_by(Notification.id)
        .with_for_update(of=Notification)
        .cte("found")
    )
    changed = update(Notification).where(Notification.id.in_(select(found.c.id))).values(values)
    statement = changed.returning(Notification.id).execution_options(synchronize_session=False)
    return len(db.execute(statement).all())


def _write_down(
    db: Session, council: Authority, action: str, kind: str, actor: Actor, now: datetime, **facts: Any
) -> None:
    subject = ("authority", council.id)
    record(db, actor, action, subject, authority_id=council.id, now=now, held=kind, **facts)
