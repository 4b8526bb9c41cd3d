"""Another time that is held for somebody whose appointment cannot take place: what its link shows, and each answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking.proposals.tables import Proposal
from booking.rebooking import RebookState
from booking.states import BY_COUNCIL, State
from booking.tables import Appointment, RebookItem
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import make_offers, request_offers
from core.audit import Actor, AuditEntry
from core.database import Database
from core.flask_context import EXTENSION
from reminders.reach_queries import can_be_told
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one
from tests.web.resident.test_booking_pages import clock_of

# The rules are tested on both databases in tests/contract/test_closures.py.
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def link(visitor: Visitor, town_app: Flask, town: Town, database: Database) -> str:
    """The link of an appointment that a closure touches, and for which another time is held."""
    book_one(visitor)
    link, runtime = visitor.page.link("See, change or cancel"), town_app.extensions[EXTENSION]
    row = the_row(database)
    day = NewClosure(row.starts_at - timedelta(hours=1), row.starts_at + timedelta(hours=1))
    made = make_closure(runtime, row.authority_id, day, actor=Actor.system())
    assert made.id
    request_offers(runtime, row.authority_id, made.id, actor=Actor.system())
    assert make_offers(runtime, can_be_told) == 1
    return link


@pytest.fixture
def offered(visitor: Visitor, link: str) -> Visitor:
    """Somebody who opened the link."""
    visitor.open(f"!{link}")
    return visitor


def the_row(database: Database) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


def state_of(database: Database) -> str:
    with database.reading() as db:
        return db.scalars(select(RebookItem.state)).one()


def test_opening_the_link_changes_nothing_and_shows_both_times(offered: Visitor, database: Database) -> None:
    before = the_row(database)
    assert "Your appointment cannot take place then" in offered.page.text
    assert "We hold another time for you" in offered.page.text
    assert "Please do not come at the time below" in offered.page.text
    assert state_of(database) == RebookState.OFFERED
    assert (the_row(database).version, the_row(database).starts_at) == (before.version, before.starts_at)


def test_taking_it_moves_the_appointment_there(offered: Visitor, database: Database) -> None:
    before = the_row(database)
    with database.reading() as db:
        proposed = db.scalars(select(Proposal.slot_token)).one()
    offered.send("/offer")
    assert "The appointment has a new time" in offered.page.text
    assert "cannot take place" not in offered.page.text
    assert (the_row(database).slot_token, the_row(database).version) == (proposed, before.version + 1)
    assert state_of(database) == RebookState.ACCEPTED
    assert the_row(database).moved_by == BY_COUNCIL
    assert "The council moved it to this time or place. It does not count against you." in offered.page.text


def test_who_cancels_because_of_a_closure_was_cancelled_by_the_council(offered: Visitor, database: Database) -> None:
    offered.follow("Cancel the appointment")
    offered.send("/cancel")
    assert the_row(database).state == State.CANCELLED_BY_AUTHORITY
    assert state_of(database) == RebookState.CANCELLED
    assert "The council cancelled it. It does not count against you." in offered.page.text
    with database.reading() as db:
        facts = db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "cancelled")).one()
    assert facts["by"] == BY_COUNCIL
    assert "late" not in facts


def test_the_offer_says_how_it_differs(offered: Visitor) -> None:
    assert "later than before" in offered.page.text or "On the same day as before" in offered.page.text
    assert "In person, as before" in offered.page.text


def test_pressed_twice_it_is_taken_once(offered: Visitor, database: Database) -> None:
    form = offered.page.form_to("/offer")
    for _ in range(2):
        assert offered.post(form, {}).status_code == 303
    assert the_row(database).version == 2


def test_declining_it_gives_it_back_and_asks_for_a_call(offered: Visitor, database: Database) -> None:
    offered.send("/offer/decline")
    assert "We have given that time back" in offered.page.text
    assert "Choose another time, or contact us" in offered.page.text
    assert state_of(database) == RebookState.DECLINED
    assert the_row(database).version == 1


def test_what_is_held_no_longer_is_not_taken(offered: Visitor, link: str, database: Database, town_app: Flask) -> None:
    with database.reading() as db:
        answer_by = db.scalars(select(Proposal.answer_by)).one()
    clock = clock_of(town_app)
    clock.advance(answer_by - clock.now() - timedelta(minutes=10))
    offered.open(f"!{link}")
    form = offered.page.form_to("/offer")
    clock.advance(timedelta(minutes=11))
    answer = offered.post(form, {})
    assert answer.status_code == 409
    assert "The time that we held for you is gone" in answer.text
    assert the_row(database).version == 1


def test_choosing_another_time_gives_the_offer_back(offered: Visitor, database: Database) -> None:
    offered.follow("Choose another time")
    form = offered.page.form_to("/move")
    slots = [value for name, value in form.buttons if name == "slot"] or form.fields["slot"]
    offered.send("/move", slot=slots[0])
    offered.send("/move")
    assert state_of(database) == RebookState.MOVED
    with database.reading() as db:
        assert db.scalars(select(Proposal.hold_id)).all() == [None]
