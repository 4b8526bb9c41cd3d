"""Letters go to whoever has neither email nor telephone, when they arrive in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from booking.events import appointment_changed
from core.clock import FixedClock
from core.contact_values import parse_postal_lines
from core.database import Database
from core.errors import InvalidValue
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.letters import LetterBody
from reminders.outbox import plan_notifications
from reminders.recipients import CHANNELS
from reminders.stuck_messages import replace_stuck
from reminders.untold import untold
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.reminders.make_bulk_notifications import notifications
from tests.support.factories import NOW, make_appointment, make_runtime, make_world

ADDRESS = "1 High Street\nTestshire"
MARY = ResidentDetails("Mary Nobody", postcode="NW11 9QS", address=ADDRESS, letter_format="large_print")
SOON, LATER = NOW + timedelta(days=1, hours=1), NOW + timedelta(days=14, hours=1)


@pytest.fixture(autouse=True)
def _channels(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text", "letter", "call"}))


def book(database: Database, when: datetime, who: ResidentDetails = MARY) -> dict[str, str]:
    """The channel of each message that a booking for then is owed."""
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(make_runtime(database), make_world(database), when, resident=who)
    return {row.kind: row.channel for row in notifications(database)}


def test_a_letter_is_sent_to_the_address_in_time_for_the_post(database: Database, clock: FixedClock) -> None:
    owed = book(database, LATER)
    assert owed["confirmation"] == "letter"
    assert owed["reminder_1d"] == "letter"
    (reminder,) = [row for row in notifications(database) if row.kind == "reminder_1d"]
    assert reminder.due_at < reminder.useful_until < LATER - timedelta(days=3)
    letters = RecordingChannel(body_type=LetterBody)
    Worker(database, clock, {"letter": letters}, writer()).send_due()
    (message,) = letters.sent
    assert isinstance(message.body, LetterBody)
    assert message.body.address_lines == ("Mary Nobody", "1 High Street", "Testshire", "NW11 9QS")
    assert message.body.large_print


@pytest.mark.parametrize("phone", ["07700 900123", ""])
def test_a_letter_that_misses_the_post_is_a_matter_for_staff_until_the_visit(database: Database, phone: str) -> None:
    book(database, LATER, replace(MARY, phone=phone, contact_preference="letter"))
    owed = [row for row in notifications(database) if row.status == "pending"]
    letter = next(row for row in owed if row.kind == "confirmation")
    early, late = (make_runtime(database, letter.useful_until - timedelta(minutes=left)) for left in (31, 29))
    assert replace_stuck(early) == 0
    assert replace_stuck(late) == len(owed)
    rows = {row.channel: row for row in notifications(database) if row.kind == "confirmation"}
    assert (rows["letter"].status, rows["letter"].reason) == ("failed", "too_late")
    assert {row.useful_until for row in rows.values()} == {LATER}
    assert ("call" in rows) == bool(phone)
    with database.reading() as db:
        listed = untold(db, letter.authority_id, late.clock.now(), site_ids=None, limit=9)
    assert [one.appointment_id for one in listed] == [letter.appointment_id]


def test_what_would_arrive_too_late_is_no_letter(database: Database) -> None:
    assert "letter" not in book(database, SOON).values()


@pytest.mark.parametrize(
    "who",
    [
        ResidentDetails("Mary Nobody", address=ADDRESS),
        ResidentDetails("Mary Nobody", postcode="NW11 9QS"),
    ],
)
def test_no_letter_goes_to_an_address_that_is_not_whole(database: Database, who: ResidentDetails) -> None:
    assert "letter" not in book(database, LATER, who).values()


def test_no_letter_goes_where_one_came_back_from(database: Database, clock: FixedClock) -> None:
    book(database, LATER)
    with database.writing() as db:
        db.execute(update(Resident).values(letter_returned_at=NOW))
    letters = RecordingChannel(body_type=LetterBody)
    Worker(database, clock, {"letter": letters}, writer()).send_due()
    assert letters.sent == []


@given(st.text(max_size=400))
def test_lines_of_an_address_fit_into_the_window_of_a_letter(typed: str) -> None:
    try:
        lines = parse_postal_lines(typed).split("\n")
    except InvalidValue:
        return
    assert len(lines) <= 5
    assert all(line == line.strip() and len(line) <= 60 for line in lines)
    assert parse_postal_lines("\n".join(lines)) == "\n".join(lines)
