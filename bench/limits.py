"""What the machine itself can do, measured in the same run: the figures that ours are held against."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter

from flask import Flask, render_template_string
from sqlalchemy import select, text

from core.database import Database

INSERT = text("INSERT INTO raw_claims (resource_id, unit, seat, allocation_id) VALUES (1, :unit, 1, 1)")
CREATE = text(
    "CREATE TABLE raw_claims (resource_id BIGINT, unit BIGINT, seat INT, allocation_id BIGINT, "
    "PRIMARY KEY (resource_id, unit, seat))"
)
PROCESSES, CONNECTIONS = 2, 16
PAGES_A_ROUND = 10


def empty_page() -> float:
    """Milliseconds of a Flask page that renders an empty Jinja template."""
    return milliseconds(_empty_page(), 400)


def beside_empty_page(work: Callable[[], object], rounds: int = 40) -> tuple[float, float]:
    """The median milliseconds of `work`, and how many empty pages that is.

    Both are taken in turns, so that a busy moment of the machine meets both.
    """
    page, pages, times = _empty_page(), [], []
    page()
    work()
    gc.collect()
    for _ in range(rounds):
        pages += [_took(page) for _ in range(PAGES_A_ROUND)]
        times.append(_took(work))
    return 1000 * median(times), median(times) / median(pages)


def medians_in_turns(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The median milliseconds of both, taken in turns after a warm-up."""
    both: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 10):
        for work, times in zip((one, other), both, strict=True):
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
    with database.writing() as db:
        db.execute(text("DROP TABLE IF EXISTS raw_claims"))
        db.execute(CREATE)
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


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of `work`, after a short warm-up."""
    for _ in range(max(3, rounds // 10)):
        work()
    return median(_took(work) for _ in range(rounds)) * 1000
