"""The list of texts that somebody has to read."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.inbound_texts import inbound_text
from tests.support.pages import check_page, read_page
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite", "postgresql")

TEXTS = "/staff/texts"


def test_a_text_is_read_beside_the_appointments_of_whoever_wrote_until_it_is_done(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    number, council = "447700900999", callers.town.authority_id
    text_id = inbound_text(database, council, clock.now(), number=number, text="Can I bring <my> dog?")
    home = read_page(agent.client.get("/staff/").text)
    assert home.link("Read 1 text from a resident") == TEXTS
    listed = check_page(agent.client.get(TEXTS).text)
    assert "Can I bring <my> dog?" in listed.text
    assert "From 07700 900999" in listed.text
    assert "Amina Yusuf" in listed.text
    form = listed.form_to(f"/{text_id}/read")
    done = agent.client.post(f"{TEXTS}/{text_id}/read", data=form.fields, follow_redirects=True).text
    assert "There is no text to read" in check_page(done).text


def test_staff_of_one_site_do_not_read_the_texts_of_the_council(
    client: FlaskClient, callers: Callers, database: Database, clock: FixedClock
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role="adviser", email="adviser@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    assert client.get(TEXTS).status_code in (403, 404)


def test_who_has_confirmed_is_shown_to_staff(agent: Agent, callers: Callers, database: Database) -> None:
    from sqlalchemy import update

    from booking.tables import Appointment
    from locations.tables import Authority, Service
    from tests.support.factories import NOW

    call = f"/staff/calls/residents/{callers.people['amina']}"
    with database.writing() as db:
        db.execute(update(Appointment).values(confirmed_at=NOW, confirmed_version=Appointment.version))
    assert "They have said that they come" in agent.check_caller(call).text
    assert "They are coming" not in agent.open(call).text
    with database.writing() as db:
        db.execute(update(Service).values(confirm_days_before=7))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
        db.execute(update(Appointment).values(confirmed_at=None, confirmed_version=None))
    assert "They are coming" in agent.open(call).text
    for word, said in (("urgent", "It is urgent"), ("confirm", "They have said that they come")):
        agent.send(f"{call}/appointments/{callers.booked.reference}/{word}")
        assert said in agent.open(call).text
    with database.writing() as db:
        db.execute(update(Appointment).values(version=Appointment.version + 1))
    assert "They have said that they come" not in agent.open(call).text
