"""The waiting list for staff: people are put on it during a call, rung while a time is held, and told how it stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.proposals.tables import Proposal, Wish
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.proposals import end_unanswered
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.tables import Representative, Resident
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.sign_in_sessions import COOKIE
from reminders.reach_queries import can_be_told
from tests.support.callers import AGENT_PASSWORD, Callers, sign_in
from tests.web.agent.conftest import Agent

# The rules are tested on both databases in tests/booking/test_waiting_list.py.
pytestmark = pytest.mark.databases("sqlite")
LIST = "/staff/waiting"


def new_for(callers: Callers, who: str) -> str:
    return f"{LIST}/new?resident={callers.people[who]}&service=certify"


def wish_of(database: Database) -> Wish:
    with database.reading() as db:
        return db.scalars(select(Wish).order_by(Wish.id.desc())).first()  # type: ignore[return-value]


def seek(app: Flask) -> None:
    runtime = app.extensions[EXTENSION]
    end_unanswered(runtime)
    offer_earlier_times(runtime, can_be_told)


def only_on_sundays(database: Database) -> None:
    """Nothing comes up for who waits: every place is shut on the only day that suits."""
    with database.writing() as db:
        db.execute(update(Wish).values(weekdays=[7]))


@pytest.fixture
def held(agent: Agent, callers: Callers, database: Database, app: Flask) -> int:
    """The wish of somebody without an email address, for whom a time is held."""
    agent.checked(agent.send(new_for(callers, "aminah"), part="any"))
    seek(app)
    return wish_of(database).id


def test_a_caller_for_whom_no_time_suits_is_put_on_the_list(agent: Agent, callers: Callers, database: Database) -> None:
    call = f"/staff/calls/residents/{callers.people['aminah']}"
    page = agent.open(f"{call}?service=certify")
    agent.open(page.link("No time suits them? Put them on the waiting list"))
    answer = agent.checked(agent.send(new_for(callers, "aminah"), weekdays="3", part="morning"))
    assert "They are on the waiting list" in answer.text
    assert "Wednesday" in answer.text
    wish = wish_of(database)
    assert (wish.resident_id, wish.weekdays, wish.channel) == (callers.people["aminah"], [3], "phone")
    assert "Waits for an earlier time" in agent.check_caller(call).text
    assert "Aminah Youssef" in agent.open(LIST).text


def test_an_appointment_is_put_on_the_list(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    path = f"{LIST}/new?appointment={callers.booked.reference}"
    page = agent.check_caller(f"/staff/calls/residents/{callers.people['amina']}")
    agent.open(page.link("Wants an earlier time"))
    answer = agent.send(path, part="any", where="anywhere", told_by="phone")
    assert "They are on the waiting list" in agent.checked(answer).text
    assert len(wish_of(database).site_ids) > 1
    with database.writing() as db:  # who acts for them is the one who is rung
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        db.get_one(Resident, row.resident_id).phone = ""
        common = {"authority_id": row.authority_id, "resident_id": row.resident_id, "created_at": clock.now()}
        helper = Representative(name="Sam Sample", basis="carer", phone="07700 900654", **common)
        db.add(helper)
        db.flush()
        row.representative_id = helper.id
    assert "07700 900654" in agent.open(LIST).text
    with database.writing() as db:
        db.execute(update(Appointment).values(local_date=clock.now().date()))
    assert "no earlier day is left" in agent.checked(agent.client.get(path), 409).text
    assert "Wants an earlier time" not in agent.open(f"/staff/calls/residents/{callers.people['amina']}").text


def test_somebody_is_rung_and_booked_while_they_talk(
    agent: Agent, callers: Callers, database: Database, held: int
) -> None:
    assert "Ring 1 person who waits: a time is held for them" in agent.open("/staff/").text
    page = agent.open(LIST)
    assert "Ring now: a time is held for them" in page.text
    assert "07700 900321" in page.text
    done = agent.checked(agent.send(f"{LIST}/{held}/take"))
    assert "booked" in done.title.lower()
    assert wish_of(database).state == "met"
    with database.reading() as db:
        row = db.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
    assert row is not None
    assert (row.resident_id, row.channel) == (callers.people["aminah"], "phone")
    again = agent.checked(agent.send(f"{LIST}/{held}/take"))
    assert "Nothing was changed: that time is gone" in again.text


def test_a_time_that_does_not_suit_goes_back_and_the_page_says_what_was_offered(
    agent: Agent, database: Database, held: int, app: Flask
) -> None:
    assert "They go on waiting" in agent.checked(agent.send(f"{LIST}/{held}/leave")).text
    assert "Nothing was changed" in agent.checked(agent.send(f"{LIST}/{held}/leave")).text
    seek(app)
    page = agent.open(f"{LIST}/{held}")
    assert "They left it" in page.text
    assert "Offered, and held for them" in page.text
    assert "They wait no longer" in agent.checked(agent.send(f"{LIST}/{held}/stop")).text
    assert wish_of(database).state == "withdrawn"
    with database.reading() as db:
        assert not db.scalars(select(Proposal).where(Proposal.state == "open")).all()


def test_who_has_waited_as_long_as_the_service_says_is_told_how_it_stands(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    agent.send(new_for(callers, "aminah"), part="any")
    only_on_sundays(database)
    assert "Tell them how it stands" not in agent.open(LIST).text
    with database.writing() as db:
        db.execute(update(Wish).values(asked_at=clock.now() - timedelta(days=15)))
        db.execute(update(Service).values(answer_days=16))
        bump_plan(db, callers.town.authority_id)
    assert "how it stands" not in agent.open(LIST).text + agent.open("/staff/").text
    with database.writing() as db:
        db.execute(update(Service).values(answer_days=15))
        bump_plan(db, callers.town.authority_id)
    assert "Tell 1 person who waits how it stands" in agent.open("/staff/").text
    page = agent.open(LIST)
    assert "They have waited 15 days" in page.text
    told = agent.checked(agent.send(f"{LIST}/{wish_of(database).id}/told"))
    assert "Recorded: you have told them" in told.text
    assert "They have waited 15 days" not in told.text
    with database.reading() as db:
        assert db.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "wish")).all() == [
            "wish_made",
            "wish_told",
        ]


def test_nobody_leaves_the_list_without_an_answer(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, app: Flask
) -> None:
    agent.send(new_for(callers, "aminah"), part="any")
    only_on_sundays(database)
    with database.writing() as db:
        db.execute(update(Wish).values(until=clock.now().date() - timedelta(days=1)))
    seek(app)
    assert wish_of(database).state == "over"
    assert "Nothing came up in time, and nobody has told them" in agent.open(LIST).text
    agent.send(f"{LIST}/{wish_of(database).id}/told")
    assert "Aminah Youssef" not in agent.open(LIST).text


def test_who_cannot_be_reached_is_not_put_on_it(agent: Agent, callers: Callers) -> None:
    page = agent.checked(agent.send(new_for(callers, "norbert"), part="any"))
    assert "We have no email address and no phone number for them" in page.text


def test_site_staff_see_their_own_site(agent: Agent, callers: Callers, database: Database, clock: FixedClock) -> None:
    authority_id = callers.town.authority_id
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        later = row.local_date + timedelta(days=1)
        db.execute(update(Appointment).where(Appointment.id == row.id).values(local_date=later))
        elsewhere = next(site_id for site_id in callers.town.sites.values() if site_id != row.site_id)
        new = NewStaff("helper@example.org", "site_staff", RoleScope(authority_id, elsewhere), AGENT_PASSWORD, "Helper")
        helper = add_staff(db, new, actor=Actor.system(), now=clock.now()).id
    agent.send(f"{LIST}/new?appointment={callers.booked.reference}", part="any", told_by="phone")
    assert "Amina Yusuf" in agent.open(LIST).text
    wish_id = wish_of(database).id
    agent.client.set_cookie(COOKIE, sign_in(database, helper, clock.now()))
    assert "Amina Yusuf" not in agent.open(LIST).text
    assert agent.client.get(f"{LIST}/{wish_id}").status_code == 404
    assert agent.send(f"{LIST}/{wish_id}/stop").status_code == 404


def test_what_is_kept_for_the_list_stands_on_its_page(
    agent: Agent, callers: Callers, database: Database, app: Flask, clock: FixedClock
) -> None:
    with database.writing() as db:
        db.execute(update(Service).values(waiting_list_first=True))
        bump_plan(db, callers.town.authority_id)
    assert "Kept for the waiting list" not in agent.open(LIST).text
    runtime, authority_id = app.extensions[EXTENSION], callers.town.authority_id
    gone = {"by": "authority", "reason": "Ill", "enforce_cutoff": False, "actor": Actor.system()}
    cancel(runtime, authority_id, callers.booked.reference, **gone)  # type: ignore[arg-type]
    assert "Kept for the waiting list" in agent.open(LIST).text
    clock.advance(timedelta(hours=1))
    assert "Kept for the waiting list" not in agent.open(LIST).text
