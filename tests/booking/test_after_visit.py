"""After a visit: its words are kept and told once, what was wrong is corrected, and the next visit is booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.after_visit import book_follow_up, write_words
from booking.use_cases.book import Booked, Booking
from booking.use_cases.end_of_visit import AtCounter
from booking.use_cases.next_booking import beside_of
from booking.use_cases.outcomes import correct, record_outcome
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn, VisitState
from booking.visits.visit_words import VisitWords
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import IllegalMove, NotFound, Stale
from core.runtime import Runtime
from locations.tables import Authority, Service
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.factories import World, make_appointment, make_runtime, make_world, slot_key_at

STAFF = Actor("staff", 1, "Sam Staff")
START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
DONE = VisitWords("Checked the form", "A decision by 12 January")


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START + timedelta(minutes=20))


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def runtime(database: Database, clock: FixedClock) -> Runtime:
    return Runtime(make_runtime(database).settings, database, clock)


def book(database: Database, world: World, **values: str) -> Booked:
    who: dict[str, Any] = {"email": "robin@example.org"} | values
    return make_appointment(make_runtime(database), world, START, resident=ResidentDetails("Robin Sample", **who))


def here(world: World, reference: str, seen: str | None = None) -> AtCounter:
    return AtCounter(world.authority_id, world.site_id, reference, seen)


def write(runtime: Runtime, world: World, booked: Booked, words: VisitWords = DONE) -> None:
    write_words(runtime, here(world, booked.reference), words, actor=STAFF)


def back_to(runtime: Runtime, world: World, booked: Booked, *states: State) -> None:
    for state in states:
        correct(runtime, world.authority_id, booked.reference, state, actor=STAFF, reason="The wrong row")


def attend(runtime: Runtime, world: World, booked: Booked, *states: State) -> None:
    for state in states or (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED):
        record_outcome(runtime, world.authority_id, booked.reference, state, actor=STAFF, reason="No passport")


def owed(database: Database) -> list[tuple[str, str]]:
    """The kind and the state of each message about the time after the visit."""
    after = Notification.kind.contains("summary")
    with database.reading() as db:
        rows = db.scalars(select(Notification).where(after).order_by(Notification.id))
        return [(row.kind, row.status) for row in rows]


def sent(database: Database, clock: FixedClock, minutes: int = 10) -> list[str]:
    clock.advance(timedelta(minutes=minutes))
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    return [f"{message.email.subject}\n{message.email.text}" for message in channel.sent]


def kept(database: Database) -> VisitWords:
    with database.reading() as db:
        row = db.scalars(select(DayVisit)).one()
        return VisitWords(row.done, row.next_step)


def test_the_words_end_the_visit_and_are_told_ten_minutes_later_once(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    sent(database, clock, 0)
    write(runtime, world, booked)
    with database.reading() as db:
        assert db.scalars(select(Appointment.state)).one() == State.ATTENDED
    assert kept(database) == DONE
    assert sent(database, clock, 9) == []
    (said,) = sent(database, clock, 1)
    assert "After your visit on Tuesday 8 December 2026" in said
    assert "Checked the form" in said
    assert "A decision by 12 January" in said
    write(runtime, world, booked)
    assert sent(database, clock) == []
    assert owed(database) == [("summary_1", "sent")]


def test_an_outcome_by_one_click_tells_nothing(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    attend(runtime, world, book(database, world))
    sent(database, clock)
    assert owed(database) == []


def test_what_is_put_right_in_time_is_told_once_as_it_is(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    sent(database, clock, 0)
    write(runtime, world, booked, VisitWords("The wrong line"))
    back_to(runtime, world, booked, State.IN_PROGRESS)
    assert owed(database) == [("summary_1", "void")]
    attend(runtime, world, booked, State.NOT_COMPLETED)
    write(runtime, world, booked)
    (said,) = sent(database, clock)
    assert "wrong line" not in said
    assert owed(database) == [("summary_1", "void"), ("summary_2", "sent")]


def test_what_was_told_is_corrected_and_the_same_words_are_not_told_twice(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    write(runtime, world, booked, VisitWords("The wrong line"))
    sent(database, clock)
    back_to(runtime, world, booked, State.IN_PROGRESS)
    attend(runtime, world, booked, State.ATTENDED)
    assert owed(database) == [("summary_1", "sent"), ("no_summary_2", "void")]
    write(runtime, world, booked)
    write(runtime, world, booked, VisitWords("The right line"))
    (said,) = sent(database, clock)
    assert "Correction: your visit on" in said
    assert "The right line" in said
    assert owed(database)[2:] == [("summary_corrected_3", "sent")]


def test_what_was_told_and_is_not_so_is_taken_back(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    write(runtime, world, booked)
    sent(database, clock)
    back_to(runtime, world, booked, State.IN_PROGRESS, State.ARRIVED, State.BOOKED)
    assert kept(database) == VisitWords()
    assert sent(database, clock, 59) == []
    (said,) = sent(database, clock, 1)
    assert "was not right. Please do not rely on it." in said
    assert "Checked the form" not in said
    write(runtime, world, booked)
    (said,) = sent(database, clock)
    assert "After your visit" in said


@pytest.mark.parametrize("away", [VisitWords("The wrong line"), VisitWords()], ids=["corrected", "emptied"])
def test_a_correction_that_says_again_what_was_told_is_not_sent(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, away: VisitWords
) -> None:
    booked = book(database, world)
    write(runtime, world, booked)
    assert len(sent(database, clock)) == 1
    write(runtime, world, booked, away)
    write(runtime, world, booked)
    assert sent(database, clock, 120) == []
    assert [status for _, status in owed(database)] == ["sent", "void"]
    write(runtime, world, booked, VisitWords("The right line"))
    (said,) = sent(database, clock)
    assert "The right line" in said
    write(runtime, world, booked)  # as it was at first, but they have read something else since
    (said,) = sent(database, clock)
    assert "Checked the form" in said


def test_words_that_are_emptied_are_not_told(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    sent(database, clock, 0)
    write(runtime, world, booked)
    write(runtime, world, booked, VisitWords())
    assert sent(database, clock) == []
    assert owed(database) == [("summary_1", "void")]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"contact_preference": "none"}, "withheld"),
        ({"email": "", "phone": "07700 900123"}, "withheld"),
        ({"email": "", "phone": ""}, "withheld"),
    ],
    ids=["no contact", "only a telephone: staff ring nobody about it", "no address"],
)
def test_who_is_told_nothing(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, person: dict[str, str], expected: str
) -> None:
    write(runtime, world, book(database, world, **person))
    assert sent(database, clock) == []
    assert owed(database) == [("summary_1", expected)]


@pytest.mark.parametrize("is_of_service", [True, False], ids=["of the service", "asked for by the resident"])
def test_a_neutral_name_hides_the_words(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, is_of_service: bool
) -> None:
    booked = book(database, world)
    sent(database, clock, 0)
    with database.writing() as db:
        if is_of_service:
            db.execute(update(Service).values(message_name="your visit"))
            db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
        else:
            db.execute(update(Resident).values(uses_neutral_name=True))
    write(runtime, world, booked)
    (said,) = sent(database, clock)
    assert "Checked the form" not in said
    assert "12 January" not in said
    assert "It is not written here, so that nobody else reads it." in said


def test_a_page_that_is_out_of_date_changes_nothing(database: Database, world: World, runtime: Runtime) -> None:
    booked = book(database, world)
    attend(runtime, world, booked, State.ARRIVED)
    with pytest.raises(Stale):
        write_words(runtime, here(world, booked.reference, "old"), DONE, actor=STAFF)
    assert kept(database) == VisitWords()


@pytest.mark.parametrize(("days", "is_kept"), [(7, True), (8, False)])
def test_words_can_be_written_for_a_week(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, days: int, is_kept: bool
) -> None:
    booked = book(database, world)
    attend(runtime, world, booked)
    clock.advance(timedelta(days=days))
    if is_kept:
        write(runtime, world, booked)
        assert kept(database) == DONE
    else:
        with pytest.raises(IllegalMove):
            write(runtime, world, booked)


def test_nothing_is_said_of_who_did_not_come_or_left(database: Database, world: World, runtime: Runtime) -> None:
    booked = book(database, world)
    attend(runtime, world, booked, State.ARRIVED, State.LEFT_BEFORE_SEEN)
    with pytest.raises(IllegalMove):
        write(runtime, world, booked)


def test_a_walk_in_keeps_the_words_and_is_told_nothing(database: Database, world: World, runtime: Runtime) -> None:
    new = NewWalkIn("Wendy Walker")
    given = take_walk_in(runtime, world.authority_id, "high-street", "certify", new, actor=STAFF)
    write_words(runtime, here(world, given.reference), DONE, actor=STAFF)
    assert kept(database) == DONE
    with database.reading() as db:
        assert db.scalars(select(DayVisit.state)).one() == VisitState.ENDED
    assert owed(database) == []


def test_the_next_visit_is_on_the_same_record_with_all_that_was_known(
    database: Database, world: World, runtime: Runtime
) -> None:
    booked = book(database, world)
    attend(runtime, world, booked)
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
    next_week = Booking(
        world.authority_id,
        "counter",
        row.resident_id,
        slot_key=slot_key_at(world, START + timedelta(days=7)),
        support_needs=("step-free",),
        beside=beside_of(row),
    )
    made = book_follow_up(runtime, here(world, booked.reference), next_week, actor=STAFF)
    with database.reading() as db:
        later = db.scalars(select(Appointment).where(Appointment.reference == made)).one()
        assert (later.resident_id, later.support_needs) == (row.resident_id, ["step-free"])
        assert (later.missing_before, later.state) == ([], State.BOOKED)
        assert db.scalars(select(DayVisit.booked_next)).one() == made
    with pytest.raises(Stale):  # one is enough
        book_follow_up(runtime, here(world, booked.reference), next_week, actor=STAFF)


def test_who_was_not_here_is_booked_nothing_next(database: Database, world: World, runtime: Runtime) -> None:
    booked = book(database, world)
    slot = slot_key_at(world, START + timedelta(days=7))
    later = Booking(world.authority_id, "counter", ResidentDetails("Robin"), slot_key=slot)
    with pytest.raises(NotFound):
        book_follow_up(runtime, here(world, booked.reference), later, actor=STAFF)
