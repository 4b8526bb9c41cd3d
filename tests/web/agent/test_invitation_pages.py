"""From the call to the invitation, the link, the time that is picked, and what becomes a task; without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.events import appointment_changed, invitation_changed
from booking.invitations.tables import Invitation
from booking.tables import Appointment
from booking.use_cases.chase_invitations import chase_invitations
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Authority, Service
from people.residents.tables import Resident
from reminders.invitation_mail_queries import fail_invitation_mail
from reminders.invitation_mails import link_of_invitation, plan_invitation_mail
from reminders.invitation_tables import InvitationMail
from reminders.outbox import plan_notifications
from tests.booking.test_invitations import wait
from tests.support.callers import Callers
from tests.support.factories import NOW
from tests.support.pages import Form
from tests.web.agent.conftest import Agent
from tests.web.resident.browser import Visitor

pytestmark = pytest.mark.databases("sqlite")
CALLS, HERE = "/staff/calls", "/staff/invitations"
WORDS = "Bring the letter of May, please."


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the whole application."""
    planned = invitation_changed.connected_to(plan_invitation_mail)
    with appointment_changed.connected_to(plan_notifications), planned:
        yield


def form_of(agent: Agent, callers: Callers, who: str = "amina") -> Form:
    return agent.open(f"{HERE}/new/{callers.people[who]}").form_to(str(callers.people[who]))


def invite(agent: Agent, callers: Callers, who: str = "amina", **typed: str | list[str]) -> str:
    """The address of the page of a new invitation."""
    form = form_of(agent, callers, who)
    values = form.values(service="certify", told_by="voice", words=WORDS) | typed
    answer = agent.client.post(form.action, data=values)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def runtime_of(agent: Agent) -> Runtime:
    runtime: Runtime = agent.client.application.extensions[EXTENSION]
    return runtime


def link(agent: Agent, database: Database) -> str:
    """The path of the link of the last invitation."""
    runtime = runtime_of(agent)
    with database.reading() as db:
        row = db.scalars(select(Invitation).order_by(Invitation.id.desc())).first()
        assert row is not None
        url = link_of_invitation(runtime, catalogue_by_id(db, row.authority_id), row)
    return url.removeprefix(runtime.settings.public_url)


@pytest.fixture
def guest(app: Flask) -> Visitor:
    """Whoever opens the link, in a browser of their own."""
    return Visitor(app.test_client())


def pick_a_time(guest: Visitor) -> None:
    """From the page of the invitation to the last step."""
    times = guest.page.link("See the free times")
    guest.open(f"!{times}")
    guest.open(f"!{times.replace('/where?', '/when?')}")
    guest.send("/book/hold")
    assert guest.at.endswith("/invited"), guest.at


def check_opens_nothing(stranger: Visitor, address: str, reference: str, name: str) -> None:
    """Whoever has the link of an answered invitation reads that it is answered, and can do nothing."""
    stranger.open(f"!{address}")
    assert (stranger.status, stranger.page.title.startswith("This invitation is answered")) == (410, True)
    assert "The link in our newest message opens that." in stranger.page.text
    assert reference not in stranger.page.text
    assert name not in stranger.page.text
    stranger.open(f"/appointment/{reference}")
    assert stranger.status == 404


def test_the_page_says_what_is_learnt_of_the_message(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        db.get_one(Resident, callers.people["amina"]).email = "amina@example.org"
    at = invite(agent, callers, told_by="email")
    page = agent.open(at)
    assert "What comes back of it is noted here" in page.text
    assert "Waits to be sent" in page.text
    with database.writing() as db:
        mail = db.scalars(select(InvitationMail)).one()
        mail.state, mail.closed_at = "sent", runtime_of(agent).clock.now()
    assert "Sent " in agent.open(at).text
    with database.writing() as db:
        assert fail_invitation_mail(db, mail.id, "mail_returned", NOW, lambda *_: True)
    page = agent.open(at)
    assert "Did not arrive" in page.text
    assert page.form_to("/take")
    assert "1 person has not answered" in agent.open("/staff/").text


@pytest.mark.parametrize("change", ["online", "ended"])
def test_what_is_not_booked_online_any_more(
    agent: Agent, callers: Callers, database: Database, guest: Visitor, change: str
) -> None:
    """The link still books what only staff book otherwise; of what is given no more it says what to do."""
    invite(agent, callers)
    with database.writing() as db:
        if change == "online":
            db.execute(update(Service).values(bookable_online=False))
        else:
            db.execute(update(Service).values(closed_from=NOW.date(), where_to_go="Ring us."))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    guest.open(f"!{link(agent, database)}")
    if change == "online":
        pick_a_time(guest)
        guest.send("/invited")
        assert guest.at.endswith("/done"), guest.page.text
    else:
        assert (guest.status, guest.page.title.startswith("Please contact us to find a time")) == (410, True)
        assert "01632 960000" in guest.page.text
    stranger = Visitor(guest.client.application.test_client())
    stranger.open("/wait?service=certify&known=invite-1")
    assert (stranger.status == 404) == (change == "online")


@pytest.mark.databases("sqlite", "postgresql")
def test_from_the_call_to_what_is_booked(agent: Agent, callers: Callers, database: Database, guest: Visitor) -> None:
    amina = f"{CALLS}/residents/{callers.people['amina']}"
    call = agent.check_caller(amina)
    assert call.link("Invite them") == f"{HERE}/new/{callers.people['amina']}"
    at = invite(agent, callers)
    page = agent.open(at)
    assert "They are invited." in page.text
    assert "/s/" in page.text
    assert "Invited for" in agent.open(amina).text
    with database.reading() as db:
        name = db.get_one(Resident, callers.people["amina"]).name
    guest.open(f"!{link(agent, database)}")
    assert guest.status == 200
    assert WORDS in guest.page.text
    assert name not in guest.page.text, "the page names nobody"
    pick_a_time(guest)
    assert "Who it is for" in guest.page.text
    guest.send("/invited")
    assert guest.at.endswith("/done"), guest.page.text
    with database.reading() as db:
        row, booked = (
            db.scalars(select(Invitation)).one(),
            db.scalars(select(Appointment).order_by(Appointment.id.desc())).first(),
        )
        assert booked is not None
        assert (row.state, row.appointment_id) == ("booked", booked.id)
        assert booked.resident_id == callers.people["amina"]
    guest.open(f"!{link(agent, database)}")
    assert guest.at.startswith("/appointment/"), (
        "a second opening leads to what was booked, in the browser that booked it"
    )
    check_opens_nothing(Visitor(guest.client.application.test_client()), link(agent, database), booked.reference, name)
    assert "Booked" in agent.open(HERE).text


def test_the_link_changes_nothing_and_a_mere_number_opens_nothing(
    agent: Agent, callers: Callers, database: Database, guest: Visitor
) -> None:
    invite(agent, callers)
    stranger = Visitor(guest.client.application.test_client())
    with database.reading() as db:
        number = db.scalars(select(Invitation.id)).one()
    assert stranger.open(f"/invited/{number}").title.startswith("Open your link again")
    assert stranger.status == 404
    stranger.open(f"/when?service=certify&known=invite-{number}")
    assert stranger.at == f"/invited/{number}"
    stranger.open("!/testshire/invitation/0123")
    assert stranger.status == 404
    for _ in range(3):
        guest.open(f"!{link(agent, database)}")
    with database.reading() as db:
        assert db.scalars(select(Invitation.state)).one() == "open"


def test_two_browsers_book_once_and_the_second_is_told_so(
    agent: Agent, callers: Callers, database: Database, guest: Visitor
) -> None:
    invite(agent, callers)
    other = Visitor(guest.client.application.test_client())
    for one in (guest, other):
        one.open(f"!{link(agent, database)}")
        pick_a_time(one)
    guest.send("/invited")
    other.send("/invited")
    assert guest.at.endswith("/done")
    assert other.at.startswith("/invited/")
    assert "This invitation is answered" in other.page.title
    with database.reading() as db:
        booked = select(Appointment.id).where(Appointment.channel == "online")
        assert len(db.scalars(booked).all()) == 1


def test_withdrawn_or_over_it_says_so_and_what_to_do(
    agent: Agent, callers: Callers, database: Database, guest: Visitor
) -> None:
    at = invite(agent, callers)
    address = link(agent, database)
    guest.open(f"!{address}")
    form = agent.open(at).form_to("/withdraw")
    assert form.says_who_is_told
    agent.checked(agent.client.post(form.action, data=form.values(), follow_redirects=True))
    guest.open(f"!{address}")
    assert (guest.status, guest.page.title.startswith("This invitation was withdrawn")) == (410, True)
    assert "01632 960000" in guest.page.text
    invite(agent, callers)
    wait(runtime_of(agent), timedelta(days=20))
    guest.open(f"!{link(agent, database)}")
    assert (guest.status, guest.page.title.startswith("The last day of this invitation is over")) == (410, True)


def test_what_nobody_answered_is_taken_and_done(agent: Agent, callers: Callers, database: Database) -> None:
    at = re.sub(r"\?.*", "", invite(agent, callers))
    with database.writing() as db:
        row = db.scalars(select(Invitation)).one()
        row.first_date, row.last_date = row.first_date - timedelta(days=9), row.first_date - timedelta(days=2)
    assert chase_invitations(runtime_of(agent)) == 1
    assert "1 person has not answered" in agent.open("/staff/").text
    assert "Not answered in time" in agent.open(HERE).text
    taken = agent.client.post(f"{at}/take", data=agent.open(at).form_to("/take").values(), follow_redirects=True)
    form = agent.checked(taken).form_to("/done")
    refused = agent.checked(agent.client.post(form.action, data=form.values(done="")), 400)
    assert "Say what was done" in refused.text
    done = agent.client.post(form.action, data=form.values(done="Rang, moved away"), follow_redirects=True)
    assert "It is noted" in agent.checked(done).text
    stale = agent.checked(agent.client.post(form.action, data=form.values(done="Something else")), 409)
    assert "Rang, moved away" in stale.text
    assert "has not answered" not in agent.open("/staff/").text


def test_what_was_typed_stays_when_it_is_refused(agent: Agent, callers: Callers) -> None:
    form = form_of(agent, callers)
    values = form.values(service="certify", told_by="voice", words=WORDS, last_date="2026-11-01")
    page = agent.checked(agent.client.post(form.action, data=values), 400)
    assert page.form_to(str(callers.people["amina"])).fields["words"] == [WORDS]
    assert "Error:" in page.title
