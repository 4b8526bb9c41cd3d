"""What a message says of the time that people were told before, when the message about the newer one never went out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import cast

import pytest
from icalendar import Calendar, Event

from booking.events import appointment_changed
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.clock import FixedClock
from core.database import Database
from people.residents.details import ResidentDetails
from reminders.channels.registry import email_channel
from reminders.outbox import plan_notifications
from tests.faults.mail_server import MailServer, running
from tests.reminders.channels import worker_for
from tests.support.factories import AGENT, make_appointment, make_runtime, make_world, slot_key_at

THURSDAY = datetime(2026, 12, 3, 10, 30, tzinfo=UTC)
FRIDAY, MONDAY = datetime(2026, 12, 4, 9, 30, tzinfo=UTC), datetime(2026, 12, 7, 14, tzinfo=UTC)
IN_WORDS = {
    THURSDAY: "Thursday 3 December 2026 at 10:30am",
    FRIDAY: "Friday 4 December 2026 at 9:30am",
    MONDAY: "Monday 7 December 2026 at 2pm",
}


class Visit:
    """An appointment for Zoë at Thursday 10:30, and what a mail server took about it."""

    def __init__(self, database: Database) -> None:
        self.runtime, self.world = make_runtime(database), make_world(database)
        details = ResidentDetails("Zoë Sample", email="zoe@example.org")
        self.booked = make_appointment(self.runtime, self.world, THURSDAY, resident=details)
        self.server = MailServer()

    def send(self, *, fails: bool = False) -> list[EmailMessage]:
        """What the server took of what is due now; nothing when it `fails` for the time being."""
        self.server.taken.clear()
        self.server.reply = lambda _email: "451 later" if fails else "250 OK"
        with running(self.server) as url:
            settings = replace(self.runtime.settings, smtp_url=url, mail_from="appointments@testshire.example.org")
            worker_for(self.runtime, email_channel(settings, self.runtime.database)).send_due()
        return list(self.server.taken)

    def pass_time(self, minutes: int = 1) -> None:
        """Let the clock go on."""
        cast(FixedClock, self.runtime.clock).advance(timedelta(minutes=minutes))

    def move(self, starts_at: datetime) -> None:
        """Another time."""
        self.pass_time()
        key = slot_key_at(self.world, starts_at)
        whose = (self.world.authority_id, self.booked.reference)
        reschedule(self.runtime, *whose, Move(slot_key=key), actor=AGENT, enforce_cutoff=False)

    def cancel(self) -> None:
        """No time at all."""
        self.pass_time()
        whose = (self.world.authority_id, self.booked.reference)
        cancel(self.runtime, *whose, actor=AGENT, by="authority", reason="No adviser", enforce_cutoff=False)


@pytest.fixture
def visit(database: Database) -> Iterator[Visit]:
    """The visit, with the outbox listening."""
    with appointment_changed.connected_to(plan_notifications):
        yield Visit(database)


def said(email: EmailMessage) -> list[datetime]:
    """The times that its text names, the first named first."""
    text = words_of(email)
    return sorted((at for at, words in IN_WORDS.items() if words in text), key=lambda at: text.index(IN_WORDS[at]))


def words_of(email: EmailMessage) -> str:
    """Subject and text."""
    text: str = cast(EmailMessage, email.get_body(("plain",))).get_content()
    return f"{email['Subject']}\n{text}"


def event_of(email: EmailMessage) -> Event:
    """The event of its calendar file."""
    part = next(part for part in email.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(cast(bytes, part.get_payload(decode=True)))
    (event,) = calendar.events
    return event


def test_a_cancellation_names_the_time_that_they_were_told_when_the_move_was_not(visit: Visit) -> None:
    (confirmation,) = visit.send()
    visit.move(FRIDAY)
    visit.cancel()
    (cancellation,) = visit.send()
    assert IN_WORDS[THURSDAY] in cancellation["Subject"]
    assert said(cancellation) == [THURSDAY, FRIDAY]
    assert "It had been moved to Friday 4 December 2026 at 9:30am. That time is cancelled too." in words_of(
        cancellation
    )
    booked, cancelled = event_of(confirmation), event_of(cancellation)
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["UID"] == booked["UID"]
    assert cancelled.sequence > booked.sequence
    assert (cancelled.start, cancelled.end) == (booked.start, booked.end)


def test_a_move_that_a_mail_server_did_not_take_is_not_what_they_were_told(visit: Visit) -> None:
    visit.send()
    visit.move(FRIDAY)
    assert visit.send(fails=True) == []
    visit.cancel()
    (cancellation,) = visit.send()
    assert said(cancellation) == [THURSDAY, FRIDAY]


def test_a_cancellation_names_the_newer_time_alone_when_they_were_told_it(visit: Visit) -> None:
    visit.send()
    visit.move(FRIDAY)
    (notice,) = visit.send()
    assert said(notice) == [FRIDAY, THURSDAY]
    visit.cancel()
    (cancellation,) = visit.send()
    assert said(cancellation) == [FRIDAY]
    assert event_of(cancellation).start == FRIDAY


@pytest.mark.parametrize("moved", [False, True])
def test_a_cancellation_names_the_time_that_is_cancelled_when_they_were_told_none(visit: Visit, *, moved: bool) -> None:
    if moved:
        visit.move(FRIDAY)
    visit.cancel()
    (cancellation,) = visit.send()
    assert said(cancellation) == [FRIDAY if moved else THURSDAY]


def test_a_move_after_a_move_names_the_time_that_they_were_told(visit: Visit) -> None:
    visit.send()
    visit.move(FRIDAY)
    visit.move(MONDAY)
    (notice,) = visit.send()
    assert said(notice) == [MONDAY, THURSDAY]
    assert event_of(notice).start == MONDAY


def test_a_move_back_names_no_other_time(visit: Visit) -> None:
    visit.send()
    visit.move(FRIDAY)
    visit.move(THURSDAY)
    (notice,) = visit.send()
    assert said(notice) == [THURSDAY]


def test_a_reminder_tells_the_time_too(visit: Visit) -> None:
    """The confirmation did not go out, the reminder a week before did."""
    assert visit.send(fails=True) == []
    visit.pass_time(minutes=4 * 24 * 60)
    assert {said(email)[0] for email in visit.send()} == {THURSDAY}
    visit.move(FRIDAY)
    visit.cancel()
    (cancellation,) = visit.send()
    assert said(cancellation) == [THURSDAY, FRIDAY]
