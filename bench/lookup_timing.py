"""How long the pages take that look somebody up, by whether there is such a person: the times must tell nothing.

    python -m bench.lookup_timing [ROUNDS]

Each round asks every way once, in an order of chance, from an origin of its own. In the process, so that no network hides
a difference.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from flask import Flask

from core.clock import FixedClock
from core.database import Database, upgrade
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from people.residents.details import ResidentDetails
from people.staff.passwords import hash_password
from people.staff.tables import StaffMember
from tests.support.factories import NOW, make_appointment, make_world
from tests.support.pages import read_page
from tests.support.postgres import postgres_server
from wsgi import create_app

Ask = Callable[[int], float]
UNKNOWN, PASSWORD = "K7PM 4QX3", "a long wrong password"
SETTINGS = Settings(secret_key="a secret for benchmarks", log_level="ERROR", is_test=True)


def main() -> None:
    """Print the quartiles of each way, on PostgreSQL and on SQLite."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("| database | request | lower quartile | median | upper quartile |\n|---|---|---|---|---|")
    with postgres_server(durable=True) as server, server.database() as url:
        report("PostgreSQL", url, rounds)
    with tempfile.TemporaryDirectory() as folder:
        report("SQLite", f"sqlite:///{Path(folder, 'timing.sqlite')}", rounds)


def report(name: str, url: str, rounds: int) -> None:
    """The lines of one database."""
    upgrade(url)
    database = Database(url)
    app = create_app(replace(SETTINGS, database_url=url), database=database, clock=FixedClock(NOW))
    for ways, count in ((lost_links(app), rounds), (sign_ins(app), rounds)):
        for way, (lower, median, upper) in measured(ways, count):
            print(f"| {name} | {way} | {lower:.2f} ms | {median:.2f} ms | {upper:.2f} ms |", flush=True)
    database.dispose()


def measured(ways: Mapping[str, Ask], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """The quartiles of each way in milliseconds, after a tenth of the rounds for warming up."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    order, chance = list(ways), random.Random(7)
    for number in range(-rounds // 10, rounds):
        chance.shuffle(order)
        for position, way in enumerate(order):
            milliseconds = ways[way](number * len(order) + position)
            if number >= 0:
                times[way].append(milliseconds)
    return ((way, quantiles(found, n=4)) for way, found in times.items())


def lost_links(app: Flask) -> dict[str, Ask]:
    """The three ways to ask for a lost link."""
    runtime: Runtime = app.extensions[EXTENSION]
    world = make_world(runtime.database)
    robin = ResidentDetails("Robin Sample", email="robin@example.org")
    reference = make_appointment(runtime, world, NOW + timedelta(hours=2), resident=robin).reference

    def way(typed: str, surname: str) -> Ask:
        return lambda number: send(
            app, "/testshire/find", number, {"reference": typed, "surname": surname}, expected=303
        )

    return {
        "lost link, right pair": way(reference, "Sample"),
        "lost link, wrong surname": way(reference, "Wrong"),
        "lost link, unknown reference": way(UNKNOWN, "Sample"),
    }


def sign_ins(app: Flask) -> dict[str, Ask]:
    """A wrong password for somebody who is there, and for nobody. Emails of their own, for each has a limit."""
    runtime: Runtime = app.extensions[EXTENSION]
    kept = hash_password("another long password")
    with runtime.database.writing() as db:
        authority_id = make_world(runtime.database, slug="otherton").authority_id
        for number in range(1000):
            values = {"authority_id": authority_id, "name": "Alex", "password_hash": kept, "created_at": NOW}
            db.add(StaffMember(email=f"known{number}@example.org", **values))

    def way(name: str) -> Ask:
        return lambda number: send(
            app,
            "/staff/sign-in",
            number,
            {"email": f"{name}{number % 1000}@example.org", "password": PASSWORD},
            expected=400,
        )

    return {"staff sign-in, known email": way("known"), "staff sign-in, unknown email": way("nobody")}


def send(app: Flask, path: str, number: int, typed: Mapping[str, str], *, expected: int) -> float:
    """How many milliseconds the answer to the form at `path` takes, from an origin that no other round has."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    form = read_page(client.get(path).text).form_to(path.rpartition("/")[2])
    values, began = form.values(**typed), time.perf_counter()
    status = client.post(form.action, data=values).status_code
    milliseconds = (time.perf_counter() - began) * 1000
    if status != expected:
        raise SystemExit(f"{path} answered {status}, not {expected}.")
    return milliseconds


if __name__ == "__main__":
    main()
