"""How quick the resident's month is, whole, as HTML, beside an empty page: W5 (60 desks at 15 sites, one month).

python -m bench.month_page DATABASE_URL
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from sqlalchemy import event

from bench.limits import beside_empty_page
from bench.world import NOW, OtherPeople, book_half, make_world
from core.clock import FixedClock
from core.database import Database, upgrade
from core.settings import Settings

SITES, DESKS, ROUNDS, LIMIT = 15, 4, 60, 25


@dataclass(frozen=True)
class PageFigure:
    """The month's median time, how many empty pages that is (at most 25), and its statements."""

    milliseconds: float
    pages: float
    statements: int


def run(database_url: str) -> PageFigure:
    """The figures for one database, which is filled for it."""
    from wsgi import create_app

    upgrade(database_url)
    database = Database(database_url)
    try:
        world = make_world(database, sites=SITES, desks=DESKS)
        book_half(database, world)
        settings = Settings(database_url=database.url, secret_key="bench", is_test=True, log_level="WARNING")
        client = create_app(settings, database=database, clock=FixedClock(NOW)).test_client()
        path = "/scale/when?service=certify&mode=in_person"
        page = client.get(path)
        if page.status_code != 200 or b" free" not in page.data:
            raise RuntimeError("The month shows nothing free, so there is nothing to measure.")
        statements: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        client.get(path)
        count = len(statements)
        took, pages = beside_empty_page(lambda: client.get(path), ROUNDS, before=OtherPeople(database, world).act)
        return PageFigure(took, pages, count)
    finally:
        database.dispose()


if __name__ == "__main__":
    print(run(sys.argv[1]))
