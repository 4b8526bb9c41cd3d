"""How quick the pages of managers are in a large council, beside an empty page: W9 (300 sites, 2,100 desks, 20,000 booked).

    python -m bench.managers [DATABASE_URL]

The week of one site, the lists of all sites, and the effect of a changed session, which is worked out and rolled back.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from bench.limits import beside_empty_page
from bench.world import NOW, OtherPeople, World, book_every, make_world
from booking.use_cases.change_set_up import count_weeks, current_tables, preview_edits, seen_of
from booking.use_cases.import_locations import import_file
from booking.use_cases.slot_changes import CountedWeeks
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database, upgrade
from core.runtime import Runtime
from core.settings import Settings
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.difference import session_key
from locations.importing.set_up_queries import stored_set_up
from locations.importing.set_up_tables import Edit, things_in
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.sign_in_sessions import COOKIE, start

SITES, DESKS, STEP, ROUNDS, EFFECT_ROUNDS = 300, 7, 16, 30, 5
PAGES = {
    "W9 the week of a site, 300 sites": "/staff/sites/site-1/week?date=2026-11-23",
    "W9 the set-up's list of 300 sites": "/staff/set-up",
    "W9 staff home with 300 sites": "/staff/",
}
EFFECT = "W9 the effect of a changed session, 20,000 booked"


@dataclass(frozen=True)
class ManagerFigure:
    """One line: its median time, how many empty pages that is, and what is asked for."""

    workload: str
    milliseconds: float
    pages: float
    limit: str


def run(database_url: str) -> list[ManagerFigure]:
    """The lines for one database, which is filled for it."""
    upgrade(database_url)
    database = Database(database_url)
    try:
        world = make_world(database, sites=SITES, desks=DESKS)
        book_every(database, world, STEP)
        _bring_in(database, world)
        others = OtherPeople(database, world)
        client = _administrator(database, world)
        figures = [_page(name, client, path, others.act) for name, path in PAGES.items()]
        took, pages = beside_empty_page(_effect(database, world), EFFECT_ROUNDS)
        return [*figures, ManagerFigure(EFFECT, took, pages, "2,000 ms")]
    finally:
        database.dispose()


def _bring_in(database: Database, world: World) -> None:
    """Write the council as an import of its own file writes it, so that a change later is that change alone."""
    with database.reading() as db:
        text = toml_text(council_file(stored_set_up(db, world.authority_id).values))
    import_file(_runtime(database), text.encode(), actor=Actor.system())


def _runtime(database: Database) -> Runtime:
    return Runtime(Settings(database.url, "bench", is_test=True), database, FixedClock(NOW))


def _administrator(database: Database, world: World) -> FlaskClient:
    from wsgi import create_app

    settings = Settings(database_url=database.url, secret_key="bench", is_test=True, log_level="WARNING")
    client = create_app(settings, database=database, clock=FixedClock(NOW)).test_client()
    with database.writing() as db:
        new = NewStaff("admin@example.org", "authority_admin", RoleScope(world.authority_id), "three random words")
        token = start(db, add_staff(db, new, actor=Actor.system(), now=NOW).id, NOW)
    client.set_cookie(COOKIE, token)
    return client


def _page(name: str, client: FlaskClient, path: str, before: Callable[[], None]) -> ManagerFigure:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    took, pages = beside_empty_page(lambda: client.get(path), ROUNDS, before=before)
    return ManagerFigure(name, took, pages, "60 pages")


def _effect(database: Database, world: World) -> Callable[[], object]:
    """The effect of closing one site's session an hour earlier."""
    runtime = _runtime(database)
    key = session_key("site-1", "weekdays", is_dated=False)
    with database.reading() as db:
        tables = current_tables(db, world.authority_id)
    edit = Edit(key, {**things_in(tables)[key].table, "ends": "16:00"})
    seen = seen_of(tables, [key])

    def effect() -> CountedWeeks:
        return count_weeks(runtime, preview_edits(runtime, world.authority_id, [edit], seen))

    if not effect().weeks:
        raise RuntimeError("The change has no effect, so there is nothing to measure.")
    return effect


def main() -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder, 'bench.sqlite')}"
        for row in run(url):
            print(f"{row.workload:52} {row.milliseconds:8.1f} ms {row.pages:8.1f} pages  at most {row.limit}")


if __name__ == "__main__":
    main()
