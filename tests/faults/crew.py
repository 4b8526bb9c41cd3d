"""Workers in processes of their own, of whom some are killed at random moments and replaced."""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 5.0  # longer than any message takes on a busy machine, so that only the dead lose a row


@dataclass
class Crew:
    """The workers. A kill happens while a server handles a message, so it hits whatever the others are doing.

    `moments` are the counts of handled messages at which somebody is killed. Who is killed while a server handles their
    message does not learn that it has arrived.
    """

    command: list[str]
    moments: list[int]
    dice: random.Random
    lease_seconds: float = LEASE_SECONDS
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    handled: int = 0
    started: int = 0
    killed: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def start(self, workers: int) -> None:
        """Start so many workers; none is killed before all have started."""
        with self.lock:
            for _ in range(workers):
                self.start_one()

    def start_one(self) -> None:
        """Start another worker."""
        self.started += 1
        name = f"worker-{self.started}"
        command = [*self.command, name, str(self.lease_seconds)]
        process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        self.names[process.pid] = name

    def on_message(self) -> None:
        """Count a message that a server handles; at the chosen moments somebody is killed first."""
        with self.lock:
            self.handled += 1
            if self.moments and self.handled >= self.moments[0]:
                self.moments.pop(0)
                self._kill_one()

    def _kill_one(self) -> None:
        alive = [process for process in self.processes if process.poll() is None]
        victim = self.dice.choice(alive)
        victim.kill()
        victim.wait()
        self.killed.append(self.names[victim.pid])
        self.start_one()

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, so long for each at most; those that were not killed must have ended well."""
        for process in self.processes:  # the list grows while we wait, and the loop sees that
            _, errors = process.communicate(timeout=seconds)
            assert process.returncode == (-9 if self.names[process.pid] in self.killed else 0), errors

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@contextmanager
def at_work(
    command: list[str], moments: list[int], dice: random.Random, lease_seconds: float = LEASE_SECONDS
) -> Iterator[Crew]:
    """A crew whose workers are started by `command` with a name and a lease; none is left behind."""
    crew = Crew(command, moments, dice, lease_seconds)
    try:
        yield crew
    finally:
        crew.end()
