"""Three workers at once, each killed at random and replaced, against a real mail server: nothing is lost.

A message may arrive twice only where a kill fell between sending and recording, and then the second try is flagged.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.clock import SystemClock
from core.database import Database
from tests.faults.conftest import Report, Scale
from tests.faults.crew import Crew, at_work
from tests.faults.mail_server import MailServer, running
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.support.factories import make_world

pytestmark = pytest.mark.slow

WORKERS = 3
PATIENCE_SECONDS = 120
PAIRS = 15  # of appointments that one person has on one day


@contextmanager
def crew_at_work(database_url: str, scale: Scale, seed: int) -> Iterator[tuple[Crew, MailServer]]:
    dice = random.Random(seed)
    moments = sorted(dice.sample(range(20, scale.messages - 50), scale.kills))
    server = MailServer()
    with running(server) as smtp_url:
        command = [sys.executable, "-m", "tests.faults.worker_process", database_url, smtp_url]
        with at_work(command, moments, dice) as crew:

            def take(_email: EmailMessage) -> str:
                crew.on_message()
                return "250 OK"

            server.reply = take
            crew.start(WORKERS)
            yield crew, server


def test_no_message_is_lost_and_every_double_is_flagged_when_workers_are_killed(
    database: Database, database_url: str, scale: Scale, report: Report
) -> None:
    made = owe(database, make_world(database), scale.messages, now=SystemClock().now())
    share_days(database, made[: 2 * PAIRS])
    with crew_at_work(database_url, scale, seed=20261123) as (crew, server):
        crew.wait(PATIENCE_SECONDS)
    taken = server.times_taken
    rows = notifications(database)
    names = {row.id: f"<notification-{row.id}-{row.version}@testshire.example.org>" for row in rows}
    tries = defaultdict(list)
    for one in attempts(database):
        tries[one.notification_id].append(one)
    told_in = {id_: {names[one.joined_to or id_] for one in made} for id_, made in tries.items()}
    twice = sum(taken.values()) - len(taken)
    lost = sum(not told_in[row.id].intersection(taken) for row in rows)
    report("workers killed", messages=scale.messages, kills=len(crew.killed), lost=lost, twice=twice)
    assert len(crew.killed) == scale.kills
    assert len(rows) == scale.messages
    # A message over which two workers were killed is for a person to judge: the second may have died before it was sent.
    judged = {row.id for row in rows if row.status == "in_doubt"}
    assert {row.status for row in rows if row.id not in judged} == {"sent"}
    assert all(told_in[row.id].intersection(taken) for row in rows if row.id not in judged)
    assert set(taken) <= set().union(*told_in.values())
    assert len(set().union(*told_in.values())) == scale.messages - PAIRS  # each pair in one message, whoever sent it

    doubles = {id_ for id_, told in told_in.items() if any(taken[name] > 1 for name in told)}
    flagged = {id_ for id_, made in tries.items() if any(one.maybe_duplicate for one in made)}
    assert all(sum(one.ended_at is None for one in tries[id_]) == 2 for id_ in judged)
    assert max(taken.values()) <= 2
    in_doubt = {id_ for id_, made in tries.items() if any(one.ended_at is None for one in made)}
    assert in_doubt  # else no kill fell where it hurts, and the test says nothing
    assert doubles <= flagged == in_doubt
    assert twice <= scale.kills
    # Each dead worker left one message in doubt at most, and nobody but a dead worker left any.
    unended = {
        (one.worker, one.joined_to or id_) for id_, made in tries.items() for one in made if one.ended_at is None
    }
    left_by = [worker for worker, _ in unended]
    assert len(left_by) == len(set(left_by))
    assert set(left_by) <= set(crew.killed)


def share_days(database: Database, made: Sequence[int]) -> None:
    """Give each two of these appointments one person, who is told both in one message."""
    with database.writing() as db:
        for first, second in zip(made[::2], made[1::2], strict=True):
            whose = select(Appointment.resident_id).where(Appointment.id == first).scalar_subquery()
            db.execute(update(Appointment).where(Appointment.id == second).values(resident_id=whose))
