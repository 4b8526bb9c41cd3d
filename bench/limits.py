"""What the machine itself can do, measured in the same run: the figures that ours are held against."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median
from time import perf_counter

from flask import Flask, render_template_string
from sqlalchemy import Connection, column, insert, select, table, text
from sqlalchemy.exc import IntegrityError

from core.database import Database

INSERT = text("INSERT INTO raw_claims (resource_id, unit, seat, allocation_id) VALUES (1, :unit, 1, 1)")
CREATE = text(
    "CREATE TABLE raw_claims (resource_id BIGINT, unit BIGINT, seat INT, allocation_id BIGINT, "
    "PRIMARY KEY (resource_id, unit, seat))"
)
RAW_CLAIMS = table("raw_claims", *(column(name) for name in ("resource_id", "unit", "seat", "allocation_id")))
SEAT = {"resource_id": 1, "seat": 1, "allocation_id": 1}
PROCESSES, CONNECTIONS = 2, 16
PAGES_A_ROUND = 10


def empty_page() -> float:
    """Milliseconds of a Flask page that renders an empty Jinja template."""
    return milliseconds(_empty_page(), 400)


def beside_empty_page(
    work: Callable[[], object], rounds: int = 40, *, before: Callable[[], object] | None = None
) -> tuple[float, float]:
    """The median milliseconds of `work`, and how many empty pages that is.

    Both are taken in turns, so that a busy moment of the machine meets both. `before` is done before each `work`, and
    its time does not count.
    """
    page, pages, times = _empty_page(), [], []
    page()
    work()
    gc.collect()
    for _ in range(rounds):
        pages += [_took(page) for _ in range(PAGES_A_ROUND)]
        if before is not None:
            before()
        times.append(_took(work))
    return 1000 * median(times), median(times) / median(pages)


Measured = tuple[Callable[[], object], Callable[[], object]]
"""A piece of work, and what is done before each time of it without being counted."""


def medians_in_turns(one: Measured, other: Measured, rounds: int) -> tuple[float, float]:
    """The median milliseconds of both, taken in turns after a warm-up."""
    both: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 10):
        for (work, before), times in zip((one, other), both, strict=True):
            before()
            took = _took(work)
            if number >= 10:
                times.append(took)
    return 1000 * median(both[0]), 1000 * median(both[1])


def _empty_page() -> Callable[[], object]:
    """The measure of this machine: a Flask application with one page, which renders an empty Jinja template."""
    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: render_template_string(""))
    client = app.test_client()
    return lambda: client.get("/")


def _took(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def select_one(database: Database) -> float:
    """Milliseconds of `SELECT 1` on an open connection."""
    with database.engine.connect() as connection:
        return milliseconds(lambda: connection.execute(select(1)).scalar(), 400)


def inserts_a_second(url: str, seconds: float = 3.0) -> float:
    """Single-row committed INSERTs a second under the claims' own key, over 16 connections of 2 processes."""
    database = Database(url)
    _new_table(database)
    database.dispose()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(_insert_for, url, seconds, number) for number in range(PROCESSES)]
        return sum(run.result() for run in runs) / seconds


def _insert_for(url: str, seconds: float, process: int) -> int:
    database = Database(url)
    threads = CONNECTIONS // PROCESSES
    with ThreadPoolExecutor(threads) as pool:
        counts = pool.map(lambda thread: _insert(database, seconds, process * threads + thread), range(threads))
        total = sum(counts)
    database.dispose()
    return total


def _insert(database: Database, seconds: float, lane: int) -> int:
    """How many rows one connection committed. The driver itself, because the limit is not to include our layers."""
    engine = database.engine.execution_options(is_write=True)
    count, end = 0, perf_counter() + seconds
    with engine.connect() as connection:
        while perf_counter() < end:
            connection.execute(INSERT, {"unit": lane * 10_000_000 + count})
            connection.commit()
            count += 1
    return count


def worst_of_raw_race(url: str, racers: int, rounds: int, units: int) -> float:
    """Milliseconds of the slowest of `racers` connections that insert the same `units` rows at once, `rounds` times.

    The claims' own key, all rows in one statement: one connection commits, the others are refused. From two processes.
    """
    database = Database(url)
    _new_table(database)
    database.dispose()
    start = get_context("spawn")
    threads, gate = racers // PROCESSES, start.Barrier(racers)
    with ProcessPoolExecutor(PROCESSES, start, initializer=_meet_at, initargs=(gate,)) as pool:
        runs = [pool.submit(_race_in_process, url, threads, rounds, units) for _ in range(PROCESSES)]
        return 1000 * max(run.result() for run in runs)


_gates: list[Barrier] = []


def _meet_at(gate: Barrier) -> None:
    _gates.append(gate)


def _race_in_process(url: str, threads: int, rounds: int, units: int) -> float:
    database = Database(url, pool_size=threads)
    engine = database.engine.execution_options(is_write=True)

    def race(_: int) -> float:
        with engine.connect() as connection:
            return max(_tried(connection, range(number * units, (number + 1) * units)) for number in range(rounds))

    with ThreadPoolExecutor(threads) as pool:
        worst = max(pool.map(race, range(threads)))
    database.dispose()
    return worst


def _tried(connection: Connection, units: range) -> float:
    _gates[0].wait(60)
    began = perf_counter()
    try:
        connection.execute(insert(RAW_CLAIMS).values([{"unit": unit} | SEAT for unit in units]))
        connection.commit()
    except IntegrityError:
        connection.rollback()
    return perf_counter() - began


def _new_table(database: Database) -> None:
    with database.writing() as db:
        db.execute(text("DROP TABLE IF EXISTS raw_claims"))
        db.execute(CREATE)


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of `work`, after a short warm-up."""
    for _ in range(max(3, rounds // 10)):
        work()
    return median(_took(work) for _ in range(rounds)) * 1000
