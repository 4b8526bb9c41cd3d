"""Messages that go by another channel: because one has failed, or because somebody is reached in another way since.

The row for the other channel is written in the transaction in which that is known. The unique key (appointment, version,
kind, channel) lets none be written twice, and `instead_of` says which channels failed before it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.appointment_queries import current_state
from reminders.delivery_decisions import FAILED, PENDING, VOID
from reminders.former_owner_queries import former_owners
from reminders.history_queries import reason_for_silence
from reminders.outbox import PlanningInput, planning_input
from reminders.outdated import MAY_HAVE_ARRIVED, owe_by
from reminders.reasons import ARRIVED_EARLIER, QUIET_HOURS
from reminders.recipients import HANDED_OVER, Contacts, Withheld, deliveries_for, family_of, number_of
from reminders.tables import Notification


def plan_next_channel(db: Session, notification_id: int, now: datetime) -> str:
    """The channel by which a message goes that this row did not bring to anybody, written in this transaction; or nothing.

    Call it after the row was closed, as failed or as withheld because somebody is reached in another way now, or was
    found to be overdue: still on its way when the visit is near.
    """
    row = db.get_one(Notification, notification_id, populate_existing=True, with_for_update=True)
    if now >= row.useful_until or not current_state(db, row.appointment_id).makes_current(row.kind, row.version):
        return ""
    alike = _alike(db, row)
    others = [one for one in alike.values() if one.id != row.id]
    if any((one.status in MAY_HAVE_ARRIVED and not one.overdue_at) or one.status == PENDING for one in others):
        return ""
    if reason_for_silence(db, row.appointment_id):
        return ""
    failed = {
        one.channel for one in alike.values() if one.status == FAILED or one.overdue_at or one.reason == QUIET_HOURS
    }
    planning = planning_input(db, row.appointment_id)
    found = deliveries_for(_contacts(db, planning, row.kind), row.kind, planning.rules, failed)
    if isinstance(found, Withheld):
        return ""
    owe_by(db, row, found[0].channel, alike.get(found[0].channel), failed, now)
    return found[0].channel


def void_replacements(db: Session, row: Notification, now: datetime) -> None:
    """Owe nothing more in place of a message that has arrived after all; what a worker has in hand goes out."""
    for other in _alike(db, row).values():
        if other.id != row.id and other.status == PENDING and other.lease_until is None:
            other.status, other.reason, other.closed_at = VOID, ARRIVED_EARLIER, now


def _alike(db: Session, row: Notification) -> dict[str, Notification]:
    """The rows of the same message, by their channels."""
    same = (
        Notification.appointment_id == row.appointment_id,
        Notification.version == row.version,
        Notification.kind == row.kind,
    )
    rows = db.scalars(select(Notification).where(*same).order_by(Notification.id).with_for_update())
    return {one.channel: one for one in rows.all()}


def _contacts(db: Session, planning: PlanningInput, kind: str) -> Contacts:
    """The contacts of whom the message is for: also of somebody whose the appointment is not any more."""
    if family_of(kind) != HANDED_OVER:
        return planning.contacts
    appointment_id = planning.facts.appointment_id
    return former_owners(db, [appointment_id])[appointment_id][number_of(kind)].contacts
