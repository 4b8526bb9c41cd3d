"""Staff can account for every message: what was sent, and why one was not."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Database
from core.tokens import check_character
from people.residents.tables import Resident
from reminders.history_queries import message_history
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import owe
from tests.support.callers import add_agent, sign_in
from tests.support.factories import World, make_authority, make_world
from web.staff_guard import cookie_name

REFERENCE = "K7PM4QX" + check_character("K7PM4QX")


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def reference(database: Database, world: World, clock: FixedClock) -> str:
    """An appointment whose resident asked for letters, and whose reminder was therefore withheld."""
    owe(database, world, 1, now=clock.now())
    with database.writing() as db:
        db.execute(update(Resident).values(contact_preference="letter"))
        db.execute(update(Appointment).values(reference=REFERENCE))
    worker_on(database, clock, RecordingChannel()).send_due()
    return REFERENCE


@pytest.fixture
def agent(client: FlaskClient, database: Database, world: World, clock: FixedClock) -> FlaskClient:
    with client.application.test_request_context():
        name = cookie_name()
    client.set_cookie(name, sign_in(database, add_agent(database, world.authority_id, clock.now()), clock.now()))
    return client


def test_staff_see_why_nothing_was_sent(agent: FlaskClient, reference: str) -> None:
    page = agent.get(f"/staff/messages/{reference}")
    assert page.status_code == 200
    assert "Reminder" in page.text
    assert "Not sent" in page.text
    assert "Prefers letters: send one, or ring." in page.text
    assert "Robin Sample 1" in page.text  # the access is on record, and whoever rings has to know whom


def test_a_message_that_waits_and_will_reach_nobody_is_not_shown_as_waiting(
    agent: FlaskClient, database: Database, world: World, clock: FixedClock
) -> None:
    owe(database, world, 1, now=clock.now())
    with database.writing() as db:
        db.execute(update(Appointment).values(reference=REFERENCE))
    assert "Waiting" in agent.get(f"/staff/messages/{REFERENCE}").text
    with database.writing() as db:
        db.execute(update(Resident).values(contact_preference="none"))
    page = agent.get(f"/staff/messages/{REFERENCE}")
    assert "Waiting" not in page.text
    assert "Asked not to be contacted." in page.text


def test_nobody_else_sees_it(client: FlaskClient, database: Database, reference: str, clock: FixedClock) -> None:
    assert client.get(f"/staff/messages/{reference}").status_code == 303
    elsewhere = add_agent(database, make_authority(database, "elsewhere"), clock.now(), email="other@example.org")
    with client.application.test_request_context():
        name = cookie_name()
    client.set_cookie(name, sign_in(database, elsewhere, clock.now()))
    assert client.get(f"/staff/messages/{reference}").status_code == 404


def test_an_appointment_that_was_owed_nothing_has_an_empty_account(database: Database) -> None:
    with database.reading() as db:
        assert message_history(db, 7) == []
