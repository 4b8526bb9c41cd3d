"""Sends every form that changes something once more after somebody else has changed the same: nothing may be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import update

from booking.tables import Appointment
from core.database import table_of
from people.residents.tables import Resident
from reminders.delivery_decisions import WITHHELD
from reminders.tables import Notification
from tests.support.explorer import Found, FoundForm, TimeMachine

SUBJECTS, OUTBOX = (table_of(Appointment), table_of(Resident)), table_of(Notification)
# Views, sessions, counts and what is typed in a call are no change of what a form is about.
NOT_COMPARED = {
    "access_log", "browser_states", "calls", "idempotency_records", "rate_limit_hits", "resident_views", "staff_sessions"
}  # fmt: skip
REFUSED = {400, 409, 410}
Subject = tuple[str, int]


def stale_forms(machine: TimeMachine, found: Found, telling: list[FoundForm]) -> Iterator[tuple[FoundForm, str]]:
    """Each form that changes an appointment or a record that was there before, and what is wrong with its answer.

    Each that has somebody sent a message, or rung, is put among the `telling`.
    """
    for one in found.forms.values():
        if one.form.method != "post":
            continue
        machine.go_back(one.moment)
        before = _contents(machine)
        machine.send(one.form, one.form.fields)
        after = _contents(machine)
        if _owed(after) - _owed(before):
            telling.append(one)
        changed = _changed(before, after)
        if changed:
            yield one, _failure(machine, one, changed)


def _failure(machine: TimeMachine, one: FoundForm, changed: set[Subject]) -> str:
    machine.go_back(one.moment)
    _change(machine, changed)
    before = _contents(machine)
    answer = machine.send(one.form, one.form.fields)
    after = _contents(machine)
    written = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if written:
        return f"{answer.status_code}, written: {written}"
    return "" if answer.status_code in REFUSED else f"status {answer.status_code}"


def _change(machine: TimeMachine, subjects: set[Subject]) -> None:
    """Somebody else moves the appointments, and corrects the names."""
    appointments, residents = SUBJECTS
    with machine.database.writing() as db:
        for name, number in subjects:
            if name == appointments.name:
                values: dict[str, Any] = {"version": appointments.c.version + 1}
                db.execute(update(appointments).where(appointments.c.id == number).values(values))
            else:
                db.execute(
                    update(residents).where(residents.c.id == number).values(name=residents.c.name + " Corrected")
                )


def _contents(machine: TimeMachine) -> dict[str, list[dict[str, Any]]]:
    return {table.name: rows for table, rows in machine.rows() if table.name not in NOT_COMPARED}


def _owed(contents: dict[str, list[dict[str, Any]]]) -> set[int]:
    """The messages of the outbox, but for those that nobody gets."""
    return {row["id"] for row in contents.get(OUTBOX.name, []) if row["status"] != WITHHELD}


def _changed(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> set[Subject]:
    """The rows of appointments and residents that were there before, and are otherwise now."""
    found = set()
    for table in SUBJECTS:
        now = {row["id"]: row for row in after.get(table.name, [])}
        found |= {(table.name, row["id"]) for row in before.get(table.name, []) if now.get(row["id"]) != row}
    return found
