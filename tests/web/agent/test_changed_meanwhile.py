"""Whatever became of an appointment meanwhile, an action on it changes nothing and says so, with what it is, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from booking.states import State
from booking.tables import Appointment
from core.audit import Actor, record
from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.web.agent.conftest import Agent
from web.labels import STATES_IN_SENTENCE

pytestmark = pytest.mark.databases("sqlite")
MEANWHILE = [state for state in State if state is not State.BOOKED]
Action = Callable[[Agent, str, str], TestResponse]


def hold_and_move(agent: Agent, where: str, reference: str) -> TestResponse:
    return agent.send(f"{where}/move?move={reference}", shown="", seen="old")


ACTIONS: dict[str, tuple[Action, str]] = {
    "cancel for the resident": (
        lambda agent, where, reference: agent.send(f"{where}/cancel?cancel={reference}"),
        "was not cancelled by you just now",
    ),
    "cancel for the council": (
        lambda agent, where, reference: agent.send(
            f"{where}/cancel?cancel={reference}", asked_by="authority", reason="Boiler"
        ),
        "was not cancelled by you just now",
    ),
    "cancel without the reason": (
        lambda agent, where, reference: agent.send(f"{where}/cancel?cancel={reference}", asked_by="authority"),
        "cannot be cancelled any more",
    ),
    "open to cancel": (
        lambda agent, where, reference: agent.client.get(f"{where}?cancel={reference}"), "cannot be cancelled any more",
    ),
    "open to move": (
        lambda agent, where, reference: agent.client.get(f"{where}?move={reference}"), "cannot be moved any more",
    ),
    "move": (hold_and_move, "cannot be moved any more"),
}  # fmt: skip


def becomes(database: Database, callers: Callers, state: State, clock: FixedClock) -> None:
    """A colleague brings the appointment into `state`."""
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        row.state, row.version, row.changed_at = state.value, 2, clock.now()
        actor = Actor("staff", callers.agent_id, "Gita Colleague")
        subject = ("appointment", row.id)
        record(db, actor, "moved", subject, authority_id=row.authority_id, now=clock.now(), state=state.value)


def row_of(database: Database, callers: Callers) -> tuple[object, ...]:
    with database.reading() as db:
        found = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        return found.state, found.version, found.state_reason, found.starts_at, found.changed_at


@pytest.mark.parametrize("name", ACTIONS)
def test_an_agents_action_on_it_says_that_nothing_was_done_and_what_it_is_now(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, name: str
) -> None:
    action, refusal = ACTIONS[name]
    for state in MEANWHILE:
        becomes(database, callers, state, clock)
        before = row_of(database, callers)
        answer = action(agent, f"/staff/calls/residents/{callers.people['amina']}", callers.booked.reference)
        page = agent.checked(answer, 409)
        assert refusal in page.text, state
        assert f"It is now: {STATES_IN_SENTENCE[state]}, Wednesday 2 December 2026 at 10am." in page.text
        assert "Changed by Gita Colleague, Mon 23 Nov" in page.text
        assert not {"/cancel", "/move"} & {a.split("?")[0][-7:] for form in page.forms for a in form.other_actions}
        assert row_of(database, callers) == before


@pytest.mark.parametrize("action", ["cancel", "move"])
def test_a_move_to_a_held_time_of_a_visit_that_arrived_is_refused_and_the_time_stays_held(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, action: str
) -> None:
    where, reference = f"/staff/calls/residents/{callers.people['amina']}", callers.booked.reference
    token, _ = agent.slots(f"{where}?move={reference}")[2]
    agent.send(f"{where}/hold?move={reference}", slot=token)
    becomes(database, callers, State.ARRIVED, clock)
    before = row_of(database, callers)
    page = agent.checked(agent.send(f"{where}/{action}?{action}={reference}", call_note="Ill", shown=token), 409)
    assert NOT_DONE[action] in page.text
    assert "It is now: arrived" in page.text
    assert page.form_to("/note").fields["call_note"] == ["Ill"]
    assert row_of(database, callers) == before


NOT_DONE = {"cancel": "was not cancelled by you just now", "move": "The appointment was not moved."}


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (Actor("resident"), "Changed by the resident"),
        (Actor("api", 1), "Changed by a program of the council"),
        (Actor.system(), "Changed by Front Door"),
    ],
    ids=["resident", "program", "service"],
)
def test_who_has_no_name_is_said_by_what_they_are(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, actor: Actor, words: str
) -> None:
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        row.state = State.CANCELLED_BY_RESIDENT.value
        record(db, actor, "cancelled", ("appointment", row.id), authority_id=row.authority_id, now=clock.now())
    where = f"/staff/calls/residents/{callers.people['amina']}"
    assert words in agent.client.get(f"{where}?cancel={callers.booked.reference}").text


CLICKS: dict[str, dict[str, str]] = {
    "check in": {"to": "arrived"},
    "did not attend": {"to": "did_not_attend"},
    "start": {"to": "in_progress"},
    "finish": {"to": "attended"},
    "left": {"to": "left_before_seen"},
    "not completed": {"to": "not_completed", "reason": "Documents missing"},
    "put back": {"to": "booked", "reason": "Wrong person"},
}


@pytest.mark.parametrize("name", CLICKS)
def test_a_click_at_the_site_says_that_nothing_was_changed_and_what_it_is_now(
    client: FlaskClient, callers: Callers, database: Database, clock: FixedClock, name: str
) -> None:
    """The row showed it as booked, or, where that is put back, in another state than it is in."""
    with database.writing() as db:
        starts_at = clock.now() - timedelta(minutes=30)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30), "local_date": starts_at.date()}
        db.execute(update(Appointment).where(Appointment.reference == callers.booked.reference).values(**times))
    staff_id = add_agent(database, callers.town.authority_id, clock.now(), Role.AUTHORITY_ADMIN.value)
    client.set_cookie(COOKIE, sign_in(database, staff_id, clock.now()))
    staff, day = Agent(client), f"/staff/sites/riverside-hub/days/{clock.now():%Y-%m-%d}"
    path = f"{day}/appointments/{callers.booked.reference}{'/undo' if name == 'put back' else ''}"
    for state in MEANWHILE:
        becomes(database, callers, state, clock)
        before = row_of(database, callers)
        shown = "booked" if name != "put back" else "arrived" if state is not State.ARRIVED else "in_progress"
        answer = staff.send(path, data=CLICKS[name], version="2", state=shown)
        assert answer.status_code == 409, (state, answer.text[:1500])
        assert "Nothing was changed." in answer.text
        assert str(STATES_IN_SENTENCE[state]).casefold() in answer.text.casefold()
        assert "recorded by Gita Colleague" in answer.text
        assert row_of(database, callers) == before
