"""Somebody waits for their video on a page that refreshes itself, joins from it, or is rung instead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from people.residents.tables import Resident
from tests.booking.test_remote_visits import book_remote
from tests.support.pages import check_page
from tests.support.town import Town
from tests.web.resident.browser import Visitor
from tests.web.resident.test_booking_pages import clock_of

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def waiting(visitor: Visitor, town_app: Flask, town: Town, database: Database) -> Visitor:
    """Whoever has an appointment by video, an hour and a minute before it."""
    booked = book_remote(database, town, "video")
    with database.reading() as db:
        starts_at = db.scalars(select(Appointment.starts_at)).one()
    clock_of(town_app).instant = starts_at - timedelta(minutes=61)
    visitor.open(f"!{booked.manage_url_path}")
    visitor.follow("Join the video, test it")
    return visitor


def test_the_page_looks_again_by_itself_and_has_the_way_in_when_it_is_time(waiting: Visitor, town_app: Flask) -> None:
    path, clock = f"{waiting.base}{waiting.at}", clock_of(town_app)

    def at(minutes: int, query: str = "") -> tuple[str | None, bool]:
        clock.instant += timedelta(minutes=minutes)
        answer = waiting.client.get(f"{path}{query}")
        joins = [href for words, href in check_page(answer.text).links if words == "Join the video"]
        return answer.headers.get("Refresh"), bool(joins) and joins[0].startswith("https://video.example.org/")

    assert "You are in the right place" in waiting.page.text
    assert at(0) == (None, False)
    assert at(1) == ("30", False)
    assert at(0, "?still=1") == (None, False)
    assert at(25) == ("30", False)
    assert at(25) == ("30", True)
    assert at(10) == ("30", True)
    assert at(29) == ("30", True)
    assert at(29) == (None, False)  # it is over: the page leads to that of the appointment


def test_one_click_and_they_are_rung_and_another_and_it_is_by_video(waiting: Visitor) -> None:
    waiting.send("/video", instead="1")
    assert "We will ring you between" in waiting.page.text
    assert "Join the video" not in waiting.page.text
    waiting.send("/video", instead="0")
    assert "You are in the right place" in waiting.page.text


def test_a_press_on_what_has_moved_meanwhile_changes_nothing(waiting: Visitor, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Appointment).values(version=2))
    waiting.send("/video", instead="1")
    assert waiting.status == 409
    with database.reading() as db:
        assert db.scalars(select(Appointment.ring_instead_version)).one() is None


def test_who_has_no_number_is_asked_for_one(waiting: Visitor, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Resident).values(phone="", phone_key=""))
    waiting.open(waiting.at)
    assert waiting.page.link("Give a phone number").endswith("/contact#phone")


def test_only_the_test_may_ask_for_the_camera(waiting: Visitor) -> None:
    for path, allowed in ((f"{waiting.base}/video-test", "(self)"), (f"{waiting.base}/", "()")):
        permissions = waiting.client.get(path).headers["Permissions-Policy"]
        assert f"camera={allowed}" in permissions
        assert f"microphone={allowed}" in permissions
