"""W6: messages a second into a channel that does nothing, by two worker processes, and the memory they take.

Everything else is real: claims, checks, appointments read in batches, words, HTML and calendar written for each
message, every try and every result recorded.

Usage: python -m bench.reminders [MESSAGES ...]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import func, select

from core.clock import SystemClock
from core.database import Database, upgrade
from reminders.channels.null import NullChannel
from reminders.tables import Notification
from tests.reminders.channels import worker_on
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import make_world
from tests.support.postgres import postgres_server

ROOT = Path(__file__).resolve().parent.parent
COUNTS = (10_000, 100_000)
WORKERS = 2


@dataclass(frozen=True)
class Figure:
    """What one run showed."""

    database: str
    messages: int
    per_second: float
    peak_megabytes: float


def run(counts: Sequence[int] = COUNTS) -> list[Figure]:
    """A figure for each database and each number of messages."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres_server())
        figures = []
        for count in counts:
            with server.database() as url:
                figures.append(measure("PostgreSQL", url, count))
        for count in counts:
            url = f"sqlite:///{folder / f'{count}.sqlite'}"
            upgrade(url)
            figures.append(measure("SQLite", url, count))
    return figures


def measure(name: str, url: str, count: int) -> Figure:
    """The speed and memory of two workers that send `count` messages which are all due."""
    database = Database(url)
    owe(database, make_world(database), count, now=SystemClock().now())
    with _workers(url) as workers:
        for worker in workers:
            _line(worker)
        began = perf_counter()
        for worker in workers:
            _say_go(worker)
        replies = [_line(worker).split() for worker in workers]
        took = perf_counter() - began
    _check(database, count)
    database.dispose()
    return Figure(name, count, count / took, max(float(peak) for _, peak in replies))


def work(url: str, name: str) -> None:
    """One worker process: says that it is ready, waits for "go", sends, prints how many and its peak memory."""
    worker = worker_on(Database(url), SystemClock(), NullChannel(), name)
    print("ready", flush=True)
    sys.stdin.readline()
    counts = worker.send_due()
    print(counts.sent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


@contextmanager
def _workers(url: str) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "bench.reminders", "--work", url]
    workers = [
        subprocess.Popen([*command, f"worker-{n}"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for n in range(WORKERS)
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def _line(worker: subprocess.Popen[str]) -> str:
    if worker.stdout is None or not (line := worker.stdout.readline()):
        raise RuntimeError("A worker ended before its time.")
    return line


def _say_go(worker: subprocess.Popen[str]) -> None:
    if worker.stdin is not None:
        worker.stdin.write("go\n")
        worker.stdin.flush()


def _check(database: Database, count: int) -> None:
    with database.reading() as db:
        sent = db.scalar(select(func.count()).select_from(Notification).where(Notification.status == "sent"))
    if sent != count:
        raise RuntimeError(f"{sent} of {count} messages were sent.")


def main(arguments: Sequence[str]) -> None:
    """Print the figures as a table."""
    if arguments[:1] == ["--work"]:
        return work(*arguments[1:])
    print(f"{'W6: messages into a channel that does nothing':<48}{'a second':>10}{'peak MB of a worker':>22}")
    for figure in run([int(argument) for argument in arguments] or COUNTS):
        print(f"{figure.database}, {figure.messages:,} due, {WORKERS} workers".ljust(48), end="")
        print(f"{figure.per_second:>10,.0f}{figure.peak_megabytes:>22.0f}", flush=True)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
