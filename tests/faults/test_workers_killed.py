"""Three workers at once, each killed at random and replaced, against a real mail server: nothing is lost.

A message may arrive twice only where a kill fell between sending and recording, and then the second try is flagged.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

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
    owe(database, make_world(database), scale.messages, now=SystemClock().now())
    with crew_at_work(database_url, scale, seed=20261123) as (crew, server):
        crew.wait(PATIENCE_SECONDS)
    taken = server.times_taken
    twice = sum(taken.values()) - len(taken)
    report(
        "workers killed", messages=scale.messages, kills=len(crew.killed), lost=scale.messages - len(taken), twice=twice
    )
    assert len(crew.killed) == scale.kills
    rows = notifications(database)
    assert len(rows) == scale.messages
    # A message over which two workers were killed is for a person to judge: the second may have died before it was sent.
    judged = {row.id for row in rows if row.status == "in_doubt"}
    assert {row.status for row in rows if row.id not in judged} == {"sent"}
    names = {row.id: f"<notification-{row.id}-{row.version}@testshire.example.org>" for row in rows}
    assert {name for id_, name in names.items() if id_ not in judged} <= set(taken) <= set(names.values())

    tries = defaultdict(list)
    for one in attempts(database):
        tries[one.notification_id].append(one)
    doubles = {id_ for id_, name in names.items() if taken[name] > 1}
    flagged = {id_ for id_, made in tries.items() if any(one.maybe_duplicate for one in made)}
    assert all(sum(one.ended_at is None for one in tries[id_]) == 2 for id_ in judged)
    assert max(taken.values()) <= 2
    in_doubt = {id_ for id_, made in tries.items() if any(one.ended_at is None for one in made)}
    assert in_doubt  # else no kill fell where it hurts, and the test says nothing
    assert doubles <= flagged == in_doubt
    assert sum(taken.values()) - scale.messages <= scale.kills
    # Each dead worker left one message in doubt at most, and nobody but a dead worker left any.
    left_by = [one.worker for made in tries.values() for one in made if one.ended_at is None]
    assert len(left_by) == len(set(left_by))
    assert set(left_by) <= set(crew.killed)
