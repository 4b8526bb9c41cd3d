"""Whoever cannot hear is never left with the telephone alone: not on a page, not in a message, not in a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from booking.tables import Appointment
from core.contact_lines import contact_lines
from core.database import Database
from core.language import language_for
from core.settings import ROOT
from locations.catalogue_queries import bump_plan, catalogue_of
from locations.tables import Authority
from reminders.appointment_queries import message_facts
from reminders.messages import EmailBody, MessageWriter
from reminders.recipients import (
    CANCELLED,
    CONFIRMATION,
    CONTACT_CHANGED,
    HANDED_OVER,
    MANAGE_LINK,
    REMINDER,
    RESCHEDULED,
    SEVERAL_BOOKINGS,
    Delivery,
)
from tests.support.crawl import crawl
from tests.support.town import Town
from tests.web.resident.browser import Visitor, fill_in, go_to_times
from tests.web.resident.test_booking_pages import clock_of
from tests.web.resident.test_manage_pages import the_row

pytestmark = pytest.mark.databases("sqlite")

PHONE, RELAY, EMAIL = "01632 960000", "18001 01632 960000", "help@testshire.example"
SIGNED = "https://testshire.example/sign-language"
# Somebody is told to ring; "we will ring you" and "if you ring" tell nobody to.
TOLD_TO_RING = re.compile(r"\bring (?:us\b|[\d+(])|(?:^|[.:;] )ring\b(?! twice)", re.IGNORECASE)
KINDS = (
    CONFIRMATION,
    f"{REMINDER}_1d",
    RESCHEDULED,
    CANCELLED,
    f"{MANAGE_LINK}_1",
    f"{CONTACT_CHANGED}_1",
    f"{HANDED_OVER}_2",
    SEVERAL_BOOKINGS,
)


@pytest.fixture
def appointment(database: Database, town: Town, visitor: Visitor) -> Appointment:
    """An appointment with a sign language interpreter; its page is open, and the council answers in sign language."""
    with database.writing() as db:
        db.get_one(Authority, town.authority_id).bsl_contact = SIGNED
        bump_plan(db, town.authority_id)
    go_to_times(visitor)
    visitor.open(f"{visitor.at}?service=certify&site=high-street&mode=in_person&day=2026-11-24&need=bsl&visit=one")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    visitor.open(visitor.page.link("See, change or cancel").join(("!", "")))
    return the_row(database)


def check_words(text: str) -> None:
    """Nobody is told to ring, and where there is a number, there are the other ways too."""
    told = [line for line in re.split(r"(?<=[.!?])\s|\n", text) if TOLD_TO_RING.search(line)]
    assert told == []
    assert PHONE in text
    missing = [way for way in (RELAY, EMAIL, SIGNED) if way not in text]
    assert missing == []


def text_of(html: str) -> str:
    """The words of a page, a line for each element."""
    body = html.partition("<body")[2].partition(">")[2]
    return re.sub(r"<[^>]+>", "\n", body.replace("&#39;", "'"))


def bodies(database: Database, appointment: Appointment) -> Iterator[EmailBody]:
    """Every kind of message about the appointment as it is now."""
    with database.reading() as db:
        facts = message_facts(db, [appointment.id])[appointment.id]
    writer = MessageWriter("http://localhost", "for-tests-only", "appointments@example.org")
    for kind in KINDS:
        yield writer.write(kind, facts, Delivery("email", "robin@example.org", "Robin Sample"))


def test_no_page_that_the_appointment_leads_to_tells_anybody_to_ring(
    visitor: Visitor, appointment: Appointment
) -> None:
    found = crawl(visitor.client, f"/testshire/appointment/{appointment.reference}", {}, each=3)
    paths = [path for opened in found.opened.values() for path in opened]
    assert len(paths) > 20
    for path in paths:
        answer = visitor.client.get(path, follow_redirects=True)
        if answer.mimetype == "text/html" and "/privacy" not in path:
            check_words(text_of(answer.text))


@pytest.mark.parametrize("state", ["booked", "cancelled_by_resident", "cancelled_by_authority", "did_not_attend"])
@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=23, minutes=30), timedelta(days=9)])
def test_no_state_and_no_hour_leaves_the_telephone_alone(
    database: Database, town_app: Flask, visitor: Visitor, appointment: Appointment, state: str, later: timedelta
) -> None:
    with database.writing() as db:
        db.get_one(Appointment, appointment.id).state = state
    clock_of(town_app).advance(later)
    for ending in ("", "/cancel", "/needs", "/contact", f"/move?slot={appointment.slot_token}"):
        visitor.open(f"/appointment/{appointment.reference}{ending}")
        check_words(visitor.page.text)


@pytest.mark.parametrize("mode", ["in_person", "phone", "video"])
def test_every_message_names_every_way(database: Database, appointment: Appointment, mode: str) -> None:
    with database.writing() as db:
        db.get_one(Appointment, appointment.id).mode = mode
    for body in bodies(database, appointment):
        check_words(body.text)
        check_words(text_of(body.html))


def test_the_calendar_names_every_way(visitor: Visitor, appointment: Appointment) -> None:
    file = visitor.client.get(f"/testshire/appointment/{appointment.reference}.ics").text
    check_words(file.replace("\r\n ", "").replace("\\n", "\n").replace("\\,", ","))


def test_an_error_page_names_every_way(visitor: Visitor, appointment: Appointment) -> None:
    for path in ("/no/such/page", f"/appointment/{appointment.reference[::-1]}", "/times?service=certify&day=never"):
        visitor.open(path)
        check_words(visitor.page.text)


def test_a_council_that_has_given_nothing_has_no_line(database: Database, town: Town) -> None:
    with database.writing() as db:
        council = db.get_one(Authority, town.authority_id)
        council.phone = council.email = ""
        bump_plan(db, town.authority_id)
    with database.reading() as db:
        assert contact_lines(catalogue_of(db, "testshire").authority, language_for("en")) == []


def test_no_template_of_residents_writes_a_number_of_its_own() -> None:
    """The number of the council comes from one macro, so that no page can show it alone."""
    folders = [ROOT / "templates" / name for name in ("resident", "errors", "messages", "components")]
    templates = [path for folder in folders for path in folder.rglob("*.*")]
    assert [_short(path) for path in templates if re.search(r"(authority|message)\.phone", path.read_text())] == []


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
