"""Whatever is typed on the screen of a call is found again, whichever button one leaves it by, without scripts.

Every button of every state of the screen is walked, so a button that is added is walked too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from booking.slot_tokens import decode
from booking.tables import Appointment, Call, Hold
from booking.use_cases.cleanup import delete_expired
from booking.use_cases.holds import hold_slot
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from people.residents.tables import ContactNote, Resident
from people.staff.sign_in_sessions import COOKIE
from tests.support.buttons import Button, buttons_of
from tests.support.callers import Callers, add_agent, sign_in
from tests.web.agent.conftest import Agent

NOTE = "Call dropped half way."


@dataclass
class Screen:
    """One state of the screen of a call, as the page has it."""

    agent: Agent
    callers: Callers
    database: Database
    clock: FixedClock
    html: str = ""

    @property
    def where(self) -> str:
        return f"/staff/calls/residents/{self.callers.people['amina']}"

    def shows(self, path: str) -> None:
        self.html = self.agent.client.get(f"{self.where}{path}").text

    def hold(self, query: str, *, moving: bool = False) -> None:
        path = f"{self.where}?{query}"
        token, _ = self.agent.slots(path)[2 if moving else 0]
        self.html = self.agent.send(f"{self.where}/hold?{query}", slot=token).text

    def lose_hold(self, query: str) -> None:
        """Somebody else gets the time while it is selected."""
        token, _ = self.agent.slots(f"{self.where}?{query}")[0]
        runtime = Runtime(Settings(self.database.url, "for-tests-only", is_test=True), self.database, self.clock)
        hold_slot(runtime, decode(token), for_public=False)
        self.html = self.agent.send(f"{self.where}/hold?{query}", slot=token).text

    def reference(self) -> str:
        with self.database.reading() as db:
            return db.scalars(select(Appointment.reference).order_by(Appointment.id)).first() or ""


def checked(screen: Screen) -> None:
    screen.agent.check_caller(screen.where)
    screen.shows("?service=certify")


def expired(screen: Screen) -> None:
    screen.hold("service=certify")
    screen.clock.advance(timedelta(minutes=11))
    screen.shows("?service=certify")


SCREENS: dict[str, Callable[[Screen], None]] = {
    "card": lambda screen: screen.shows(""),
    "checked card": checked,
    "times": lambda screen: screen.shows("?service=certify"),
    "another service": lambda screen: screen.shows("?service=certify&pick=1"),
    "held": lambda screen: screen.hold("service=certify"),
    "held for somebody else": lambda screen: screen.hold("service=certify&filtered=1"),
    "expired": expired,
    "lost": lambda screen: screen.lose_hold("service=certify&filtered=1&near=HA8+0AS"),
    "cancel": lambda screen: screen.shows(f"?cancel={screen.reference()}"),
    "move": lambda screen: screen.shows(f"?move={screen.reference()}"),
    "held to move": lambda screen: screen.hold(f"move={screen.reference()}", moving=True),
    "read out": lambda screen: screen.shows(f"/appointments/{screen.reference()}"),
}


@pytest.fixture
def screen(agent: Agent, callers: Callers, database: Database, clock: FixedClock) -> Screen:
    return Screen(agent, callers, database, clock)


def places_of_note(screen: Screen) -> int:
    """How often the note stands in the box of the call or among the notes of earlier contacts."""
    page = screen.agent.open(screen.where)
    in_box = page.form_to("/stay").fields["call_note"] == [NOTE]
    with screen.database.reading() as db:
        written = [note for note in db.scalars(select(ContactNote.note)) if NOTE in note]
    return int(in_box) + len(written)


def press(screen: Screen, button: Button) -> None:
    client: FlaskClient = screen.agent.client
    fields = {**button.fields, "call_note": NOTE, "q": button.fields.get("q") or "nobody of that name"}
    assert client.post(button.action, data=fields, follow_redirects=True).status_code in (200, 400, 409, 410)


BUTTONS = {
    "card": set(),
    "checked card": {"hold"},
    "times": {"hold"},
    "another service": set(),
    "held": {"hold", "confirm", "release"},
    "held for somebody else": {"hold", "confirm", "release"},
    "expired": {"hold"},
    "lost": {"hold"},
    "cancel": {"cancel"},
    "move": {"hold"},
    "held to move": {"hold", "move", "release"},
    "read out": set(),
}
EVERYWHERE = {"check", "stay", "find", "new", "end", "leave"}
DONE_ONCE = {"confirm", "move", "cancel"}  # what can be walked but once with one appointment


@pytest.mark.parametrize("state", SCREENS)
def test_the_note_of_the_call_survives_every_button(screen: Screen, state: str) -> None:
    SCREENS[state](screen)
    goals = set(buttons_by_goal(screen.html))
    own_note = set() if {"confirm"} & goals or {"move"} & goals else {"note"}
    checked_before = {"check"} if state == "checked card" else set()
    assert goals == EVERYWHERE - checked_before | BUTTONS[state] | own_note
    for goal in sorted(goals, key=DONE_ONCE.__contains__):
        press(screen, buttons_by_goal(screen.html)[goal])
        forget_call(screen, state, goal)
        if goal not in DONE_ONCE:
            SCREENS[state](screen)


def forget_call(screen: Screen, state: str, goal: str) -> None:
    """The note is there, once; then it is away, and the agent signs in for the next call."""
    token = sign_in(screen.database, screen.callers.agent_id, screen.clock.now())
    screen.agent.client.set_cookie(COOKIE, token)
    assert places_of_note(screen) == 1, (state, goal)
    with screen.database.writing() as db:
        db.execute(delete(Call))
        db.execute(delete(ContactNote).where(ContactNote.note.contains(NOTE)))


def buttons_by_goal(html: str) -> dict[str, Button]:
    """The first button of the call's form for each place that it goes to."""
    found: dict[str, Button] = {}
    for button in buttons_of(html, "call"):
        found.setdefault(button.action.split("?")[0].rpartition("/")[2], button)
    return found


def test_what_no_booking_used_goes_into_the_note_when_the_call_ends(screen: Screen) -> None:
    screen.hold("service=certify")
    button = buttons_by_goal(screen.html)["end"]
    page = screen.agent.checked(
        screen.agent.client.post(
            button.action, data={**button.fields, "site_notes": "Brings a dog"}, follow_redirects=True
        )
    )
    assert page.headings == ["Take a call"]
    assert "Notes for the site (nothing was booked): Brings a dog" in screen.agent.check_caller(screen.where).text
    with screen.database.reading() as db:
        assert db.scalars(select(Hold)).all() == []


def test_a_note_that_is_too_long_ends_no_call_and_stays(screen: Screen) -> None:
    screen.shows("")
    button = buttons_by_goal(screen.html)["end"]
    answer = screen.agent.client.post(button.action, data={**button.fields, "call_note": "x" * 4001})
    page = screen.agent.checked(answer, 400)
    assert "Use at most 4000 characters" in page.text
    assert page.form_to("/stay").fields["call_note"] == ["x" * 4001]


def test_two_windows_with_two_callers_both_hold_and_both_confirm(screen: Screen, callers: Callers) -> None:
    """Each window answers with the cookies that it got before the other's answer came."""
    client = screen.agent.client
    names = ("amina", "norbert")
    pages = [client.get(f"/staff/calls/residents/{callers.people[name]}?service=advice").text for name in names]
    cookie = client.get_cookie("front_door")
    held = []
    for number, html in enumerate(pages):
        if cookie is not None:
            client.set_cookie("front_door", cookie.value)
        hold = [button for button in buttons_of(html, "call") if "slot" in button.fields][number]
        held.append(client.post(hold.action, data=hold.fields, follow_redirects=True).text)
        assert "Held until" in held[-1]
    if cookie is not None:
        client.set_cookie("front_door", cookie.value)
    for html in held:
        confirm = buttons_by_goal(html)["confirm"]
        answer = client.post(confirm.action, data=confirm.fields, follow_redirects=True)
        assert screen.agent.checked(answer).title.startswith("Booked")


def test_another_agent_sees_nothing_of_what_this_one_types_and_holds(screen: Screen, callers: Callers) -> None:
    screen.hold("service=certify")
    button = buttons_by_goal(screen.html)["stay"]
    screen.agent.client.post(button.action, data={**button.fields, "call_note": NOTE})
    other = add_agent(screen.database, callers.town.authority_id, screen.clock.now(), email="other@example.org")
    screen.agent.client.set_cookie(COOKIE, sign_in(screen.database, other, screen.clock.now()))
    page = screen.agent.open(f"{screen.where}?service=certify")
    assert NOTE not in page.text
    assert "Held until" not in page.text


def test_a_time_that_was_let_go_in_another_window_says_so(screen: Screen) -> None:
    screen.hold("service=certify")
    buttons = buttons_by_goal(screen.html)
    screen.agent.client.post(buttons["release"].action, data=buttons["release"].fields)
    page = screen.agent.checked(
        screen.agent.client.post(buttons["confirm"].action, data=buttons["confirm"].fields), 410
    )
    assert "That time is not held any more" in page.text


def test_a_call_that_nobody_ended_ends_after_a_day_with_its_note(screen: Screen) -> None:
    screen.hold("service=certify")
    button = buttons_by_goal(screen.html)["stay"]
    screen.agent.client.post(button.action, data={**button.fields, "call_note": NOTE})
    screen.clock.advance(timedelta(hours=25))
    delete_expired(
        Runtime(Settings(screen.database.url, "for-tests-only", is_test=True), screen.database, screen.clock)
    )
    with screen.database.reading() as db:
        assert db.scalars(select(Call)).all() == []
        assert [note.note for note in db.scalars(select(ContactNote)) if note.note == NOTE] == [NOTE]


def test_what_was_typed_for_something_else_stands_in_its_box_when_a_form_is_refused(screen: Screen) -> None:
    typed = {"fact": "phone", "q": "Zorro Testling", "find": "damp", "why_not": "x" * 301}
    answer = screen.agent.send(f"{screen.where}/check", data=typed)
    form = screen.agent.checked(answer, 400).form_to("/check")
    kept = {name: form.fields[name] for name in ("fact", "q", "find")}
    assert kept == {"fact": ["phone"], "q": ["Zorro Testling"], "find": ["damp"]}


@pytest.mark.parametrize("is_shown", [True, False], ids=["on the page", "on an earlier page"])
def test_notes_for_the_site_that_are_too_long_end_no_call(screen: Screen, is_shown: bool) -> None:
    """Those that the page does not show stand in the note, where they can be shortened."""
    screen.hold("service=certify")
    resident, long = str(screen.callers.people["amina"]), "x" * 4_001
    screen.agent.send("/staff/calls/keep", resident=resident, site_notes=long)
    query, typed = ("?service=certify", {"site_notes": long}) if is_shown else ("", {})
    page = screen.agent.checked(screen.agent.send(f"/staff/calls/end{query}", resident=resident, data=typed), 400)
    name = "site_notes" if is_shown else "call_note"
    assert f"#{name}" in [href for _, href in page.links]
    assert page.form_to("/end").fields[name][0].endswith(long)


def test_an_error_at_a_field_that_is_gone_leads_nowhere(screen: Screen) -> None:
    screen.hold("service=certify")
    screen.clock.advance(timedelta(minutes=11))
    answer = screen.agent.send(f"{screen.where}/confirm?service=certify", site_notes="x" * 2_001)
    assert "There is a problem" in screen.agent.checked(answer, 400).text


def test_a_search_beside_the_form_of_the_right_person_saves_nobody(screen: Screen) -> None:
    path = f"{screen.where}/appointments/{screen.callers.booked.reference}/hand-over/register"
    answer = screen.agent.send(path, follow=False, q="Norbert Nobody", name="Zebedee Quux")
    assert (answer.status_code, answer.location) == (307, "/staff/calls/find")
    with screen.database.reading() as db:
        assert "Zebedee Quux" not in db.scalars(select(Resident.name)).all()
