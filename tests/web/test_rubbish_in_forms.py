"""Every field of every form of staff, posted once with each kind of rubbish: an answer in plain words, never a failure.

On PostgreSQL alone, which refuses more than SQLite does: a NUL, and text that is longer than its column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from booking.states import State
from booking.tables import Appointment, Call
from booking.use_cases.holds import delete_expired_holds
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, book_for, make_callers, sign_in
from tests.support.pages import Form, Page, check_page
from tests.web.resident.browser import Visitor, fill_in, go_to_times

# It refuses more than SQLite does.
pytestmark = pytest.mark.databases("postgresql")

RUBBISH = {
    "half a postcode": "N12",
    "letters": "ZZZ",
    "a NUL": "a\x00b",
    "very long": "x" * 5_000,
    "very long, in figures": "9" * 5_000,
    "long, for a telephone": "0770" + " - " * 40 + "0900123",
    "emoji": "👩‍👩‍👧 🦊",
    "whitespace only": " \t\n ",
    "half a character": "\ud83d",
    "half an address": "a@b",
    "marks of direction only": "\u202e\u2066\ufeff",
}
WEEKDAYS = [date(2026, 11, 24) + timedelta(days=days) for days in (0, 1, 2, 3, 6, 7, 8, 9, 10)]
FIRST_TO_CANCEL = datetime(2026, 12, 7, 9, tzinfo=UTC)
SENT_BY_SCRIPTS = {"agent.keep"}  # the form of a call as it is, of which every other button is among the scenes
OURS = {"csrf_token"}  # refused by the guard before any view runs


class Walk:
    """One run through the pages: browsers of residents and staff with addresses of their own, and all times free."""

    def __init__(self, app: Flask, database: Database, clock: FixedClock, callers: Callers, admin_id: int) -> None:
        self.app, self.database, self.clock, self.callers, self.admin_id = app, database, clock, callers, admin_id
        self.runs = 0
        self.today: list[str] = []

    def visitor(self, base: str = "/testshire") -> Visitor:
        """A new browser, after every held time was given back."""
        self.runs += 1
        with self.database.writing() as db:
            delete_expired_holds(db, self.clock.now() + timedelta(days=1))
        visitor = Visitor(self.app.test_client(), base)
        visitor.client.environ_base["REMOTE_ADDR"] = f"198.51.{self.runs // 250}.{self.runs % 250 + 1}"
        return visitor

    def day(self) -> str:
        """A weekday of the next two weeks, another one in each run, so that none is booked up."""
        return f"{WEEKDAYS[self.runs % len(WEEKDAYS)]:%Y-%m-%d}"

    def staff(self) -> Visitor:
        """A browser in which the administrator has signed in."""
        visitor = self.visitor("/staff")
        visitor.client.set_cookie(COOKIE, sign_in(self.database, self.admin_id, self.clock.now()))
        return visitor

    def person(self) -> dict[str, str]:
        """Somebody new, so that no limit of appointments is reached."""
        return {"name": f"Robin Sample{'abcdefghij'[self.runs % 10]}", "email": f"robin.{self.runs}@example.org"}


def at_page(path: str) -> Callable[[Walk], Visitor]:
    def open_it(walk: Walk) -> Visitor:
        visitor = walk.visitor()
        visitor.open(path)
        return visitor

    return open_it


def staff_page(path: str) -> Callable[[Walk], Visitor]:
    def open_it(walk: Walk) -> Visitor:
        visitor = walk.staff()
        visitor.open(path.format(**walk.callers.people, reference=walk.callers.booked.reference))
        return visitor

    return open_it


def new_resident(walk: Walk) -> Visitor:
    visitor = walk.staff()
    visitor.open("/calls/")
    visitor.send("/find", q="Zorro Testling")
    return visitor


def registering(walk: Walk) -> Visitor:
    visitor = new_resident(walk)
    visitor.send("/new", q="Zorro Testling HA8")
    return visitor


def cancelling(walk: Walk) -> Visitor:
    """A new appointment when the last one was cancelled, for a cancelled one cannot be cancelled."""
    visitor = walk.staff()
    norbert = walk.callers.people["norbert"]
    with walk.database.reading() as db:
        of_norbert = select(Appointment.reference).where(
            Appointment.resident_id == norbert, Appointment.state == "booked"
        )
        reference = db.scalars(of_norbert.where(Appointment.starts_at >= FIRST_TO_CANCEL)).first()
    if reference is None:
        starts_at = FIRST_TO_CANCEL + timedelta(minutes=30 * (walk.runs % 16))
        agent = Actor("staff", walk.callers.agent_id, "Agnes Agent")
        reference = book_for(walk.database, walk.callers.town, norbert, starts_at, agent, walk.clock.now()).reference
    visitor.open(f"/calls/residents/{norbert}?cancel={reference}")
    return visitor


def on_the_call(walk: Walk, query: str) -> Visitor:
    visitor = staff_page(f"/calls/residents/{{norbert}}?{query}")(walk)
    slot = visitor.page.form_to("/hold").values_of("slot")[0]
    visitor.send("/hold", slot=slot)
    return visitor


def to_confirm(walk: Walk) -> Visitor:
    return on_the_call(walk, "service=certify")


def to_move(walk: Walk) -> Visitor:
    visitor = staff_page("/calls/residents/{amina}?move={reference}")(walk)
    visitor.send("/hold", slot=visitor.page.form_to("/hold").values_of("slot")[0])
    return visitor


def feeds(walk: Walk) -> Visitor:
    visitor = staff_page("/sites/high-street/feeds")(walk)
    visitor.send("/feeds", name="Front desk", resource="")
    visitor.open("/sites/high-street/feeds")
    return visitor


def day(walk: Walk) -> Visitor:
    """A day list on which everything can be clicked: somebody who is to come, and somebody who is being seen."""
    while len(walk.today) < 2:
        visitor = walk.visitor()
        go_to_times(visitor, day="2026-11-23")
        visitor.take_first_time()
        fill_in(visitor, **walk.person())
        visitor.send("/check")
        walk.today.append(visitor.page.title.split(":")[1].split("–")[0].strip().replace(" ", ""))
    with walk.database.writing() as db:
        for reference, state in zip(walk.today, (State.BOOKED, State.IN_PROGRESS), strict=True):
            row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
            row.state, row.changed_at = state.value, walk.clock.now()
    return staff_page("/sites/high-street/days/2026-11-23")(walk)


def new_call(walk: Walk) -> Visitor:
    """Somebody's card at the beginning of a call, when nobody has been asked for anything."""
    with walk.database.writing() as db:
        db.execute(delete(Call))
    return staff_page("/calls/residents/{norbert}")(walk)


def needing_interpreter(walk: Walk) -> Visitor:
    """The list of a day to come, with somebody for whom an interpreter is asked."""
    with walk.database.writing() as db:
        row = db.get_one(Appointment, walk.callers.booked.appointment_id)
        row.support_needs = ["bsl"]
        path = f"/sites/riverside-hub/days/{row.local_date}"
    return staff_page(path)(walk)


SCENES: dict[str, Callable[[Walk], Visitor]] = {
    "day": day,  # first, for the others book up the day
    "sign in": at_page("!/staff/sign-in"),
    "call": staff_page("/calls/"),
    "nobody found": new_resident,
    "register": registering,
    "resident": staff_page("/calls/residents/{norbert}/details"),
    "card": new_call,
    "interpreter": needing_interpreter,
    "walk-in": staff_page("/sites/high-street/walk-ins"),
    "confirm": to_confirm,
    "move": to_move,
    "agent cancels": cancelling,
    "feeds": feeds,
}


@pytest.fixture
def walk(app: Flask, database: Database, clock: FixedClock) -> Walk:
    """The whole service, whose failures reach the test."""
    callers = make_callers(database, clock.now())
    admin = add_agent(database, callers.town.authority_id, clock.now(), role="authority_admin")
    return Walk(app, database, clock, callers, admin)


def kinds_of(app: Flask, page: Page) -> Iterator[tuple[tuple[str, ...], Form]]:
    """Each form of the page, once for each address that it may go to, with its kind: where it goes and what it sends."""
    addresses = app.url_map.bind("localhost")
    for form in page.forms:
        for action in dict.fromkeys([form.action, *form.other_actions]):
            endpoint = str(addresses.match(action.split("?")[0], method=form.method.upper())[0])
            yield (endpoint, *sorted({*form.fields, *form.typed})), replace(form, action=action)


def addresses_of(form: Form) -> list[str]:
    """Where the form may go, without queries."""
    return list(dict.fromkeys(action.split("?")[0] for action in (form.action, *form.other_actions)))


def names_of(form: Form) -> list[str]:
    """The fields that the form could send."""
    names = dict.fromkeys([*form.fields, *sorted(form.typed), *(name for name, _ in form.buttons)])
    return [name for name in names if name not in OURS]


def failure(visitor: Visitor, form: Form, name: str, rubbish: str) -> tuple[str, int]:
    """What failed when `name` was sent with `rubbish`, empty when it was answered well; and the status."""
    try:
        answer = visitor.post(form, {name: rubbish.encode("utf-8", "surrogatepass")})
    except Exception as error:  # noqa: BLE001 - in tests, what would be a 500 is raised
        return f"{type(error).__name__}: {str(error)[:200]}", 500
    if answer.status_code >= 500:
        return f"status {answer.status_code}", answer.status_code
    return (lost(form, name, answer) if name in form.typed else ""), answer.status_code


def lost(form: Form, name: str, answer: TestResponse) -> str:
    """What else of the form is lost on a page that refuses one field; empty when everything else is kept."""
    if answer.mimetype != "text/html" or answer.status_code not in (200, 400):
        return ""
    page = check_page(answer.text)
    if not page.title.startswith("Error"):
        return ""
    action = form.action.split("?")[0]
    kept = next((again for again in page.forms if action in addresses_of(again)), None)
    if kept is None:
        return "the form is gone"
    typed = {one: value for one, value in form.fields.items() if one in form.typed and one != name and any(value)}
    return ", ".join(f"{one} was {value}" for one, value in typed.items() if kept.fields.get(one) != value)


def form_again(walk: Walk, scene: str, visitor: Visitor, kind: tuple[str, ...]) -> tuple[Visitor, Form]:
    """The form of this kind once more: on the scene's page opened anew, or else after the whole way to it."""
    if visitor.at:
        visitor.open(visitor.at)
        for found, form in kinds_of(walk.app, visitor.page):
            if found == kind:
                return visitor, form
    visitor = SCENES[scene](walk)
    found_again = [form for found, form in kinds_of(walk.app, visitor.page) if found == kind]
    assert found_again, (
        f"{scene}: {kind} is not there again; there are {[k[0] for k, _ in kinds_of(walk.app, visitor.page)]}"
    )
    return visitor, found_again[0]


def test_rubbish_in_any_field_is_answered_and_the_form_kept(walk: Walk) -> None:
    failures: list[str] = []
    done: set[tuple[str, str]] = set()  # each field once for each place that it is sent to
    for scene in SCENES:
        visitor = SCENES[scene](walk)
        for kind, first in list(kinds_of(walk.app, visitor.page)):
            names = [name for name in names_of(first) if (kind[0], name) not in done]
            done |= {(kind[0], name) for name in names}
            form = first
            for name, (words, rubbish) in product(names, RUBBISH.items()):
                failed, status = failure(visitor, form, name, rubbish)
                failures += [f"{scene}: {form.action} {name} with {words}: {failed}"] if failed else []
                if status in (200, 303, 500):  # it may have been taken
                    visitor, form = form_again(walk, scene, visitor, kind)
    assert failures == []


def test_every_form_that_writes_is_among_the_scenes(walk: Walk) -> None:
    seen = {kind[0] for scene in SCENES.values() for kind, _ in kinds_of(walk.app, scene(walk).page)}
    pages = {
        rule.endpoint
        for rule in walk.app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and rule.rule.startswith("/staff/")
    }
    assert pages - seen == SENT_BY_SCRIPTS
