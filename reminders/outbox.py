"""The outbox: a change of an appointment writes what it owes, and voids what is not true, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, ManageLinkRequest, PlanningFacts
from core.database import connection_of, table_of
from reminders.appointment_queries import planning_facts, planning_facts_ahead
from reminders.plan import (
    MANAGE_LINK,
    Owed,
    Promise,
    is_current,
    owed_after,
    owed_contact_change,
    owed_link,
    owed_reminders,
)
from reminders.tables import Notification

PENDING, SENT, FAILED, VOID, LATE, WITHHELD = "pending", "sent", "failed", "void", "late", "withheld"
SUPERSEDED = "The appointment has changed since."
# Not a limit of core.rate_limits: the rows owed are the count, read and written in the transaction of the request itself.
BETWEEN_LINKS = timedelta(minutes=5)

_INSERT = table_of(Notification).insert()


def plan_notifications(db: Session, change: AppointmentChange) -> None:
    """Bring the outbox in line with `change`. The subscriber of `booking.events.appointment_changed`.

    Told twice of one change it writes nothing more: the unique key is (appointment, version, kind, channel).
    """
    facts = change.facts or planning_facts(db, change.appointment_id)
    owed = owed_after(_promise(facts), change.what, change.now)
    if change.contact:
        owed += owed_contact_change(change.contact, _promise(facts), change.now)
    known: dict[tuple[str, str], Notification] = {}
    if change.what != "booked":
        known = _settle_outdated(db, facts, change.now)
    missing = [message for message in owed if (message.kind, message.channel) not in known]
    _write(db, [_row(facts, message, change.now) for message in missing])


def send_manage_link(db: Session, request: ManageLinkRequest) -> None:
    """Owe the manage link once more. The subscriber of `booking.events.manage_link_requested`.

    Asked again within a few minutes it owes nothing more, so that nobody's letter box can be filled.
    """
    facts = planning_facts(db, request.appointment_id)
    asked = select(Notification.created_at).where(
        Notification.appointment_id == request.appointment_id, Notification.kind.startswith(MANAGE_LINK)
    )
    earlier = db.scalars(asked).all()
    if any(request.now - at < BETWEEN_LINKS for at in earlier):
        return
    _write(db, [_row(facts, owed_link(len(earlier) + 1, request.now), request.now)])


def plan_in_bulk(db: Session, authority_id: int, now: datetime) -> int:
    """Write the reminders of every appointment ahead that has none yet, and say how many; for data that was loaded.

    Such an appointment was confirmed where it was made, so no confirmation is owed.
    """
    planned = set(
        db.scalars(select(Notification.appointment_id).where(Notification.authority_id == authority_id).distinct())
    )
    written = 0
    for chunk in planning_facts_ahead(db, authority_id, now):
        rows = [
            _row(facts, message, now)
            for facts in chunk
            if facts.appointment_id not in planned and not facts.is_walk_in
            for message in owed_reminders(_promise(facts), now)
        ]
        _write(db, rows)
        written += len(rows)
    return written


def _settle_outdated(db: Session, facts: PlanningFacts, now: datetime) -> dict[tuple[str, str], Notification]:
    """Void what is pending and not true any more, take up again what a wrong click voided; the rows of this version."""
    # Locked in order of id, as the worker does: what it sends meanwhile is seen as sent, and never voided over it.
    owed = select(Notification).where(Notification.appointment_id == facts.appointment_id)
    rows = db.scalars(owed.order_by(Notification.id).with_for_update()).all()
    for row in rows:
        current = is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state)
        if row.state == PENDING and not current:
            row.state, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif row.state == VOID and current and now < row.useful_until:
            row.state, row.closed_at, row.reason = PENDING, None, ""
    db.flush()
    return {(row.kind, row.channel): row for row in rows if row.version == facts.version}


def _promise(facts: PlanningFacts) -> Promise:
    return Promise(facts.starts_at, facts.zone, facts.state, facts.reminder_plan, facts.is_walk_in)


def _row(facts: PlanningFacts, message: Owed, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": facts.authority_id,
        "appointment_id": facts.appointment_id,
        "version": facts.version,
        "kind": message.kind,
        "channel": message.channel,
        "state": PENDING,
        "due_at": message.due_at,
        "useful_until": message.useful_until,
        "next_try_at": message.due_at,
        "tries": 0,
        "fence": 0,
        "created_at": now,
        "reason": "",
    }


def _write(db: Session, rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    if rows:
        connection_of(db).execute(_INSERT, rows)
