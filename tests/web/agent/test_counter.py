"""Site staff serve whoever stands before them: for their own site, through the channel `counter`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from booking.slot_tokens import SlotKey, decode, encode
from booking.states import State
from booking.tables import Appointment, Hold
from core.clock import FixedClock
from core.database import Database
from people.residents.tables import ContactNote
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import StaffRole
from tests.support.callers import Callers, add_agent, sign_in
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
FIND = "/staff/calls/find"


def at_counter(client: FlaskClient, callers: Callers, database: Database, clock: FixedClock, site: str) -> Agent:
    """Site staff of this site, signed in."""
    staff_id = add_agent(database, callers.town.authority_id, clock.now(), Role.SITE_STAFF.value, f"{site}@example.org")
    with database.writing() as db:
        role = db.scalars(select(StaffRole).where(StaffRole.staff_id == staff_id)).one()
        role.site_id = callers.town.sites[site]
    client.set_cookie(COOKIE, sign_in(database, staff_id, clock.now()))
    return Agent(client)


@pytest.fixture
def hub(callers: Callers, database: Database, clock: FixedClock, client: FlaskClient) -> Agent:
    """Site staff of the hub, where Amina's appointment is."""
    return at_counter(client, callers, database, clock, "hub")


@pytest.fixture
def elsewhere(callers: Callers, database: Database, clock: FixedClock, client: FlaskClient) -> Agent:
    """Site staff of another site."""
    other = next(slug for slug in callers.town.sites if slug != "hub")
    return at_counter(client, callers, database, clock, other)


def state_of(database: Database, reference: str) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment).where(Appointment.reference == reference)).one()


def call_path(callers: Callers, query: str = "") -> str:
    return f"/staff/calls/residents/{callers.people['amina']}{query}"


def test_they_book_for_their_own_site_at_the_counter(callers: Callers, database: Database, hub: Agent) -> None:
    path = call_path(callers)
    slots = hub.slots(f"{path}?service=certify")
    sites = {decode(token).site_id for token, _label in slots}
    assert sites == {callers.town.sites["hub"]}
    held = hub.checked(hub.send(f"{path}/hold?service=certify", slot=slots[0][0]))
    form = held.form_to("/confirm")
    hub.checked(hub.send(form.action, shown=form.fields["shown"][0], call_note="Came without an appointment."))
    with database.reading() as db:
        channels = db.scalars(select(Appointment.channel).order_by(Appointment.id)).all()
        notes = db.scalars(select(ContactNote.channel).order_by(ContactNote.id)).all()
    assert channels == ["phone", "counter"]
    assert notes[-1] == "counter"


def test_they_move_and_cancel_for_their_own_site(callers: Callers, database: Database, hub: Agent) -> None:
    reference = callers.booked.reference
    page = hub.check_caller(call_path(callers))
    assert f"move={reference}" in page.link("Move")
    form = hub.open(page.link("Cancel")).form_to("/cancel")
    hub.checked(hub.send(form.action, seen=form.fields["seen"][0]))
    assert state_of(database, reference).state == State.CANCELLED_BY_RESIDENT


def test_what_is_booked_at_another_site_is_seen_and_not_changed(
    callers: Callers, database: Database, elsewhere: Agent
) -> None:
    reference = callers.booked.reference
    page = elsewhere.check_caller(call_path(callers))
    assert reference[:4] in page.text
    assert not any("move=" in href or "cancel=" in href for _text, href in page.links)
    for query in (f"?move={reference}", f"?cancel={reference}"):
        assert elsewhere.client.get(call_path(callers, query)).status_code == 404
    path = call_path(callers)
    assert elsewhere.send(f"{path}/cancel?cancel={reference}", follow=False).status_code == 404
    assert elsewhere.send(f"{path}/move?move={reference}", follow=False).status_code == 404
    assert state_of(database, reference).state == State.BOOKED


def test_no_slot_of_another_site_is_held(callers: Callers, database: Database, elsewhere: Agent) -> None:
    town, unit = callers.town, int(datetime(2026, 12, 2, 11, 0, tzinfo=UTC).timestamp()) // 300
    token = encode(SlotKey(town.authority_id, town.sites["hub"], (town.services["certify"],), "in_person", unit))
    path = f"{call_path(callers)}/hold?service=certify"
    assert elsewhere.send(path, slot=token, follow=False).status_code == 404
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Hold)) == 0


def test_the_screen_speaks_of_whoever_is_here(callers: Callers, hub: Agent) -> None:
    assert hub.open("/staff/").link("Serve somebody") == "/staff/calls/"
    start = hub.open("/staff/calls/")
    assert start.headings[0] == "Serve somebody"
    found = hub.checked(hub.send("/staff/calls/find", q="amin"))
    assert "Who is here?" in found.text
    form_page = hub.open(call_path(callers, "?service=certify"))
    for page in (start, found, form_page):
        assert not {"caller", "calling"} & set(page.text.casefold().replace("?", " ").replace(":", " ").split())


def test_an_agent_takes_calls(callers: Callers, agent: Agent) -> None:
    assert agent.open("/staff/").link("Take a call") == "/staff/calls/"
