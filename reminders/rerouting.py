"""Messages that go by another channel: because one has failed, or because somebody is reached in another way since.

The row for the other channel is written in the transaction in which that is known. The unique key (appointment, version,
kind, channel) lets none be written twice, and `instead_of` says which channels failed before it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, aliased

from booking.tables import Appointment
from reminders.appointment_queries import current_state
from reminders.arrival_queries import may_have_arrived
from reminders.contacts import Contacts
from reminders.costs.kinds_off import is_off
from reminders.delivery_decisions import FAILED, LATE, PENDING, VOID, WITHHELD
from reminders.due_times import PlanningInput
from reminders.former_owner_queries import former_owners
from reminders.history_queries import reason_for_silence
from reminders.outbox import planning_input
from reminders.outdated import owe_by, own_times
from reminders.posting import way_of
from reminders.reasons import ARRIVED_EARLIER, NOT_DELIVERED_IN_TIME, QUIET_HOURS, TOLD_ALREADY
from reminders.recipients import HANDED_OVER, Withheld, family_of, number_of
from reminders.tables import Notification


def plan_next_channel(db: Session, notification_id: int, now: datetime) -> str:
    """The channel by which a message goes that this row did not bring to anybody, written in this transaction; or nothing.

    Call it after the row was closed, as failed or as withheld because somebody is reached in another way now, or was
    found to be overdue: still on its way when the visit is near.
    """
    alike = locked_alike(db, notification_id)
    row = next(one for one in alike.values() if one.id == notification_id)
    if (copy := _copy_that_rests_on(db, row)) is not None:
        copy.status, copy.reason, copy.closed_at, copy.told_at = FAILED, row.reason or NOT_DELIVERED_IN_TIME, now, None
        return plan_next_channel(db, copy.id, now)
    planning = planning_input(db, row.appointment_id)
    message = own_times(row, planning.facts)
    if now >= message.useful_until or not current_state(db, row.appointment_id).makes_current(row.kind, row.version):
        return ""
    others = [one for one in alike.values() if one.id != row.id]
    if any((may_have_arrived(one) and not one.overdue_at) or one.status == PENDING for one in others):
        return ""
    kind, mode = row.kind, planning.contacts.mode
    is_switched_off = bool(planning.off) and is_off(planning.off, kind, mode, row.due_at, version=row.version)
    if is_switched_off or reason_for_silence(db, row.appointment_id):
        return ""
    failed = {
        one.channel
        for one in alike.values()
        if one.status in (FAILED, LATE) or one.overdue_at or one.reason == QUIET_HOURS
    }
    contacts = _contacts(db, planning, row.kind)
    way = way_of(message, contacts, planning.rules, planning.facts, now, failed)
    if isinstance(way, Withheld):
        return ""
    owe_by(db, row, way, alike.get(way.channel), now)
    return way.channel


def _copy_that_rests_on(db: Session, row: Notification) -> Notification | None:
    """The row of the appointment as it is that takes this message for told, since a change was undone; locked."""
    if (row.status != FAILED and row.overdue_at is None) or row.told_at is not None:
        return None
    rests = (Notification.status == WITHHELD, Notification.reason == TOLD_ALREADY, Notification.told_at.is_not(None))
    return db.scalar(_copies_of(row).where(*rests))


def _copy_that_rested_on(db: Session, row: Notification) -> Notification | None:
    """That row, once the message was overdue and the row failed because of it; locked."""
    failed = (Notification.status == FAILED, Notification.reason == NOT_DELIVERED_IN_TIME)
    return db.scalar(_copies_of(row).where(*failed))


def _copies_of(row: Notification) -> Select[Notification]:
    """A statement for the row of the same message and channel of the appointment as it is, which locks it."""
    same = (Notification.appointment_id == row.appointment_id, Notification.kind == row.kind)
    later = (Notification.version > row.version, Notification.version == Appointment.version)
    copies = select(Notification).join(Appointment, Appointment.id == Notification.appointment_id)
    return copies.where(*same, *later, Notification.channel == row.channel).with_for_update(of=Notification)


def void_replacements(db: Session, row: Notification, now: datetime) -> None:
    """Owe nothing more in place of a message that has arrived after all; what a worker has in hand goes out."""
    _void_alike(db, row, now)
    if (copy := _copy_that_rested_on(db, row)) is not None:
        copy.status, copy.reason, copy.closed_at, copy.told_at = WITHHELD, TOLD_ALREADY, now, now
        _void_alike(db, copy, now)


def _void_alike(db: Session, row: Notification, now: datetime) -> None:
    for other in locked_alike(db, row.id).values():
        if other.id != row.id and other.status == PENDING and other.lease_until is None:
            other.status, other.reason, other.closed_at = VOID, ARRIVED_EARLIER, now


def locked_alike(db: Session, notification_id: int) -> dict[str, Notification]:
    """The rows of the same message, by their channels, locked in order of id as bookings and workers do.

    Call it before one of them is locked or written: who holds a later one and waits for an earlier one stops whoever has
    that and waits for the later one.
    """
    db.flush()
    lock_alike(db, [notification_id])
    # Once more: what somebody else has owed while we waited for a lock is not among the rows of the statement that waited.
    found = db.scalars(_alike([notification_id]), execution_options={"populate_existing": True})
    return {row.channel: row for row in found.all()}


def lock_alike(db: Session, ids: Collection[int]) -> None:
    """Lock the rows of the messages of these rows, all in order of id."""
    db.execute(_alike(ids).with_only_columns(Notification.id)).all()


def _alike(ids: Collection[int]) -> Select[Any]:
    one = aliased(Notification)
    is_same = and_(
        Notification.appointment_id == one.appointment_id,
        Notification.version == one.version,
        Notification.kind == one.kind,
    )
    rows = select(Notification).join(one, is_same).where(one.id.in_(ids)).order_by(Notification.id)
    return rows.with_for_update(of=Notification)


def lock_messages(db: Session, appointment_id: int) -> None:
    """Lock every message of the appointment in order of id, before some of them are locked or written."""
    rows = select(Notification.id).where(Notification.appointment_id == appointment_id).order_by(Notification.id)
    db.execute(rows.with_for_update()).all()


def _contacts(db: Session, planning: PlanningInput, kind: str) -> Contacts:
    """The contacts of whom the message is for: also of somebody whose the appointment is not any more."""
    if family_of(kind) != HANDED_OVER:
        return planning.contacts
    appointment_id = planning.facts.appointment_id
    return former_owners(db, [appointment_id])[appointment_id][number_of(kind)].contacts
