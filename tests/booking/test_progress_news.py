"""News of how far it has come after a visit: for whoever asked, once, corrected where it was not so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from booking.documents.progress_steps import Step
from booking.events import appointment_changed
from booking.queries.appointments import stamp_of_row
from booking.tables import Appointment
from booking.use_cases.note_progress import note_progress, take_back_progress
from booking.use_cases.progress_news import want_progress_news
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import IllegalMove, Stale
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.factories import World, make_appointment, make_runtime, make_world

STAFF, THEM = Actor("staff", 1, "Sam Staff"), Actor.resident()
START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


class Visit:
    """A visit that is over, by email."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FixedClock(START + timedelta(hours=2))
        self.world: World = make_world(database)
        self.runtime = Runtime(make_runtime(database).settings, database, self.clock)
        who = ResidentDetails("Robin Sample", email="robin@example.org")
        booked = make_appointment(make_runtime(database), self.world, START, resident=who)
        self.reference = booked.reference
        with database.writing() as db:
            db.execute(update(Appointment).values(state="attended"))
            db.execute(update(Notification).values(status="void"))

    @property
    def stamp(self) -> str:
        with self.database.reading() as db:
            return stamp_of_row(db.scalars(select(Appointment)).one())

    def want(self, *, wants: bool = True) -> None:
        about = (self.runtime, self.world.authority_id, self.reference)
        want_progress_news(*about, wants=wants, actor=THEM, seen=self.stamp)

    def note(self, step: Step, paper: str = "") -> None:
        self.clock.advance(timedelta(seconds=1))
        note_progress(self.runtime, self.world.authority_id, self.reference, step, paper, actor=STAFF)

    def take_back(self) -> None:
        about = (self.runtime, self.world.authority_id, self.reference)
        take_back_progress(*about, actor=STAFF, site_id=self.world.site_id, seen=self.stamp)

    def sent(self) -> list[str]:
        """The texts of the messages that go out in the next ten minutes."""
        self.clock.advance(timedelta(minutes=10))
        channel = RecordingChannel()
        worker_on(self.database, self.clock, channel).send_due()
        return [message.email.text for message in channel.sent]


@pytest.fixture
def visit(database: Database) -> Visit:
    return Visit(database)


def test_only_who_asked_is_told_and_of_the_newest_step_alone(visit: Visit) -> None:
    visit.note(Step.PAPERS_ARRIVED)
    assert visit.sent() == []
    visit.want()
    assert visit.sent() == []
    visit.note(Step.WITH_TEAM)
    visit.note(Step.PAPER_NEEDED, "Rent book")
    (text,) = visit.sent()
    assert "We need one more paper\nRent book" in text
    assert "team" not in text
    visit.note(Step.DECIDED)
    (text,) = visit.sent()
    assert "It is decided" in text
    assert "not right" not in text
    visit.want(wants=False)
    visit.note(Step.WITH_TEAM)
    assert visit.sent() == []


def test_what_is_taken_back_in_time_is_not_told_and_later_it_is_corrected(visit: Visit) -> None:
    visit.want()
    visit.note(Step.PAPERS_ARRIVED)
    assert len(visit.sent()) == 1
    visit.note(Step.DECIDED)
    visit.take_back()
    assert visit.sent() == []  # they know that the papers are there
    visit.take_back()
    (text,) = visit.sent()
    assert "was not right" in text
    assert "Nothing is noted at the moment." in text
    visit.note(Step.WITH_TEAM)
    (text,) = visit.sent()
    assert "It is with the team that decides" in text


def test_who_ends_it_before_it_goes_out_or_wants_no_contact_is_told_nothing(visit: Visit) -> None:
    visit.want()
    visit.note(Step.WITH_TEAM)
    visit.want(wants=False)
    assert visit.sent() == []
    visit.want()
    with visit.database.writing() as db:
        db.execute(update(Resident).values(contact_preference="none"))
    visit.note(Step.DECIDED)
    assert visit.sent() == []


def test_a_neutral_name_keeps_the_step_out_of_the_message(visit: Visit) -> None:
    visit.want()
    with visit.database.writing() as db:
        db.execute(update(Resident).values(uses_neutral_name=True))
    visit.note(Step.PAPER_NEEDED, "Rent book")
    (text,) = visit.sent()
    assert "Rent book" not in text
    assert "/manage/" in text


def test_an_older_page_and_a_visit_that_was_not_change_nothing(visit: Visit) -> None:
    about, old = (visit.runtime, visit.world.authority_id, visit.reference), visit.stamp
    visit.note(Step.WITH_TEAM)
    with pytest.raises(Stale):
        want_progress_news(*about, wants=True, actor=THEM, seen=old)
    with visit.database.writing() as db:
        db.execute(update(Appointment).values(state="did_not_attend"))
    with pytest.raises(IllegalMove):
        visit.want()
    with visit.database.reading() as db:
        assert not db.scalars(select(Appointment.tells_progress)).one()
