"""`make bench`: every workload on PostgreSQL and on SQLite, beside the machine's own limits, as one table.

    python -m bench [--quick]

Medians and ratios from one run. `--quick` looks back on 100,000 past appointments instead of a million, and sends
fewer messages.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import bench.agent_grid
import bench.api
import bench.crowd
import bench.http
import bench.limits
import bench.managers
import bench.month_page
import bench.reminders
import bench.resident_search
import bench.shared_number
from core.database import Database, upgrade
from tests.support.postgres import PostgresServer, postgres_server

TableRow = tuple[str, str, str, str]
NewDatabase = Callable[[], str]


def main() -> None:
    """Print the table, a part as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    print("| database | workload | ours | beside the limit | asked for |\n|---|---|---|---|---|")
    # First, because a process knows only the largest peak of all its children's memory.
    for figure in bench.reminders.run((10_000,) if is_quick else (10_000, 100_000)):
        ours = f"{figure.per_second:,.0f} a second, a worker's peak {figure.peak_megabytes:.0f} MB"
        print(
            f"| {figure.database} | W6 {figure.messages:,} messages, 2 workers | {ours} | | at least 1,500 a second |",
            flush=True,
        )
    for figure in bench.reminders.run_several():
        ours = f"{figure.per_second:,.0f} a second, a worker's peak {figure.peak_megabytes:.0f} MB"
        beside = f"{figure.share:.0f}% of {figure.raw_inserts_a_second:,.0f} raw inserts a second"
        print(
            f"| {figure.database} | W6 {figure.messages:,} over 3 channels, 2 workers | {ours} | {beside} | at least 60% |",
            flush=True,
        )
    for name, database in (("PostgreSQL", postgres), ("SQLite", sqlite)):
        with database() as new:
            for line in lines(new, is_quick=is_quick):
                print(f"| {name} | {' | '.join(line)} |", flush=True)


def lines(new: NewDatabase, *, is_quick: bool) -> Iterator[TableRow]:
    """The table's lines for one kind of database; `new` gives the address of an empty one."""
    yield from limits(new())
    past = (1_000, 100_000) if is_quick else (1_000, 100_000, 1_000_000)
    for row in bench.api.run(new, past):
        beside = f"{row.pages:.1f} pages, {row.statements} statements"
        yield (
            row.workload,
            f"{row.milliseconds:.2f} ms, {row.slots} starts, {row.free} desk by start",
            beside,
            row.limit,
        )
    yield from pages(new)
    figures = bench.http.run(new())
    answers = f"median {figures.median_answer:.0f} ms, worst {figures.worst_answer:.0f} ms"
    race = f"{figures.double_bookings} double, {figures.lost_slots} lost, {answers}"
    beside = f"{figures.worst_answer / figures.worst_raw:.1f} times the raw race's worst, {figures.worst_raw:.0f} ms"
    yield "W3a 32 clients for one slot, 50 rounds", race, beside, "none, at most 5 times"
    booked = f"{figures.bookings_a_second:.0f} a second"
    beside = f"{figures.share:.1f}% of {figures.raw_inserts_a_second:,.0f} raw inserts a second"
    yield "W3b 16 clients, different slots", booked, beside, "at least 7%"
    shared = bench.shared_number.run(new())
    what = "W8 a booking with a telephone number that 5,000 residents share"
    beside = f"{shared.shared / shared.own:.2f} times of {shared.own:.1f} ms"
    yield what, f"{shared.shared:.1f} ms", beside, "at most 1.2 times"
    crowd = bench.crowd.run(new())
    beside = f"{crowd.crowded / crowd.quiet:.1f} times of {crowd.quiet:.1f} ms"
    what = f"{crowd.crowded:.1f} ms, {crowd.searches_a_second:.1f} searches a second"
    yield "W7 the start page while one address repeats the dearest search", what, beside, "at most 2 times"
    for search in bench.resident_search.run(new()):
        what = f"W10 {search.kind}, 100,000 residents"
        ours = f"median {search.median:.1f} ms, 95th percentile {search.slowest_twentieth:.1f} ms"
        yield what, ours, "", f"at most {bench.resident_search.ASKED_FOR} ms"
    for line in bench.managers.run(new()):
        yield line.workload, f"{line.milliseconds:.1f} ms", f"{line.pages:.1f} pages", f"at most {line.limit}"


def limits(url: str) -> Iterator[TableRow]:
    """What the machine can do."""
    upgrade(url)
    database = Database(url)
    yield "limit: an empty Jinja page", f"{bench.limits.empty_page():.3f} ms", "1 page", ""
    yield "limit: SELECT 1", f"{bench.limits.select_one(database):.3f} ms", "", ""
    database.dispose()


def pages(new: NewDatabase) -> Iterator[TableRow]:
    """The two heaviest pages."""
    month = bench.month_page.run(new())
    beside = f"{month.pages:.1f} pages, {month.statements} statements"
    yield "W5 the resident's month, 60 desks", f"{month.milliseconds:.2f} ms", beside, "25 pages"
    for grid in bench.agent_grid.run(new()):
        beside = f"{grid.pages:.1f} pages, {grid.statements} statements"
        yield "W5 the agent's grid, 60 desks, 7 days", f"{grid.milliseconds:.2f} ms", beside, "25 pages"


@contextmanager
def postgres() -> Iterator[NewDatabase]:
    """Databases of a PostgreSQL that keeps what it commits."""
    with postgres_server(durable=True) as server, _kept(server) as new:
        yield new


@contextmanager
def _kept(server: PostgresServer) -> Iterator[NewDatabase]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(server.database())


@contextmanager
def sqlite() -> Iterator[NewDatabase]:
    """SQLite files."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))
        yield lambda: f"sqlite:///{Path(folder, f'{next(numbers)}.sqlite')}"


if __name__ == "__main__":
    main()
