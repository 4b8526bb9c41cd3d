"""W3: bookings over HTTP, with two gunicorn workers and everything on: audit, outbox, idempotency.

    python -m bench.http [DATABASE_URL]

W3a: 32 clients for one slot, 50 rounds: how many won each round, and the worst answer. W3b: 16 clients book different
free slots for some seconds: how many a second, beside raw inserts under the same key. The worst answer stands beside the
worst of as many connections that insert the same slot's rows at once, without any of this code.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from time import perf_counter
from urllib.request import urlopen

from bench.limits import inserts_a_second, worst_of_raw_race
from core.clock import SystemClock
from core.database import Database, upgrade
from core.settings import ROOT
from people.staff.api_keys import create_api_key
from tests.support.factories import World, make_world, slots_of

RACERS, ROUNDS = 32, 50
UNITS = 6  # of five minutes, as long as the raced slot
CLIENTS, SECONDS, DESKS = 16, 8.0, 10  # as many desks as a busy library has


@dataclass(frozen=True)
class Figures:
    """What one database showed. Times in milliseconds."""

    double_bookings: int
    lost_slots: int
    worst_answer: float
    median_answer: float
    worst_raw: float
    bookings_a_second: float
    raw_inserts_a_second: float

    @property
    def share(self) -> float:
        """Bookings as a share of raw inserts, in per cent."""
        return 100 * self.bookings_a_second / self.raw_inserts_a_second


def run(database_url: str) -> Figures:
    """The figures for one database, which is filled for it."""
    upgrade(database_url)
    database = Database(database_url)
    now = SystemClock().now()
    one = make_world(database)
    many = make_world(database, desks=DESKS, slug="many")
    race_slots = [slot.token for slot in slots_of(database, one, now)[:ROUNDS]]
    starts = slots_of(database, many, now)
    free = [slot.token for desk in range(DESKS) for slot in starts if desk < slot.free]
    keys = [_key(database, world) for world in (one, many)]
    database.dispose()
    with served(database_url) as port:
        winners, answers = _race(port, keys[0], race_slots)
        booked = _book_many(port, keys[1], free)
    return Figures(
        double_bookings=sum(max(0, won - 1) for won in winners),
        lost_slots=sum(won == 0 for won in winners),
        worst_answer=max(answers),
        median_answer=sorted(answers)[len(answers) // 2],
        worst_raw=worst_of_raw_race(database_url, RACERS, ROUNDS, UNITS),
        bookings_a_second=booked,
        raw_inserts_a_second=inserts_a_second(database_url),
    )


def _key(database: Database, world: World) -> str:
    with database.writing() as db:
        now, scopes = SystemClock().now(), ["read", "book"]
        return create_api_key(db, name="bench", authority_id=world.authority_id, scopes=scopes, now=now)


@contextmanager
def served(database_url: str) -> Iterator[int]:
    """The port of a gunicorn with two workers, as docs/operations.md describes it."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_hex(32),
        "FRONT_DOOR_DEMO": "1",
        "API_RATE_LIMIT": "1000000/second",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name("gunicorn")), "wsgi:app"], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = perf_counter() + 60
    while perf_counter() < end and server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            continue
    raise RuntimeError("gunicorn did not start; run it by hand to see why: .venv/bin/gunicorn wsgi:app")


class Client:
    """One client with a connection of its own that stays open."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def look(self) -> None:
        """Ask for free times."""
        self.connection.request("GET", "/api/v1/availability?service=certify&limit=1", headers=self.headers)
        self.connection.getresponse().read()

    def book(self, slot: str) -> tuple[int, float]:
        """The status of booking `slot`, and how many milliseconds it took."""
        number = secrets.token_hex(8)
        body = json.dumps({"slot": slot, "resident": {"name": f"Robin {number}", "email": f"{number}@example.org"}})
        began = perf_counter()
        self.connection.request("POST", "/api/v1/appointments", body, self.headers | {"Idempotency-Key": number})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, (perf_counter() - began) * 1000


def _race(port: int, key: str, slots: Sequence[str]) -> tuple[list[int], list[float]]:
    """How many won each slot, and how long every answer took."""
    clients = [Client(port, key) for _ in range(RACERS)]
    gate, winners, answers = Barrier(RACERS), [], []
    for client in clients:  # a service that has answered before: both workers know the council's plan
        client.look()

    def race(client: Client, slot: str) -> tuple[int, float]:
        gate.wait()
        return client.book(slot)

    with ThreadPoolExecutor(RACERS) as pool:
        for slot in slots:
            results = list(pool.map(race, clients, [slot] * RACERS))
            winners.append(sum(status == 201 for status, _ in results))
            answers += [took for _, took in results]
    return winners, answers


def _book_many(port: int, key: str, free: Sequence[str]) -> float:
    """Bookings a second of clients that each take different slots."""
    end = perf_counter() + SECONDS

    def work(number: int) -> int:
        client, booked = Client(port, key), 0
        for slot in free[number::CLIENTS]:
            if perf_counter() > end:
                break
            booked += client.book(slot)[0] == 201
        return booked

    began = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        booked = sum(pool.map(work, range(CLIENTS)))
    return booked / (perf_counter() - began)


if __name__ == "__main__":
    print(run(sys.argv[1]))
