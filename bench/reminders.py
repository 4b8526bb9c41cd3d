"""W6: messages a second into channels that do nothing, by two worker processes, and the memory they take.

Everything else is real: claims, checks, appointments read in batches, words, HTML and calendar written for each
message, every try and every result recorded. Once all are emails; once as many go by email, text and letter, beside
single-row committed inserts.

Usage: python -m bench.reminders [MESSAGES ...]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count as counting
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from bench.limits import inserts_a_second
from core.clock import SystemClock
from core.database import Database, upgrade
from core.garbage import collect_garbage_seldom
from reminders.channels.null import NullChannel
from reminders.letters import LetterBody
from reminders.recipients import CHANNELS, EMAIL, LETTER, TEXT
from reminders.tables import Notification
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.reminders.channels import writer
from tests.reminders.make_bulk_notifications import owe, send_at_any_hour
from tests.support.factories import make_world
from tests.support.postgres import postgres_server

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("PostgreSQL", "SQLite")
COUNTS, COUNT_OF_SEVERAL = (10_000, 100_000), 9_999
WORKERS = 2
ONE_CHANNEL: Mapping[str, Mapping[str, Any]] = {EMAIL: {}}
SEVERAL_CHANNELS: Mapping[str, Mapping[str, Any]] = {
    EMAIL: {},
    TEXT: {"contact_preference": "text", "phone": "07700 900123", "phone_key": "07700900123"},
    LETTER: {"contact_preference": "letter", "address": "1 High Street\nTestshire", "postcode": "N12 9AA"},
}
"""The channels of the messages, and what is known of the people who get them so."""


@dataclass(frozen=True)
class Figure:
    """What one run showed."""

    database: str
    messages: int
    per_second: float
    peak_megabytes: float
    raw_inserts_a_second: float = 0

    @property
    def share(self) -> float:
        """Messages as a share of raw inserts, in per cent."""
        return 100 * self.per_second / self.raw_inserts_a_second


def run(counts: Sequence[int] = COUNTS) -> list[Figure]:
    """A figure for each database and each number of emails."""
    with _databases() as new:
        return [measure(name, new(name), count, ONE_CHANNEL) for name in DATABASES for count in counts]


def run_several() -> list[Figure]:
    """A figure for each database, of messages over several channels beside raw inserts."""
    figures = []
    with _databases() as new:
        for name in DATABASES:
            figure = measure(name, new(name), COUNT_OF_SEVERAL, SEVERAL_CHANNELS)
            figures.append(replace(figure, raw_inserts_a_second=inserts_a_second(new(name))))
    return figures


def measure(name: str, url: str, count: int, channels: Mapping[str, Mapping[str, Any]]) -> Figure:
    """The speed and memory of two workers that send `count` messages which are all due, as many by each channel."""
    database = Database(url)
    world, now = make_world(database), SystemClock().now()
    send_at_any_hour(database, world)
    for channel, person in channels.items():
        owe(database, world, count // len(channels), now=now, person=person, channel=channel)
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
    database = Database(url)
    channels = {EMAIL: NullChannel(), TEXT: NullChannel(TextBody), LETTER: NullChannel(LetterBody)}
    database.facts[CHANNELS] = frozenset(channels)
    worker = Worker(database, SystemClock(), channels, writer(), name=name)
    collect_garbage_seldom()
    print("ready", flush=True)
    sys.stdin.readline()
    counts = worker.send_due()
    print(counts.sent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


@contextmanager
def _databases() -> Iterator[Callable[[str], str]]:
    """Gives the addresses of new, empty databases by the name of their kind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres_server(durable=True))
        numbers = counting()

        def new(name: str) -> str:
            if name == "PostgreSQL":
                return stack.enter_context(server.database())
            url = f"sqlite:///{folder / f'{next(numbers)}.sqlite'}"
            upgrade(url)
            return url

        yield new


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
    for figure in run_several():
        print(
            f"{figure.database}, {figure.messages:,} by 3 channels, {figure.share:.0f}% of raw inserts".ljust(48),
            end="",
        )
        print(f"{figure.per_second:>10,.0f}{figure.peak_megabytes:>22.0f}", flush=True)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
