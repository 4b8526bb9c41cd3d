"""A page that is older than what it shows writes nothing: two tabs, and the first is sent after the second.

Each row opens a form in one tab, changes its subject in another, and sends the first. What is sent is kept on the page
that comes back, with the facts as they are now, and sending that one works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Base, Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, make_callers, sign_in
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times

# Nothing here depends on the database.
pytestmark = pytest.mark.databases("sqlite")

OTHER_TIME = 4  # the fifth time of a page: not the one that is held already
# Views and sessions are no change, and what is typed in a call is kept whatever becomes of its form.
# What a browser has opened and how often something was sent say nothing about appointments and people.
OF_BROWSERS = {"browser_states", "rate_limit_hits"}
NOT_COMPARED = {"staff_sessions", "resident_views", "idempotency_records", "calls", *OF_BROWSERS}


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    return make_callers(database, clock.now())


@dataclass
class Tabs:
    """One browser with two tabs."""

    app: Flask
    database: Database
    callers: Callers
    first: Visitor
    second: Visitor

    @property
    def reference(self) -> str:
        """The appointment that was made last."""
        with self.database.reading() as db:
            return db.scalars(select(Appointment.reference).order_by(Appointment.id.desc())).first() or ""


@pytest.fixture
def tabs(app: Flask, database: Database, callers: Callers) -> Tabs:
    client = app.test_client()
    return Tabs(app, database, callers, Visitor(client), Visitor(client))


@pytest.fixture
def agent_tabs(app: Flask, database: Database, callers: Callers, clock: FixedClock) -> Tabs:
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    return Tabs(app, database, callers, Visitor(client, "/staff/calls"), Visitor(client, "/staff/calls"))


@dataclass(frozen=True)
class Case:
    """How to come to a form, what changes meanwhile, which form is sent with what, and whether it can be sent again."""

    open: Callable[[Tabs], Any]
    change: Callable[[Tabs], Any]
    form: str
    typed: dict[str, Any] = field(default_factory=dict)
    status: int = 409


def contents(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables that say something about appointments and people."""
    with database.reading() as db:
        names = [table.name for table in Base.metadata.sorted_tables if table.name not in NOT_COMPARED]
        return {name: list(db.execute(text(f"SELECT * FROM {name}")).all()) for name in names}  # names of our tables


def hold_another(tabs: Tabs) -> None:
    """The second tab goes back to the times of the same visit and chooses another one."""
    visit = tabs.first.at.split("/")[2]
    query = "service=certify&site=high-street&mode=in_person&day=2026-11-25"
    form = tabs.second.open(f"/times?{query}&visit={visit}").form_to("/book/hold")
    tabs.second.send("/book/hold", slot=form.buttons[OTHER_TIME][1])


def to_who(tabs: Tabs) -> None:
    go_to_times(tabs.first)
    tabs.first.take_first_time()


def to_acting(tabs: Tabs) -> None:
    to_who(tabs)
    tabs.first.send("/who", who="other")


def to_details(tabs: Tabs) -> None:
    to_who(tabs)
    tabs.first.send("/who", who="me")


def to_check(tabs: Tabs) -> None:
    to_who(tabs)
    fill_in(tabs.first)


def other_name(tabs: Tabs) -> None:
    tabs.second.open(f"/book/{tabs.first.at.split('/')[2]}/details")
    tabs.second.send("/details", name="Somebody Else")


def booked(tabs: Tabs) -> None:
    book_one(tabs.first)


def to_own(ending: str) -> Callable[[Tabs], None]:
    def open_it(tabs: Tabs) -> None:
        booked(tabs)
        tabs.first.open(f"/appointment/{tabs.reference}{ending}")

    return open_it


def new_slot(visitor: Visitor, reference: str, number: int) -> None:
    visitor.open(f"/appointment/{reference}")
    visitor.follow("Choose another time")
    visitor.follow("26 November 2026")
    visitor.send("/move", slot=visitor.page.form_to("/move").buttons[number][1])


def to_move(tabs: Tabs) -> None:
    booked(tabs)
    new_slot(tabs.first, tabs.reference, 2)


def move_it(tabs: Tabs) -> None:
    new_slot(tabs.second, tabs.reference, OTHER_TIME)
    tabs.second.send("/move")


def change_needs(tabs: Tabs) -> None:
    tabs.second.open(f"/appointment/{tabs.reference}/needs")
    tabs.second.send("/needs", need=["bsl"])


RESIDENT = {
    "who, another time": Case(to_who, hold_another, "/who", {"who": "other"}),
    "acting, another time": Case(to_acting, hold_another, "/acting", {"name": "Hodan Yusuf", "basis": "family"}),
    "details, another time": Case(
        to_details, hold_another, "/details", {"name": "Robin Sample", "notes": "Ring twice"}
    ),
    "check, another time": Case(to_check, hold_another, "/check"),
    "check, another name": Case(to_check, other_name, "/check"),
    "leave, another time": Case(to_check, hold_another, "/leave"),
    "move, moved": Case(to_move, move_it, "/move"),
    "move, other needs": Case(to_move, change_needs, "/move"),
    "cancel, moved": Case(to_own("/cancel"), move_it, "/cancel", {"reason": "I found the letter"}),
    "cancel, other needs": Case(to_own("/cancel"), change_needs, "/cancel", {"reason": "I found the letter"}),
    "contact, moved": Case(to_own("/contact"), move_it, "/contact", {"notes": "Ring twice"}),
    "needs, moved": Case(to_own("/needs"), move_it, "/needs", {"need": ["step-free"], "language": ""}),
}


def check_case(tabs: Tabs, case: Case) -> None:
    case.open(tabs)
    stale = tabs.first.page
    case.change(tabs)
    before = contents(tabs.database)
    tabs.first.page = stale
    page = tabs.first.send(case.form, **case.typed)
    assert (tabs.first.status, contents(tabs.database) == before) == (case.status, True)
    shown = page.text
    assert "changed since you opened" in shown or "Nothing was changed." in shown or "was chosen meanwhile" in shown
    kept = page.form_to(case.form)
    assert {name: kept.fields.get(name, [""]) for name in case.typed} == {
        name: value if isinstance(value, list) else [value] for name, value in case.typed.items()
    }
    tabs.first.post(kept, case.typed)
    if case.form not in ("/who", "/acting", "/details"):  # these write into the draft alone
        assert contents(tabs.database) != before


@pytest.mark.parametrize("name", RESIDENT)
def test_a_residents_stale_page_writes_nothing_and_says_so(name: str, tabs: Tabs) -> None:
    check_case(tabs, RESIDENT[name])


def test_a_run_out_page_does_not_hold_another_time_than_it_names(tabs: Tabs, clock: FixedClock) -> None:
    to_check(tabs)
    clock.advance(timedelta(minutes=11))
    tabs.first.open(tabs.first.at)
    stale = tabs.first.page
    hold_another(tabs)
    before = contents(tabs.database)
    tabs.first.page = stale
    page = tabs.first.send("/again")
    assert (tabs.first.status, contents(tabs.database) == before) == (409, True)
    assert "Wednesday 25 November 2026" in page.text
    assert "changed since you opened" in page.text


def test_sending_one_page_twice_is_no_change(tabs: Tabs) -> None:
    to_own("/contact")(tabs)
    page = tabs.first.page
    for _ in range(2):
        tabs.first.page = page
        tabs.first.send("/contact", notes="Ring twice")
        assert "We have kept your new details" in tabs.first.page.text


def amina(tabs: Tabs) -> str:
    return f"/residents/{tabs.callers.people['amina']}"


def hold_on_call(visitor: Visitor, address: str, number: int) -> None:
    visitor.open(address)
    visitor.send("/hold", slot=visitor.page.form_to("/hold").values_of("slot")[number])


def agent_confirms(tabs: Tabs) -> None:
    hold_on_call(tabs.first, f"{amina(tabs)}?service=certify", 0)


def agent_moves(tabs: Tabs) -> None:
    hold_on_call(tabs.first, f"{amina(tabs)}?move={tabs.callers.booked.reference}", 0)


def agent_cancels(tabs: Tabs) -> None:
    tabs.first.open(f"{amina(tabs)}?cancel={tabs.callers.booked.reference}")


def agent_details(tabs: Tabs) -> None:
    tabs.first.open(f"{amina(tabs)}/details")


def hold_elsewhere(tabs: Tabs) -> None:
    hold_on_call(tabs.second, f"{amina(tabs)}?service=certify", OTHER_TIME)


def moved_meanwhile(tabs: Tabs) -> None:
    """Somebody else moves it, in another browser."""
    with tabs.database.writing() as db:
        row = db.scalars(select(Appointment)).one()
        row.version += 1


def renamed_meanwhile(tabs: Tabs) -> None:
    tabs.second.open(f"{amina(tabs)}/details")
    tabs.second.send("/details", phone="07700 900111")


AGENT = {
    "confirm, another time": Case(agent_confirms, hold_elsewhere, "/confirm", {"call_note": "Rang at nine"}, 400),
    "release, another time": Case(agent_confirms, hold_elsewhere, "/release", {"call_note": "Rang at nine"}, 400),
    "move, moved": Case(agent_moves, moved_meanwhile, "/move", {"reason": "Ill"}),
    "cancel, moved": Case(agent_cancels, moved_meanwhile, "/cancel", {"reason": "Ill"}),
    "details, other telephone": Case(agent_details, renamed_meanwhile, "/details", {"name": "Amina Y"}, 400),
}


@pytest.mark.parametrize("name", AGENT)
def test_an_agents_stale_page_writes_nothing_and_says_so(name: str, agent_tabs: Tabs) -> None:
    check_case(agent_tabs, AGENT[name])


NOT_DONE = {"move": "was not moved.", "cancel": "was not cancelled by you just now."}


@pytest.mark.parametrize("action", NOT_DONE)
def test_an_agent_is_told_when_it_is_cancelled_already(action: str, agent_tabs: Tabs) -> None:
    {"move": agent_moves, "cancel": agent_cancels}[action](agent_tabs)
    with agent_tabs.database.writing() as db:
        row = db.scalars(select(Appointment)).one()
        row.state, row.version = "cancelled_by_resident", 2
    before = contents(agent_tabs.database)
    page = agent_tabs.first.send(f"/{action}")
    assert (agent_tabs.first.status, contents(agent_tabs.database) == before) == (409, True)
    assert f"{NOT_DONE[action]} Nothing was changed. It is now: cancelled by resident" in page.text
