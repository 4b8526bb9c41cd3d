"""Asks people to confirm that they come, and gives back the time of those who do not.

Each question is written, and each time is given back, in one transaction that has locked the appointment and looks at
everything again. So any number of schedulers may do this, and one that is killed leaves it undone or done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from booking.use_cases.give_back import give_back
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import run_with_retries
from reminders.channels.registry import confirming_channels
from reminders.confirming.confirm_queries import to_be_asked, to_be_decided, visits_to_confirm
from reminders.confirming.confirm_rules import (
    FIRST,
    GRACE,
    SECOND,
    QuestionTimes,
    ToConfirm,
    is_to_be_asked,
    question_times,
    why_kept,
)
from reminders.due_times import Owed
from reminders.outbox import planning_input, rows_for, write_rows
from reminders.planned_ways import sending_rules

AHEAD = timedelta(hours=1)  # before it is due a question is written
BATCH = 200

log = logging.getLogger(__name__)


def work_confirmations(runtime: Runtime) -> int:
    """Ask whoever is to be asked now; how many times were given back."""
    _ask_everybody(runtime)
    return _give_back_unconfirmed(runtime)


@contextmanager
def _going_on(appointment_id: int) -> Iterator[None]:
    """Log a mistake of ours with one appointment: it must not stop the others. An outage stops them all."""
    try:
        yield
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a confirmation failed: appointment %s", appointment_id)


def _ask_everybody(runtime: Runtime) -> None:
    last = 0
    while True:
        with runtime.database.reading() as db:
            now = runtime.clock.database_now(db)
            ids = to_be_asked(db, now, BATCH, last)
            visits = visits_to_confirm(db, ids)
            due = [id_ for id_ in ids if id_ in visits and _times_of(db, id_, visits[id_], now)]
        for id_ in due:
            with _going_on(id_):
                run_with_retries(runtime.database, partial(_ask, runtime=runtime, appointment_id=id_))
        if len(ids) < BATCH:
            return
        last = ids[-1]


def _times_of(db: Session, appointment_id: int, known: ToConfirm, now: datetime) -> QuestionTimes | None:
    """When they are asked, where they are and it is time to write that down."""
    if known.answer_by is not None or not is_to_be_asked(known.visit, now):
        return None
    times = question_times(known.visit, sending_rules(planning_input(db, appointment_id)), now)
    return times if times and times.first_at <= now + AHEAD else None


def _ask(db: Session, *, runtime: Runtime, appointment_id: int) -> None:
    """Owe both questions, unless somebody has confirmed, moved or cancelled it, or asked them, meanwhile."""
    row = db.scalar(select(Appointment).where(Appointment.id == appointment_id).with_for_update(key_share=True))
    now = runtime.clock.database_now(db)
    known = visits_to_confirm(db, [appointment_id]).get(appointment_id)
    times = _times_of(db, appointment_id, known, now) if row is not None and known is not None else None
    if times is None:
        return
    planning = planning_input(db, appointment_id)
    asked = ((FIRST, times.first_at), (SECOND, times.second_at))
    write_rows(db, rows_for(planning, [Owed(kind, at, times.answer_by) for kind, at in asked], now))


def _give_back_unconfirmed(runtime: Runtime) -> int:
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        due = to_be_decided(db, now - GRACE, now)
        known = visits_to_confirm(db, [id_ for _council, _reference, id_ in due], _believed(runtime))
        due = [one for one in due if one[2] in known and _is_lost_as(known[one[2]], now)]
    given_back = 0
    for authority_id, reference, appointment_id in due:
        with _going_on(appointment_id):
            given_back += give_back(runtime, authority_id, reference, partial(_is_lost, runtime))
    return given_back


def _is_lost(runtime: Runtime, db: Session, row: Appointment, now: datetime) -> bool:
    known = visits_to_confirm(db, [row.id], _believed(runtime)).get(row.id)
    return known is not None and _is_lost_as(known, now)


def _is_lost_as(known: ToConfirm, now: datetime) -> bool:
    return known.answer_by is not None and why_kept(known.visit, known.questions, known.answer_by, now) is None


def _believed(runtime: Runtime) -> Set[str]:
    """The channels with which what was sent has arrived; a mail server that took an email says nothing of that."""
    return confirming_channels(runtime.settings, runtime.database)
