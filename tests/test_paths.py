"""How many modules the six commonest pieces of work cross: few enough that somebody can follow them.

Counted warm, by running them: modules of domain, pages and API; hooks, guards, core and the inside of the engine left out.
The numbers may only fall. And each goes down the packages, never up again, but for what is handed down to be run.
docs/architecture.md says what each module is there for.
"""

from __future__ import annotations

import pytest
from flask import Flask

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from tests.contract.conftest import key_for, program_with
from tests.reminders.channels import RecordingChannel, worker_for
from tests.reminders.make_bulk_notifications import owe
from tests.support.architecture import ROOT
from tests.support.callers import make_callers, sign_in
from tests.support.factories import make_runtime, make_site, make_world
from tests.support.town import make_town
from tests.support.tracing import Crossed, modules_crossed
from tests.web.agent.conftest import Agent
from tests.web.resident.browser import Visitor, fill_in, go_to_times
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")

RESIDENT_BOOKS = 15
AGENT_BOOKS = 16
API_BOOKS = 16
REMINDER_IS_SENT = 10
SEARCH_IS_ANSWERED = 10
DAY_LIST_IS_SHOWN = 14
EVERY_BOOKING = "| ... every booking |"
# An operation that is done once, and what is announced to whoever listens.
GOES_UP = {
    ("core.idempotency", "booking.use_cases.book"),
    ("core.idempotency", "booking.use_cases.calls"),
    ("booking.events", "reminders.outbox"),
}


def check(work: str, crossed: Crossed, most: int) -> None:
    """Raises: AssertionError, when `work` crossed more than `most` modules or others than documented, or went up."""
    assert len(crossed) <= most, "\n".join(sorted(crossed))
    assert {module.rpartition(".")[2] for module in crossed} == documented(work, most)
    assert crossed.upward <= GOES_UP


def documented(work: str, most: int) -> set[str]:
    """The modules that the table of docs/architecture.md names for `work`, by the last part of their names."""
    lines = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    starts = (f"| {work} | {most} |", EVERY_BOOKING)
    row, of_bookings = (next(line for line in lines if line.startswith(start)).split("|")[3] for start in starts)
    names = row.replace("then as every booking", of_bookings).replace(" with ", " ").split(",")
    return {name.strip().rpartition("/")[2] for name in names}


def test_a_resident_books(app: Flask, database: Database) -> None:
    make_town(database)
    for day in ("2026-11-24", "2026-11-25"):
        visitor = Visitor(app.test_client())
        go_to_times(visitor, day=day)
        visitor.take_first_time()
        fill_in(visitor)
        form = visitor.page.form_to("/check")
        with modules_crossed() as crossed:
            assert visitor.post(form, {}).status_code == 303
    check("a resident books", crossed, RESIDENT_BOOKS)


def test_an_agent_books(app: Flask, database: Database, clock: FixedClock) -> None:
    callers = make_callers(database, clock.now())
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    agent = Agent(client)
    call = f"/staff/calls/residents/{callers.people['amina']}"
    for number in range(2):
        token, _ = agent.slots(f"{call}?service=certify")[-number]
        agent.send(f"{call}/hold?service=certify", slot=token)
        token = agent.open("/staff/calls/").form_to("/find").fields["csrf_token"][0]
        values = {"csrf_token": token, "idempotency_key": f"key-{number}"}
        with modules_crossed() as crossed:
            assert client.post(f"{call}/confirm?service=certify", data=values).status_code == 303
    check("an agent books", crossed, AGENT_BOOKS)


def test_the_api_books(app: Flask, database: Database, clock: FixedClock) -> None:
    world = make_world(database, desks=2)
    program = program_with(app, key_for(database, world.authority_id, clock, "read", "book"))
    for slot in program.slots()[:2]:
        with modules_crossed() as crossed:
            program.book(slot["slot"])
    check("a program books", crossed, API_BOOKS)


def test_a_reminder_is_sent(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    worker = worker_for(runtime, RecordingChannel())
    for _ in range(2):
        owe(database, world, 1, now=runtime.clock.now())
        with modules_crossed() as crossed:
            assert worker.send_due().sent == 1
    check("a message is sent", crossed, REMINDER_IS_SENT)


def test_a_search_is_answered(app: Flask, database: Database) -> None:
    make_town(database)
    client = app.test_client()
    for _ in range(2):
        with modules_crossed() as crossed:
            page = client.get("/testshire/when?service=certify&site=high-street&mode=in_person")
    assert page.status_code == 200
    check("a search is answered", crossed, SEARCH_IS_ANSWERED)


def test_the_day_list_is_shown(app: Flask, database: Database, clock: FixedClock) -> None:
    world = make_world(database, desks=2)
    other = make_site(database, world.authority_id, "mill-lane", name="Mill Lane Library")
    library = Library(app, database, clock, world, other)
    library.book()
    client = library.sign_in(Role.SITE_STAFF, world.site_id)
    for _ in range(2):
        with modules_crossed() as crossed:
            page = client.get("/staff/sites/high-street/days/2026-11-23")
    assert page.status_code == 200
    check("the day list is shown", crossed, DAY_LIST_IS_SHOWN)
