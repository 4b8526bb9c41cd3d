"""What somebody needs is said back to them on every page, in every message and in the calendar, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from booking.arrangements import ArrangementState
from booking.events import appointment_changed
from booking.tables import Appointment
from booking.use_cases.arrange_need import Decision, arrange_need
from core.database import Database
from reminders.appointment_queries import message_facts
from reminders.messages import EmailBody, MessageWriter
from reminders.outbox import plan_notifications
from reminders.recipients import Delivery
from tests.support.factories import AGENT, make_runtime
from tests.web.resident.browser import Visitor, fill_in, go_to_times
from tests.web.resident.test_manage_pages import the_row

pytestmark = pytest.mark.databases("sqlite")

CONFIRMED, NOT_POSSIBLE = ArrangementState.CONFIRMED, ArrangementState.NOT_POSSIBLE
NEEDS = "need=bsl&need=language&need=extra-time&language=Polish"
EXTRA_TIME = "Extra time"
BSL, POLISH = "British Sign Language interpreter: ", "Interpreter for Polish: "
LOOKING, FOUND, NONE = "we are looking for one", "confirmed", "we could not find one"


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


def book(visitor: Visitor, **typed: str) -> None:
    """Book with two interpreters and extra time; the page says that it is booked."""
    go_to_times(visitor)
    visitor.open(f"{visitor.at}?service=certify&site=high-street&mode=in_person&day=2026-11-24&{NEEDS}&visit=one")
    visitor.take_first_time()
    fill_in(visitor, **typed)
    assert f"British Sign Language interpreter; Interpreter for Polish; {EXTRA_TIME}" in visitor.page.text
    visitor.send("/check")


def decide(database: Database, need: str, state: ArrangementState) -> Appointment:
    """The appointment after staff have recorded this."""
    row = the_row(database)
    arrange_need(
        make_runtime(database), row.authority_id, row.reference, Decision(need, state, row.version), actor=AGENT
    )
    return row


def message(database: Database, kind: str) -> EmailBody:
    row = the_row(database)
    with database.reading() as db:
        facts = message_facts(db, [row.id])[row.id]
    writer = MessageWriter("http://localhost", "for-tests-only", "appointments@example.org")
    return writer.write(kind, facts, Delivery("email", "robin@example.org", "Robin Sample"))


def calendar(visitor: Visitor, reference: str) -> str:
    file = visitor.client.get(f"/testshire/appointment/{reference}.ics").text
    return file.replace("\r\n ", "").replace("\\n", "\n").replace("\\,", ",")


def test_needs_are_said_back_everywhere(database: Database, visitor: Visitor) -> None:
    book(visitor)
    said = (EXTRA_TIME, BSL + LOOKING, POLISH + LOOKING)
    shown = [visitor.page.text]
    assert "We are looking for an interpreter. We will write to you when we know." in visitor.page.text
    visitor.follow("See, change or cancel")
    row = the_row(database)
    shown += [visitor.page.text, calendar(visitor, row.reference)]
    for kind in ("confirmation", "reminder_1d", "rescheduled"):
        body = message(database, kind)
        shown += [body.text, body.html, body.calendar.replace("\r\n ", "").replace("\\,", ",")]
    for text in shown:
        assert [words for words in said if words not in text] == []


def test_who_gets_no_message_is_told_where_to_look(visitor: Visitor) -> None:
    book(visitor, email="", contact_preference="none")
    words = "We are looking for an interpreter. We cannot write to you about it: contact us to find out"
    assert words in visitor.page.text
    assert "18001 01632 960000" in visitor.page.text
    visitor.follow("See, change or cancel")
    assert words in visitor.page.text


def test_the_resident_sees_and_reads_that_an_interpreter_was_found(database: Database, visitor: Visitor) -> None:
    book(visitor)
    visitor.follow("See, change or cancel")
    decide(database, "bsl", CONFIRMED)
    row = decide(database, "language", CONFIRMED)
    visitor.open(f"/appointment/{row.reference}")
    assert BSL + FOUND in visitor.page.text
    assert "We are looking" not in visitor.page.text
    assert POLISH + FOUND in calendar(visitor, row.reference)
    told = message(database, "arrangement_2")
    assert told.subject == "Your interpreter for the appointment on Tuesday 24 November 2026 at 9am"
    assert "We have found an interpreter for your appointment." in told.text
    assert told.calendar == ""


def test_who_gets_no_interpreter_may_move_cancel_or_write(database: Database, visitor: Visitor) -> None:
    book(visitor)
    visitor.follow("See, change or cancel")
    decide(database, "bsl", CONFIRMED)
    row = decide(database, "language", NOT_POSSIBLE)
    visitor.open(f"/appointment/{row.reference}")
    page = visitor.page
    assert (BSL + FOUND in page.text, POLISH + NONE in page.text) == (True, True)
    assert "We could not find an interpreter for this time. You are still booked." in page.text
    assert page.link("Choose another time")
    assert page.link("Cancel the appointment")
    assert page.link("help@testshire.example") == "mailto:help@testshire.example"
    told = message(database, "arrangement_2")
    assert told.subject == "No interpreter for your appointment on Tuesday 24 November 2026 at 9am"
    for words in ("You can choose another time, cancel, or contact us.", "/manage/", "18001 01632 960000"):
        assert words in told.text
        assert words in told.html


def test_a_cancelled_appointment_says_nothing_of_interpreters(database: Database, visitor: Visitor) -> None:
    book(visitor)
    visitor.follow("See, change or cancel")
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    assert "interpreter" not in visitor.page.text
    assert "nterpreter" not in message(database, "cancelled").text
    assert "nterpreter" not in calendar(visitor, the_row(database).reference)
