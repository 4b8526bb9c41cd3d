"""Waiting for an earlier time online: asked for on the appointment's page, offered by its link, and every answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from booking.events import appointment_changed
from booking.proposals.tables import Proposal, Wish
from booking.tables import Appointment
from core.database import Database
from core.flask_context import EXTENSION
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.scheduler import send_once, worker_of
from tests.web.resident.browser import Visitor, book_one
from tests.web.resident.test_booking_pages import clock_of
from tests.web.resident.test_many_changes import CHANGES

# The rules are tested on both databases in tests/booking/test_waiting_list.py.
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(autouse=True)
def everybody_told() -> Iterator[None]:
    """What somebody does is told, as in the whole application: what nobody was told of counts as no offer."""
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def link(visitor: Visitor) -> str:
    """The link of an appointment in a week."""
    book_one(visitor, day="2026-12-01")
    return visitor.page.link("See, change or cancel")


@pytest.fixture
def booked(visitor: Visitor, link: str) -> Visitor:
    """Somebody who opened it."""
    visitor.open(f"!{link}")
    return visitor


@pytest.fixture
def offered(booked: Visitor, town_app: Flask) -> Visitor:
    """Somebody who waits, and for whom an earlier time is held."""
    booked.follow("Tell me if an earlier time comes up")
    booked.send("/earlier")
    seek(town_app)
    reload(booked)
    return booked


def seek(town_app: Flask) -> None:
    runtime = town_app.extensions[EXTENSION]
    send_once(runtime, worker_of(runtime))


def reload(visitor: Visitor) -> None:
    visitor.open(visitor.at)


def the_row(database: Database) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


def the_wish(database: Database) -> Wish:
    with database.reading() as db:
        return db.scalars(select(Wish)).one()


def test_hours_a_last_day_and_places_are_asked_for_and_kept(
    booked: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be is said at its field, and the rest stays; a place that is too far to be listed for others, too."""
    wanted = {"part": "between", "from_time": "10:15", "to_time": "11:45", "until": "2026-11-27"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"to_time": "10:00"}, "The latest time has to be after the earliest one"),
        ({"from_time": "", "to_time": ""}, "Enter a time, or choose another time of day"),
        ({"part": "morning"}, "You gave a time."),
        ({"until": "2026-11-01"}, "Choose today or a later day"),
        ({"where": "some", "places": []}, "Choose a place"),
        ({"weekdays": ["1", "9"]}, "“Which days suit”: choose one of those on the page"),
        ({"where": "some", "places": ["nowhere"]}, "“Which places suit”: choose one of those on the page"),
    ]
    booked.follow("Tell me if an earlier time comes up")
    for values, words in wrong:
        sent: dict[str, Any] = wanted | values
        page = booked.send("/earlier", **sent)
        assert words in page.text, values
        kept = page.form_to("/earlier").fields
        assert all(kept.get(name, [""]) == [value] for name, value in sent.items() if isinstance(value, str)), values
    booked.send("/earlier", **wanted, where="some", places=["high-street"])
    assert "From 10:15 to 11:45" in booked.page.text
    assert "Friday 27 November" in booked.page.text
    wish = the_wish(database)
    assert (f"{wish.from_time:%H:%M}", f"{wish.to_time:%H:%M}", str(wish.until)) == ("10:15", "11:45", "2026-11-27")
    assert len(wish.site_ids) == 1
    shown = booked.follow("Change when an earlier time suits you").form_to("/earlier").fields
    assert [shown[name] for name in (*wanted, "where", "places")] == [
        *([one] for one in wanted.values()),
        ["some"],
        ["high-street"],
    ]
    monkeypatch.setattr("web.components.wish_fields.MOST_PLACES", 1)
    reload(booked)
    booked.send("/earlier")
    assert the_wish(database).site_ids == wish.site_ids


def test_somebody_says_when_an_earlier_time_suits_and_may_change_it(booked: Visitor, database: Database) -> None:
    booked.follow("Tell me if an earlier time comes up")
    assert "You keep the appointment on" in booked.page.text
    booked.send("/earlier", weekdays=["1", "4"], part="morning")
    assert "We will write to you if an earlier time comes up" in booked.page.text
    assert "Monday and Thursday" in booked.page.text
    assert "Before 12 noon" in booked.page.text
    first = the_wish(database)
    booked.follow("Change when an earlier time suits you")
    booked.send("/earlier", part="afternoon")
    assert the_wish(database).id == first.id
    assert (the_wish(database).weekdays, str(the_wish(database).from_time)) == ([1, 4], "12:00:00")
    booked.send("/earlier/stop")
    assert "We offer you no earlier times" in booked.page.text
    assert the_wish(database).state == "withdrawn"


def test_the_link_shows_both_times_and_changes_nothing(offered: Visitor, database: Database) -> None:
    assert "We hold an earlier time for you" in offered.page.text
    assert "If you do nothing, you keep the time below" in offered.page.text
    assert (the_row(database).version, the_wish(database).state) == (1, "open")


def test_taking_it_moves_the_appointment_there(offered: Visitor, database: Database) -> None:
    with database.reading() as db:
        proposed = db.scalars(select(Proposal.slot_token)).one()
    offered.send("/offer")
    assert "The appointment has a new time" in offered.page.text
    assert "earlier time for you" not in offered.page.text
    assert (the_row(database).slot_token, the_row(database).version) == (proposed, 2)
    assert the_wish(database).state == "met"


def test_leaving_it_costs_nothing(offered: Visitor, database: Database, town_app: Flask) -> None:
    offered.send("/offer/decline")
    assert "You keep the time that you have" in offered.page.text
    assert "We will write to you if an earlier time comes up" in offered.page.text
    assert (the_row(database).version, the_wish(database).unanswered) == (1, 0)
    seek(town_app)
    reload(offered)
    assert "We hold an earlier time for you" in offered.page.text  # another one
    offered.send("/earlier/stop")
    assert "We hold an earlier time" not in offered.page.text


def test_what_is_held_no_longer_is_not_taken(offered: Visitor, link: str, database: Database, town_app: Flask) -> None:
    clock_of(town_app).advance(timedelta(minutes=25))
    offered.open(f"!{link}")
    form = offered.page.form_to("/offer")
    clock_of(town_app).advance(timedelta(minutes=6))
    answer = offered.post(form, {})
    assert answer.status_code == 409
    assert "That time is gone. You keep the time that you have." in answer.text
    assert the_row(database).version == 1


def test_three_offers_without_an_answer_are_said_to_be_enough(offered: Visitor, link: str, town_app: Flask) -> None:
    for _ in range(3):
        clock_of(town_app).advance(timedelta(minutes=31))
        seek(town_app)
    offered.open(f"!{link}")
    assert "So we offer you no more for now" in offered.page.text
    offered.follow("Tell me about earlier times again")
    offered.send("/earlier")
    assert "We will write to you if an earlier time comes up" in offered.page.text


def test_whom_we_cannot_write_to_is_rung_or_asked_for_a_number(booked: Visitor, database: Database) -> None:
    with database.writing() as db:
        db.scalars(select(Resident)).one().email = ""
    booked.follow("Tell me if an earlier time comes up")
    assert "We need an email address or a phone number" in booked.page.text
    assert not [form for form in booked.page.forms if form.action.endswith("/earlier")]
    with database.writing() as db:
        db.scalars(select(Resident)).one().phone = "07700 900123"
    booked.open(booked.at)
    booked.send("/earlier")
    assert "We will ring you if an earlier time comes up" in booked.page.text


def test_the_day_before_is_the_last_on_which_to_ask(booked: Visitor, link: str, town_app: Flask) -> None:
    clock_of(town_app).advance(timedelta(days=7))
    booked.open(f"!{link}")
    assert "Tell me if an earlier time comes up" in booked.page.text
    clock_of(town_app).advance(timedelta(hours=24) - timedelta(minutes=61))
    booked.open(f"!{link}")
    at = booked.at
    assert "Tell me if an earlier time comes up" not in booked.page.text
    booked.open(f"{at}/earlier")
    assert "no earlier day is left" in booked.page.text


@pytest.mark.parametrize("how", ["decline", "ask anew"])
def test_nobody_has_offers_sent_to_a_stranger_without_end(
    offered: Visitor, town_app: Flask, database: Database, how: str
) -> None:
    """Whoever books may type anybody's address: to have another time offered is counted as every other change."""
    statuses = [200]  # asked already
    while statuses[-1] == 200 and len(statuses) <= 2 * CHANGES:
        if how == "ask anew":
            offered.send("/earlier/stop")
            offered.follow("Tell me if an earlier time comes up")
        offered.send("/offer/decline" if how == "decline" else "/earlier")
        statuses.append(offered.status)
        if offered.status == 200:
            seek(town_app)
            reload(offered)
    assert statuses == [200] * (CHANGES + 1) + [429]  # one more is the first of those that come slowly
    with database.reading() as db:
        offers = db.scalars(select(Proposal.id)).all()  # each is told by a message
    assert 1 < len(offers) <= CHANGES + 1
