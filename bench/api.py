"""How quick the API's availability is, in-process, beside an empty page: W1 (one site), W2 (15 sites), W4 (a long past).

    python -m bench.api [--history 1000 100000 1000000] [DATABASE_URL]

Give it a database that may be filled; without one it makes an SQLite file of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from bench.limits import beside_empty_page
from bench.world import DAYS, NOW, World, add_history, book_half, make_world
from core.clock import FixedClock
from core.database import Store, upgrade
from core.settings import Settings

HISTORY = (1_000, 100_000, 1_000_000)
ROUNDS, PAGES_A_ROUND = 60, 10
SITES, DESKS = 15, 4


@dataclass(frozen=True)
class Row:
    """One line of the table: a workload, its median, how many empty pages that is, statements and slots, and limits."""

    workload: str
    milliseconds: float
    pages: float
    statements: int
    slots: int
    free: int
    limit: str


def run(database_url: str, history: Sequence[int] = HISTORY) -> list[Row]:
    """The table's lines for one database, which is filled for it."""
    upgrade(database_url)
    store = Store(database_url)
    try:
        world = make_world(store, sites=SITES, desks=DESKS)
        book_half(store, world)
        client = _client(store)
        one_site = f"/api/v1/availability?service=certify&authority=scale&site=site-1&{_period()}"
        everywhere = f"/api/v1/availability?service=certify&authority=scale&{_period()}"
        rows = [
            _measured("W1 one site, 28 days", client, store, one_site, world, "12 pages, 3 statements"),
            _measured("W2 15 sites, 28 days", client, store, everywhere, world, "100 pages, 4 statements"),
        ]
        past, base = 0, 1.0
        for size in sorted(history):
            past += add_history(store, world, size - past)
            _tidied(store)
            row = _measured(f"W4 W1 with {past:,} past", client, store, one_site, world, "")
            is_base = size == min(history)
            base = row.pages if is_base else base
            rows.append(_compared(row, base, is_base=is_base))
        return rows
    finally:
        store.dispose()


def _client(store: Store) -> FlaskClient:
    from wsgi import create_app

    settings = Settings(
        database_url=store.url, secret_key="bench", is_test=True, api_rate_limit="1000000/second", log_level="WARNING"
    )
    return create_app(settings, store=store, clock=FixedClock(NOW)).test_client()


def _period() -> str:
    last = NOW.date().toordinal() + DAYS
    return f"from={NOW.date()}&to={NOW.date().fromordinal(last)}"


def _measured(name: str, client: FlaskClient, store: Store, url: str, world: World, limit: str) -> Row:
    headers = {"Authorization": f"Bearer {world.api_key}"}
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.text
    items = json.loads(answer.data)["items"]
    statements = _statements(store.engine, lambda: client.get(url, headers=headers))
    ours, pages = beside_empty_page(lambda: client.get(url, headers=headers), ROUNDS)
    return Row(name, ours, pages, statements, len(items), sum(item["free"] for item in items), limit)


def _compared(row: Row, base: float, *, is_base: bool) -> Row:
    return replace(row, limit="the base" if is_base else f"{row.pages / base:.2f} of the base; at most 1.10")


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


def _tidied(store: Store) -> None:
    """Let the planner know what was loaded, as PostgreSQL's own autovacuum does within minutes."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def table(rows: Sequence[Row]) -> str:
    """The lines for people."""
    head = f"{'workload':28} {'ms':>8} {'pages':>7} {'statements':>10} {'slots':>6} {'free':>6}  limit"
    lines = [
        f"{r.workload:28} {r.milliseconds:8.2f} {r.pages:7.1f} {r.statements:10} {r.slots:6} {r.free:6}  {r.limit}"
        for r in rows
    ]
    return "\n".join([head, *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--history", type=int, nargs="+", default=list(HISTORY))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database_url or f"sqlite:///{Path(folder, 'bench.sqlite')}"
        print(table(run(url, asked.history)))


if __name__ == "__main__":
    main()
