"""What the pages promise about messages is what is sent, whatever somebody chose; and their choices are read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.manage_links import answer_link_requests
from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from reminders.tables import Notification
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town
from tests.web.resident.browser import Visitor, fill_in, go_to_times

NO_MESSAGES = {"contact_preference": "none"}


def take_time(database: Database, town: Town, visitor: Visitor, mode: str, needs: Sequence[str] = ()) -> None:
    """Hold a time for advice in this mode, as far as the page that asks who it is for."""
    with database.reading() as db:
        query = SlotQuery((town.services["advice"],), mode=mode, needs=frozenset(needs))
        slot = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)[20]
    asked = "".join(f"&need={need}" for need in needs)
    visitor.open(f"/times?service=advice&mode={mode}&day={slot.starts_at:%Y-%m-%d}{asked}")
    visitor.send("/book/hold", slot=slot.token)


def messages(database: Database) -> dict[str, str]:
    """The status of each message that is owed, by its kind."""
    with database.reading() as db:
        return {row.kind: row.status for row in db.execute(select(Notification.kind, Notification.status))}


@pytest.mark.usefixtures("town")
def test_a_lost_link_is_sent_to_whoever_asks_for_it_though_they_want_no_messages(database: Database, app: Flask):
    visitor = Visitor(app.test_client())
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, **NO_MESSAGES)
    assert "We will not send you any messages, as you asked." in visitor.page.text
    visitor.send("/check")
    with database.reading() as db:
        reference = db.scalars(select(Appointment.reference)).one()
    other = Visitor(app.test_client())
    other.open("/find")
    other.send("/find", reference=reference, surname="Sample")
    answer_link_requests(make_runtime(database, NOW + timedelta(minutes=1)))
    assert messages(database)["manage_link_1"] == "pending"


def test_the_link_of_a_video_comes_by_email_and_the_pages_say_that_nothing_else_does(
    database: Database, town: Town, app: Flask
):
    visitor = Visitor(app.test_client())
    take_time(database, town, visitor, "video")
    fill_in(visitor, **NO_MESSAGES)
    promise = "We send the link for the video by email to robin@example.org, and nothing else, as you asked."
    assert promise in visitor.page.text
    visitor.send("/check")
    assert promise in visitor.page.text
    assert "again to remind you" not in visitor.page.text
    with database.reading() as db:
        planned = db.execute(select(Notification.kind, Notification.status, Notification.channel)).all()
    assert ("confirmation", "pending", "email") in [tuple(row) for row in planned]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("typed", "is_told"), [({"email": ""} | NO_MESSAGES, False), ({}, True)])
def test_whoever_asks_for_an_interpreter_hears_in_time_that_they_are_told_by_email_alone(
    database: Database, town: Town, visitor: Visitor, typed: dict[str, str], is_told: bool
):
    take_time(database, town, visitor, "in_person", needs=["bsl"])
    visitor.send("/who", who="me")
    assert "If you give an email address, we can write to you when we know" in visitor.page.text
    assert "01632 960000" in visitor.page.text
    visitor.send(
        "/details", **({"name": "Robin Sample", "email": "r@example.org", "contact_preference": "email"} | typed)
    )
    assert ("We cannot write to you about the interpreter." not in visitor.page.text) is is_told
    visitor.send("/check")
    assert ("We cannot write to you about it" not in visitor.page.text) is is_told


@pytest.mark.databases("sqlite")
@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(("ticked", "words"), [("y", "We leave no message"), (None, "We may leave a message")])
def test_what_somebody_asked_about_messages_on_the_telephone_is_read_back(
    visitor: Visitor, ticked: str | None, words: str
):
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, phone="07700 900123", **({"leave_no_message": ticked} if ticked else {}))
    assert words in visitor.page.text
    visitor.send("/check")
    visitor.follow("See, change or cancel this appointment")
    assert words in visitor.page.text
    assert visitor.page.link("Change what we do if nobody answers").endswith("/contact#leave_no_message")


@pytest.mark.databases("sqlite")
@pytest.mark.usefixtures("town")
def test_whoever_says_late_that_it_is_for_somebody_else_is_asked_for_the_other_person(visitor: Visitor):
    """And back again: what each of them typed about themselves stays theirs."""
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, phone="07700 900123")
    visitor.follow("This is for somebody else")
    visitor.send("/who", who="other")
    assert visitor.page.form_to("/acting").fields["name"] == ["Robin Sample"]
    visitor.send("/acting", basis="carer")
    assert visitor.page.headings == ["Their details"]
    assert visitor.page.form_to("/details").fields["name"] == [""]
    visitor.send("/details", name="Kim Example", contact_preference="email")
    assert "Kim Example" in visitor.page.text
    assert visitor.page.headings == ["Check your answers"]
    visitor.open(f"{visitor.at.removesuffix('check')}who")
    visitor.send("/who", who="me")
    assert visitor.page.headings == ["Your details"]
    assert visitor.page.form_to("/details").fields["name"] == ["Robin Sample"]
    assert visitor.page.form_to("/details").fields["phone"] == ["07700 900123"]
