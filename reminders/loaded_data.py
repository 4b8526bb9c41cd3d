"""Reminders for appointments that were loaded, and confirmed where they were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.due_times import PlanningInput, owed_reminders
from reminders.outbox import input_of, planning_rows, rows_for, write_rows
from reminders.tables import Notification

CHUNK = 2000


def plan_in_bulk(db: Session, authority_id: int, now: datetime) -> int:
    """How many reminders were written for the appointments ahead that had no message yet; for data that was loaded.

    Such an appointment was confirmed where it was made, so no confirmation is owed.
    """
    planned = set(
        db.scalars(select(Notification.appointment_id).where(Notification.authority_id == authority_id).distinct())
    )
    written = 0
    for chunk in _planning_inputs_ahead(db, authority_id, now):
        rows = [
            row
            for planning in chunk
            if planning.facts.appointment_id not in planned and not planning.facts.is_walk_in
            for row in rows_for(planning, owed_reminders(planning.facts, now), now)
        ]
        write_rows(db, rows)
        written += len(rows)
    return written


def _planning_inputs_ahead(db: Session, authority_id: int, now: datetime) -> Iterator[Sequence[PlanningInput]]:
    """What decides about the messages of each appointment that is booked and still ahead, in lists, by ascending id."""
    last_id = 0
    while True:
        statement = planning_rows().where(
            Appointment.authority_id == authority_id,
            Appointment.starts_at > now,
            Appointment.state == "booked",
            Appointment.id > last_id,
        )
        rows = db.execute(statement.limit(CHUNK)).all()
        if not rows:
            return
        last_id = rows[-1].id
        yield [input_of(row, db) for row in rows]
