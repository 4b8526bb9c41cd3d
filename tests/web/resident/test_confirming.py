"""Somebody is asked to confirm, says so on the page of the appointment, and nothing happens by opening a link."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from core.flask_context import EXTENSION
from locations.tables import Authority, Service
from people.residents.tables import Resident
from reminders.recipients import CHANNELS
from reminders.scheduler import send_once, worker_of
from tests.web.resident.browser import Visitor, book_one
from tests.web.resident.test_booking_pages import clock_of

pytestmark = pytest.mark.databases("sqlite")
ASKED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def link(visitor: Visitor, town_app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """The link of an appointment on 1 December that somebody was asked to confirm."""
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text", "call"}))
    with database.writing() as db:
        db.execute(update(Service).values(confirm_days_before=6))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    book_one(visitor, day="2026-12-01")
    with database.writing() as db:
        db.execute(update(Resident).values(email="robin@example.org", phone="07700 900123"))
    link = visitor.page.link("See, change or cancel")
    clock_of(town_app).instant = ASKED
    work(town_app)
    return link


@pytest.fixture
def asked(visitor: Visitor, link: str) -> Visitor:
    """Somebody who has opened the link."""
    visitor.open(f"!{link}")
    return visitor


def work(town_app: Flask) -> None:
    runtime = town_app.extensions[EXTENSION]
    send_once(runtime, worker_of(runtime))


def the_row(database: Database) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


def test_the_page_says_until_when_and_what_happens_and_one_press_confirms(asked: Visitor, database: Database) -> None:
    assert "Please do it by Friday 27 November 2026 at 9am" in asked.page.text
    assert "we cancel the appointment" in asked.page.text
    assert the_row(database).confirmed_at is None
    asked.send("/confirm")
    assert "The appointment is confirmed." in asked.page.text
    assert "we cancel the appointment" not in asked.page.text
    assert the_row(database).confirmed_version == 1


def test_who_says_nothing_reads_that_it_counts_against_nobody(
    visitor: Visitor, link: str, town_app: Flask, database: Database
) -> None:
    for instant in (ASKED.replace(day=26), ASKED.replace(day=27, hour=10)):
        clock_of(town_app).instant = instant
        visitor.open(f"!{link}")
        form = visitor.page.form_to("/confirm")
        work(town_app)
    assert the_row(database).state == "cancelled_by_authority"
    visitor.post(form, {})
    visitor.open(f"!{link}")
    assert "heard nothing" in visitor.page.text
    assert "It does not count against you" in visitor.page.text
