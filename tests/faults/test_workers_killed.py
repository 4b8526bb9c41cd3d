"""Three workers at once, each killed at random and replaced, against a real mail server: nothing is lost.

A message may arrive twice only where a kill fell between sending and recording, and then the second try is flagged.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.database import Database
from tests.faults.conftest import Report, Scale
from tests.faults.mail_server import MailServer, running
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.support.factories import make_world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 3
LEASE_SECONDS = 5  # longer than any message takes on a busy machine, so that only the dead lose a row
PATIENCE_SECONDS = 120


@dataclass
class Crew:
    """The workers. A kill happens while the mail server handles a message, so it hits whatever the others are doing.

    `moments` are the counts of arrived messages at which somebody is killed. Half of the victims are killed before the
    server answers, so that their message has arrived and they do not know it.
    """

    command: list[str]
    moments: list[int]
    dice: random.Random
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    handled: int = 0
    started: int = 0
    killed: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def start_one(self) -> None:
        """Start another worker."""
        self.started += 1
        name = f"worker-{self.started}"
        command = [*self.command, name, str(LEASE_SECONDS)]
        process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        self.names[process.pid] = name

    def on_message(self, _email: EmailMessage) -> str:
        """The mail server's answer; at the chosen moments somebody is killed first."""
        with self.lock:
            self.handled += 1
            if self.moments and self.handled >= self.moments[0]:
                self.moments.pop(0)
                self._kill_one()
        return "250 OK"

    def _kill_one(self) -> None:
        alive = [process for process in self.processes if process.poll() is None]
        victim = self.dice.choice(alive)
        victim.kill()
        victim.wait()
        self.killed.append(self.names[victim.pid])
        self.start_one()

    def wait(self) -> None:
        """Wait until all have ended; those that were not killed must have ended well."""
        for process in self.processes:  # the list grows while we wait, and the loop sees that
            _, errors = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == (-9 if self.names[process.pid] in self.killed else 0), errors

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@contextmanager
def crew_at_work(database_url: str, scale: Scale, seed: int) -> Iterator[tuple[Crew, MailServer]]:
    dice = random.Random(seed)
    moments = sorted(dice.sample(range(20, scale.messages - 50), scale.kills))
    server = MailServer()
    with running(server) as smtp_url:
        command = [sys.executable, "-m", "tests.faults.worker_process", database_url, smtp_url]
        crew = Crew(command, moments, dice)
        server.reply = crew.on_message
        try:
            with crew.lock:
                for _ in range(WORKERS):
                    crew.start_one()
            yield crew, server
        finally:
            crew.end()


def test_no_message_is_lost_and_every_double_is_flagged_when_workers_are_killed(
    database: Database, database_url: str, scale: Scale, report: Report
) -> None:
    owe(database, make_world(database), scale.messages, now=SystemClock().now())
    with crew_at_work(database_url, scale, seed=20261123) as (crew, server):
        crew.wait()
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
