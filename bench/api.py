"""How quick the API's availability is, in-process, beside an empty page: W1 (one site), W2 (15 sites), W4 (a long past).

    python -m bench.api [--history 1000 100000 1000000]

Alone it measures SQLite; `python -m bench` measures PostgreSQL as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from bench.limits import beside_empty_page, medians_in_turns
from bench.world import DAYS, NOW, OtherPeople, add_history, book_half, make_world
from booking.queries.slots import SlotQuery, first_by_site
from core.clock import FixedClock
from core.database import Database, upgrade
from core.settings import Settings
from locations.catalogue_queries import catalogue_of
from people.staff.api_keys import create_api_key

HISTORY = (1_000, 100_000, 1_000_000)
ROUNDS, PAGES_A_ROUND = 60, 10
SITES, DESKS, PAIRS = 15, 4, 120
NewDatabase = Callable[[], str]


def _period() -> str:
    last = NOW.date().toordinal() + DAYS
    return f"from={NOW.date()}&to={NOW.date().fromordinal(last)}"


EVERYWHERE = f"/api/v1/availability?service=certify&authority=scale&{_period()}"
ONE_SITE = f"{EVERYWHERE}&site=site-1"


@dataclass(frozen=True)
class ApiFigure:
    """One line of the table: a workload, its median, how many empty pages that is, statements and slots, and limits."""

    workload: str
    milliseconds: float
    pages: float
    statements: int
    slots: int
    free: int
    limit: str


def run(new: NewDatabase, history: Sequence[int] = HISTORY) -> list[ApiFigure]:
    """The table's lines for one kind of database; `new` gives the address of an empty one, which is filled."""
    first, *others = sorted(history)
    with _filled(new(), first) as base:
        rows = [
            _measured("W1 one site, 28 days, with a key", base.with_key, ONE_SITE, "9 pages"),
            _measured("W1 the same without a key", base, ONE_SITE, "12 pages, 3 statements"),
            _measured("W1 the same, asked again while nobody books", base, ONE_SITE, "2 pages", is_busy=False),
            _measured("W2 15 sites, 28 days", base, EVERYWHERE, "60 pages, 4 statements"),
            _first_of_each(base),
        ]
        for size in others:
            with _filled(new(), size) as longer:
                rows.append(_compared(f"W4 W1 with {size:,} past", base, longer, first))
    return rows


@dataclass(frozen=True)
class Filled:
    """A database with a past, a client without a key, as the public has, and others who book meanwhile."""

    database: Database
    client: FlaskClient
    others: OtherPeople

    @property
    def with_key(self) -> Filled:
        """The same, with the client of a program that has a key."""
        with self.database.writing() as db:
            key = create_api_key(
                db, name="bench", authority_id=self.others.world.authority_id, scopes=["read"], now=NOW
            )
        client = self.client.application.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        return replace(self, client=client)


@contextmanager
def _filled(database_url: str, past: int) -> Iterator[Filled]:
    upgrade(database_url)
    database = Database(database_url)
    try:
        world = make_world(database, sites=SITES, desks=DESKS)
        book_half(database, world)
        add_history(database, world, past)
        _tidied(database)
        yield Filled(database, _client(database), OtherPeople(database, world))
    finally:
        database.dispose()


def _first_of_each(filled: Filled) -> ApiFigure:
    """The first free slot of each site, as the page of places searches for it."""

    def look() -> int:
        with filled.database.reading() as db:
            catalogue = catalogue_of(db, "scale")
            query = SlotQuery(service_ids=(catalogue.service("certify").id,))
            return len(first_by_site(db, catalogue, query, NOW))

    found, statements = look(), _statements(filled.database.engine, look)
    ours, pages = beside_empty_page(look, ROUNDS, before=filled.others.act)
    name, limit = "W2 the first of each of 15 sites", "8 pages, 4 statements"
    return ApiFigure(name, ours, pages, statements, found, found, limit)


def _compared(name: str, base: Filled, longer: Filled, base_size: int) -> ApiFigure:
    """W1 on the longer past, beside W1 on the short one: in turns, so that a busy moment meets both."""
    row = _measured(name, longer, ONE_SITE, "")
    times = medians_in_turns(
        (lambda: longer.client.get(ONE_SITE), longer.others.act),
        (lambda: base.client.get(ONE_SITE), base.others.act),
        PAIRS,
    )
    ratio = times[0] / times[1]
    return replace(row, milliseconds=times[0], limit=f"{ratio:.2f} of the time with {base_size:,}; at most 1.10")


def _client(database: Database) -> FlaskClient:
    from wsgi import create_app

    settings = Settings(
        database_url=database.url,
        secret_key="bench",
        is_test=True,
        api_rate_limit="1000000/second",
        log_level="WARNING",
    )
    return create_app(settings, database=database, clock=FixedClock(NOW)).test_client()


def _measured(name: str, filled: Filled, url: str, limit: str, *, is_busy: bool = True) -> ApiFigure:
    answer = filled.client.get(url)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)
    items = json.loads(answer.data)["items"]
    statements = _statements(filled.database.engine, lambda: filled.client.get(url))
    before = filled.others.act if is_busy else None
    ours, pages = beside_empty_page(lambda: filled.client.get(url), ROUNDS, before=before)
    return ApiFigure(name, ours, pages, statements, len(items), sum(item["free"] for item in items), limit)


def _statements(engine: Engine, work: Callable[[], object]) -> int:
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(seen)


def _tidied(database: Database) -> None:
    """Let the planner know what was loaded, as PostgreSQL's own autovacuum does within minutes."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def table(rows: Sequence[ApiFigure]) -> str:
    """The lines for people."""
    head = f"{'workload':28} {'ms':>8} {'pages':>7} {'statements':>10} {'slots':>6} {'free':>6}  limit"
    lines = [
        f"{r.workload:28} {r.milliseconds:8.2f} {r.pages:7.1f} {r.statements:10} {r.slots:6} {r.free:6}  {r.limit}"
        for r in rows
    ]
    return "\n".join([head, *lines])


def main() -> None:
    """Print the lines for SQLite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, nargs="+", default=list(HISTORY))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))
        print(table(run(lambda: f"sqlite:///{Path(folder, f'{next(numbers)}.sqlite')}", options.history)))


if __name__ == "__main__":
    main()
