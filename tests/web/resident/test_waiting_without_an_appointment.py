"""No time that suits: somebody without an appointment asks to be told, and takes or leaves what is held for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask
from sqlalchemy import select

from booking.events import appointment_changed, wish_changed
from booking.proposals.tables import Wish
from booking.tables import Appointment
from core.database import Database
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.tables import DemoMessage
from reminders.wish_mails import plan_wish_mail
from tests.web.resident.browser import Visitor
from tests.web.resident.test_booking_pages import clock_of
from tests.web.resident.test_earlier_times import reload, seek, the_wish

# The rules are tested on both databases in tests/booking/test_online_wishes.py.
pytestmark = pytest.mark.databases("sqlite")
SEARCH = "service=certify&need=step-free&site=riverside-hub&mode=in_person"
ROBIN = {"name": "Robin Sample", "told_by": "email", "email": "robin@example.org", "weeks": "2"}
IN_ORDER = select(DemoMessage.raw).order_by(DemoMessage.id)
LINK = re.compile(r"https?://[^/\s]+(/manage/\w+)")


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the whole application."""
    with appointment_changed.connected_to(plan_notifications), wish_changed.connected_to(plan_wish_mail):
        yield


def ask(visitor: Visitor, **typed: object) -> None:
    visitor.open(f"/wait?{SEARCH}")
    visitor.send("/wait", **ROBIN | typed)


def links(database: Database) -> list[str]:
    """The paths of the links in what was sent, the oldest first."""
    with database.reading() as db:
        mails = [message_from_bytes(raw, policy=policy.default) for raw in db.scalars(IN_ORDER)]
    bodies = (mail.get_body(("plain",)) for mail in mails)
    return [found.group(1) for body in bodies if body and (found := LINK.search(body.get_content()))]


@pytest.fixture
def offered(visitor: Visitor, database: Database, town_app: Flask) -> Visitor:
    """Somebody who waits, for whom a time is held, and who has opened their link."""
    ask(visitor)
    seek(town_app)
    visitor.open(f"!{links(database)[-1]}")
    return visitor


def test_what_was_searched_is_what_they_wait_for(visitor: Visitor, database: Database) -> None:
    visitor.open(f"/when?{SEARCH}")
    visitor.follow("No time suits? Tell me when another one comes up")
    assert "You need: Step-free access" in visitor.page.text
    visitor.send("/wait", **ROBIN, weekdays=["2"], part="morning")
    assert visitor.page.title.startswith("You are on the waiting list")
    wish = the_wish(database)
    assert (wish.support_needs, wish.weekdays, str(wish.to_time)) == (["step-free"], [2], "12:00:00")
    assert len(wish.site_ids) == 1


def test_what_cannot_be_used_is_said_and_what_was_typed_stays(visitor: Visitor, database: Database) -> None:
    ask(visitor, email="", part="morning", phone="07700 900123")
    assert "Enter your email address, or choose that we ring you" in visitor.page.text
    form = visitor.page.form_to("/wait")
    assert form.values()["phone"] == ["07700 900123"]
    assert form.values()["part"] == ["morning"]
    with database.reading() as db:
        assert db.scalars(select(Wish)).all() == []


def test_the_link_shows_what_is_held_and_changes_nothing(offered: Visitor, database: Database) -> None:
    assert "We hold a time for you" in offered.page.text
    assert the_wish(database).state == "open"
    offered.open(f"!{links(database)[0]}")
    assert "We hold a time for you" in offered.page.text


def test_taking_it_books_it_and_ends_the_link(offered: Visitor, database: Database, town_app: Flask) -> None:
    form = offered.page.form_to("/take")
    offered.send("/take")
    assert "The time is yours" in offered.page.text
    assert offered.post(form, {}).location.startswith("/testshire/appointment/")  # a double click
    with database.reading() as db:
        row, robin = db.scalars(select(Appointment)).one(), db.scalars(select(Resident)).one()
    assert (row.resident_id, row.channel, row.support_needs) == (robin.id, "online", ["step-free"])
    offered.open(f"!{links(database)[0]}")
    assert (offered.status, offered.page.title.startswith("This link has ended")) == (410, True)
    seek(town_app)
    assert len(links(database)) == 3  # the confirmation


def test_leaving_it_goes_on_looking_and_stopping_ends_the_link(
    offered: Visitor, database: Database, town_app: Flask
) -> None:
    offered.send("/leave")
    assert "We go on looking for you" in offered.page.text
    assert (the_wish(database).state, the_wish(database).unanswered) == ("open", 0)
    at = offered.at
    offered.send("/stop")
    assert "You wait no longer" in offered.page.text
    assert the_wish(database).state == "withdrawn"
    assert offered.open(at).title.startswith("This link has ended")


def test_what_is_held_no_longer_is_not_taken(offered: Visitor, database: Database, town_app: Flask) -> None:
    clock_of(town_app).advance(timedelta(minutes=29))
    reload(offered)
    form = offered.page.form_to("/take")
    clock_of(town_app).advance(timedelta(minutes=2))
    answer = offered.post(form, {})
    assert answer.status_code == 409
    assert "that time is gone" in answer.text
    with database.reading() as db:
        assert db.scalars(select(Appointment)).all() == []


def test_three_offers_without_an_answer_are_enough_until_they_ask(
    offered: Visitor, database: Database, town_app: Flask
) -> None:
    for _ in range(3):
        clock_of(town_app).advance(timedelta(minutes=31))
        seek(town_app)
    offered.open(f"!{links(database)[-1]}")
    assert "So we offer you no more for now" in offered.page.text
    offered.send("/again")
    assert "We will tell you when a time comes up" in offered.page.text


def test_a_browser_that_did_not_open_the_link_sees_nothing(offered: Visitor, town_app: Flask) -> None:
    stranger = Visitor(town_app.test_client())
    stranger.open(offered.at)
    assert stranger.status == 404
    assert "Robin" not in stranger.page.text


def test_strangers_slow_down_and_one_address_has_a_few_wishes(visitor: Visitor, database: Database) -> None:
    for service in ("certify", "advice"):
        visitor.open(f"/wait?service={service}")
        visitor.send("/wait", **ROBIN)
        assert visitor.status == 200
    answers = []
    for number in range(20):
        ask(visitor, email=f"r{number}@example.org")
        answers.append(visitor.status)
    assert answers[:17] == [200] * 17
    assert 429 in answers
