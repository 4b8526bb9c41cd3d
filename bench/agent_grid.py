"""How quick the agent's screen is, whole, as HTML, beside an empty page: W5 (60 desks at 15 sites, one week).

    python -m bench.agent_grid [DATABASE_URL]

Signed in, with the resident's card, their appointments and notes, and the grid. Give it a database that may be filled;
without one it makes an SQLite file of its own.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event

from bench.limits import beside_empty_page
from bench.world import NOW, OtherPeople, World, book_half, make_world
from booking.use_cases.caller_checks import record_check
from booking.use_cases.calls import CallKey
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database, upgrade
from core.runtime import Runtime
from core.settings import Settings
from people.residents.contact_notes import add_note
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.sign_in_sessions import COOKIE, start

SITES, DESKS, ROUNDS = 15, 4, 60
LIMIT = 25


@dataclass(frozen=True)
class GridFigure:
    """The grid's median time, how many empty pages that is (at most 60), its statements, and the times on offer."""

    workload: str
    milliseconds: float
    pages: float
    statements: int
    times: int


def run(database_url: str) -> list[GridFigure]:
    """The table's line for one database, which is filled for it."""
    upgrade(database_url)
    database = Database(database_url)
    try:
        world = make_world(database, sites=SITES, desks=DESKS)
        book_half(database, world)
        client, path = _agent(database, world)
        return [_measured(OtherPeople(database, world), client, f"{path}?service=certify&near=NW11")]
    finally:
        database.dispose()


def _agent(database: Database, world: World) -> tuple[FlaskClient, str]:
    """An agent who is signed in, and the address of a caller who has been in touch before."""
    from wsgi import create_app

    settings = Settings(database_url=database.url, secret_key="bench", is_test=True, log_level="WARNING")
    clock = FixedClock(NOW)
    client = create_app(settings, database=database, clock=clock).test_client()
    with database.writing() as db:
        new = NewStaff("agent@example.org", "triage_agent", RoleScope(world.authority_id), "three random words")
        staff = add_staff(db, new, actor=Actor.system(), now=NOW)
        person = ResidentDetails("Sam Sample", "sam@example.org", "07700 900123", "NW11 9QS")
        resident = find_or_create(db, world.authority_id, person, NOW, by_staff=True)
        actor = Actor("staff", staff.id, staff.name)
        for number in range(5):
            text = f"Rang about benefits, {number + 1}."
            add_note(db, world.authority_id, resident.id, text, channel="phone", actor=actor, now=NOW)
        token = start(db, staff.id, NOW)
    # Before it is checked who is calling, the page has neither appointments nor notes.
    call = CallKey(world.authority_id, staff.id, resident.id)
    record_check(Runtime(settings, database, clock), call, ["phone", "postcode"], "", actor=actor)
    client.set_cookie(COOKIE, token)
    return client, f"/staff/calls/residents/{resident.id}"


def _measured(others: OtherPeople, client: FlaskClient, path: str) -> GridFigure:
    page = client.get(path)
    assert page.status_code == 200, page.text
    times = page.text.count('<button name="slot"')
    assert times == SITES * 5 * 3, times
    statements: list[str] = []
    event.listen(others.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    client.get(path)
    count = len(statements)
    ours, pages = beside_empty_page(lambda: client.get(path), ROUNDS, before=others.act)
    return GridFigure("W5 agent's grid, 60 desks, a week", ours, pages, count, times)


def main() -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder, 'bench.sqlite')}"
        for row in run(url):
            print(
                f"{row.workload:36} {row.milliseconds:7.1f} ms {row.pages:6.1f} pages (at most {LIMIT}) "
                f"{row.statements} statements, {row.times} times"
            )


if __name__ == "__main__":
    main()
