"""W7: the start page for others while one address repeats the dearest public search without pause.

    python -m bench.crowd [DATABASE_URL]

20 sites, 200 resources, half of a month booked; two gunicorn workers behind a proxy that names the clients.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from threading import Event, Thread
from time import perf_counter, sleep

from bench.http import served
from core.clock import SystemClock
from core.database import Database, upgrade
from core.runtime import Runtime
from core.settings import Settings
from demo.load import load_scale
from demo.scale import Size

START = "/scale/"
SEARCH = "/api/v1/availability?authority=scale"
SEARCHERS, SECONDS, EVERY, WARM_UP = 8, 5.0, 0.02, 1.0


@dataclass(frozen=True)
class Figures:
    """Milliseconds of the start page, alone and beside the searches, and how many of those were answered a second."""

    quiet: float
    crowded: float
    searches_a_second: float


def run(database_url: str) -> Figures:
    """The figures for one database, which is filled for it."""
    upgrade(database_url)
    database = Database(database_url)
    settings = Settings(database_url=database_url, secret_key="bench", is_test=True)
    load_scale(Runtime(settings, database, SystemClock()), Size(sites=20, resources=200, days=30, fill=50, history=0))
    database.dispose()
    os.environ["TRUSTED_PROXIES"] = "1"
    with served(database_url) as port:
        search = dearest(port)
        _times(port, "192.0.2.1")
        quiet = _times(port, "192.0.2.1")
        stop, answered = Event(), list[int]()
        searchers = [Thread(target=_repeat, args=(port, search, stop, answered)) for _ in range(SEARCHERS)]
        began = perf_counter()
        for searcher in searchers:
            searcher.start()
        sleep(WARM_UP)
        crowded = _times(port, "192.0.2.1")
        stop.set()
        for searcher in searchers:
            searcher.join()
    return Figures(quiet, crowded, len(answered) / (perf_counter() - began))


def dearest(port: int) -> str:
    """The search that takes longest: every service of the council in one visit, at all its sites."""
    services = [item["slug"] for item in _json(port, "/api/v1/services?authority=scale")["items"]][:4]
    return SEARCH + "".join(f"&service={slug}" for slug in services)


def _json(port: int, path: str) -> dict[str, list[dict[str, str]]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    body: dict[str, list[dict[str, str]]] = json.loads(connection.getresponse().read())
    return body


def _times(port: int, address: str) -> float:
    connection, took = http.client.HTTPConnection("127.0.0.1", port, timeout=60), list[float]()
    end = perf_counter() + SECONDS
    while perf_counter() < end:
        sleep(EVERY)
        began = perf_counter()
        connection.request("GET", START, headers={"X-Forwarded-For": address})
        connection.getresponse().read()
        took.append((perf_counter() - began) * 1000)
    return statistics.median(took)


def _repeat(port: int, path: str, stop: Event, answered: list[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not stop.is_set():
        connection.request("GET", path, headers={"X-Forwarded-For": "192.0.2.66"})
        answer = connection.getresponse()
        answer.read()
        answered.append(answer.status)


def main(arguments: list[str]) -> None:
    """Print the figures of one database."""
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments[0] if arguments else f"sqlite:///{folder}/crowd.sqlite")
    print(
        f"start page {figures.quiet:.1f} ms alone, {figures.crowded:.1f} ms beside {figures.searches_a_second:.1f} "
        f"searches a second: {figures.crowded / figures.quiet:.1f} times"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
