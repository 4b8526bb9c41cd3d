"""The outbox: a change of an appointment writes what it owes, and voids what is not true, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, ManageLinkRequest, PlanningFacts
from core.database import connection_of, table_of
from reminders.appointment_queries import PlanningInput, planning_input, planning_input_ahead
from reminders.channels.registry import channel_rules
from reminders.delivery_decisions import PENDING, VOID
from reminders.due_times import (
    MANAGE_LINK,
    Owed,
    ReminderInput,
    is_current,
    owed_after,
    owed_contact_change,
    owed_link,
    owed_reminders,
)
from reminders.reasons import SUPERSEDED
from reminders.recipients import planned_channels
from reminders.tables import Notification

# Not a limit of core.rate_limits: the rows owed are the count, read and written in the transaction of the request itself.
BETWEEN_LINKS = timedelta(minutes=5)

_INSERT = table_of(Notification).insert()


def plan_notifications(db: Session, change: AppointmentChange) -> None:
    """Bring the outbox in line with `change`. The subscriber of `booking.events.appointment_changed`.

    Called twice for one change it writes nothing more: the unique key is (appointment, version, kind, channel).
    """
    planning = planning_input(db, change.appointment_id, change.facts)
    appointment = _reminder_input(planning.facts)
    owed = owed_after(appointment, change.what, change.now)
    if change.contact:
        owed += owed_contact_change(change.contact, appointment, change.now)
    known: dict[tuple[str, str], Notification] = {}
    if change.what != "booked":
        known = _void_outdated(db, planning.facts, change.now)
    rows = _rows(planning, owed, change.now)
    _write(db, [row for row in rows if (row["kind"], row["channel"]) not in known])


def send_manage_link(db: Session, request: ManageLinkRequest) -> None:
    """Owe the manage link once more. The subscriber of `booking.events.manage_link_requested`.

    Requested again within a few minutes it owes nothing more, so that nobody's mailbox can be filled.
    """
    planning = planning_input(db, request.appointment_id)
    links = select(Notification.created_at).where(
        Notification.appointment_id == request.appointment_id, Notification.kind.startswith(MANAGE_LINK)
    )
    earlier = db.scalars(links).all()
    if any(request.now - at < BETWEEN_LINKS for at in earlier):
        return
    _write(db, _rows(planning, [owed_link(len(earlier) + 1, request.now)], request.now))


def plan_in_bulk(db: Session, authority_id: int, now: datetime) -> int:
    """How many reminders were written for the appointments ahead that had no message yet; for data that was loaded.

    Such an appointment was confirmed where it was made, so no confirmation is owed.
    """
    planned = set(
        db.scalars(select(Notification.appointment_id).where(Notification.authority_id == authority_id).distinct())
    )
    written = 0
    for chunk in planning_input_ahead(db, authority_id, now):
        rows = [
            row
            for planning in chunk
            if planning.facts.appointment_id not in planned and not planning.facts.is_walk_in
            for row in _rows(planning, owed_reminders(_reminder_input(planning.facts), now), now)
        ]
        _write(db, rows)
        written += len(rows)
    return written


def _void_outdated(db: Session, facts: PlanningFacts, now: datetime) -> dict[tuple[str, str], Notification]:
    """The rows of this version, after outdated ones were voided and what a wrong click voided is pending again."""
    # Locked in order of id, as the worker does: what it sends meanwhile is seen as sent, and not voided.
    owed = select(Notification).where(Notification.appointment_id == facts.appointment_id)
    rows = db.scalars(owed.order_by(Notification.id).with_for_update()).all()
    for row in rows:
        current = is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state)
        if row.status == PENDING and not current:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif row.status == VOID and current and now < row.useful_until:
            row.status, row.closed_at, row.reason = PENDING, None, ""
    db.flush()
    return {(row.kind, row.channel): row for row in rows if row.version == facts.version}


def _reminder_input(facts: PlanningFacts) -> ReminderInput:
    return ReminderInput(facts.starts_at, facts.zone, facts.state, facts.reminder_plan, facts.is_walk_in)


def _rows(planning: PlanningInput, owed: Iterable[Owed], now: datetime) -> list[dict[str, Any]]:
    """A row for each message and each channel by which it goes."""
    rules = channel_rules()
    return [
        _row(planning.facts, message, channel, now)
        for message in owed
        for channel in planned_channels(planning.contacts, message.kind, rules)
    ]


def _row(facts: PlanningFacts, message: Owed, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": facts.authority_id,
        "appointment_id": facts.appointment_id,
        "version": facts.version,
        "kind": message.kind,
        "channel": channel,
        "status": PENDING,
        "due_at": message.due_at,
        "useful_until": message.useful_until,
        "next_try_at": message.due_at,
        "tries": 0,
        "fencing_token": 0,
        "created_at": now,
        "reason": "",
    }


def _write(db: Session, rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    if rows:
        connection_of(db).execute(_INSERT, rows)
