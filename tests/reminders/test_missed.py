"""Who did not come is written to some hours later, if the council wants it, once, and not after a correction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.states import State
from booking.tables import RebookItem
from booking.use_cases.book import Booked
from booking.use_cases.outcomes import correct, record_outcome
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.details import ResidentDetails
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.factories import World, make_appointment, make_runtime, make_world

STAFF = Actor("staff", 1, "Sam Staff")
START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START + timedelta(hours=1))


@pytest.fixture
def world(database: Database) -> World:
    world = make_world(database)
    write_after(database, 2)
    return world


def write_after(database: Database, hours: int | None) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(missed_message_hours=hours, plan_version=Authority.plan_version + 1))


def book(database: Database, world: World, **values: str) -> Booked:
    who: dict[str, Any] = {"email": "robin@example.org"} | values
    return make_appointment(make_runtime(database), world, START, resident=ResidentDetails("Robin Sample", **who))


def record(database: Database, clock: FixedClock, world: World, booked: Booked, to: State) -> None:
    runtime = Runtime(make_runtime(database).settings, database, clock)
    where = (runtime, world.authority_id, booked.reference, to)
    if to is State.BOOKED:
        correct(*where, actor=STAFF, reason="The wrong row")
    else:
        record_outcome(*where, actor=STAFF)


def missed(database: Database) -> list[tuple[str, datetime]]:
    """The state of each such message, and when it is due."""
    with database.reading() as db:
        rows = db.scalars(select(Notification).where(Notification.kind.startswith("missed")).order_by(Notification.id))
        return [(row.status, row.due_at) for row in rows]


def sent(database: Database, clock: FixedClock) -> list[str]:
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    return [message.email.text for message in channel.sent]


def test_it_goes_some_hours_later_and_leads_to_the_same_service(
    database: Database, clock: FixedClock, world: World
) -> None:
    booked = book(database, world)
    record(database, clock, world, booked, State.DID_NOT_ATTEND)
    assert missed(database) == [("pending", START + timedelta(hours=3))]
    clock.advance(timedelta(hours=2))
    (said,) = sent(database, clock)
    assert "did not see you" in said
    assert "/again" in said


def test_a_correction_withdraws_it_and_only_the_last_word_is_told(
    database: Database, clock: FixedClock, world: World
) -> None:
    booked = book(database, world)
    for to in (State.DID_NOT_ATTEND, State.BOOKED, State.DID_NOT_ATTEND, State.BOOKED, State.DID_NOT_ATTEND):
        record(database, clock, world, booked, to)
        clock.advance(timedelta(minutes=30))
    due = [START + timedelta(hours=3 + number) for number in range(3)]
    assert missed(database) == list(zip(("void", "void", "pending"), due, strict=True))
    clock.advance(timedelta(hours=3))
    assert len(sent(database, clock)) == 1
    record(database, clock, world, booked, State.BOOKED)
    record(database, clock, world, booked, State.DID_NOT_ATTEND)
    assert [status for status, _ in missed(database)] == ["void", "void", "sent"]


@pytest.mark.parametrize(
    ("hours", "person", "expected"),
    [
        (None, {}, []),
        (2, {"contact_preference": "none"}, ["withheld"]),
        (2, {"email": "", "phone": "07700 900123"}, ["withheld"]),
    ],
    ids=["the council does not want it", "no contact", "only a telephone: staff ring nobody about it"],
)
def test_who_is_not_written_to(
    database: Database, clock: FixedClock, world: World, hours: int | None, person: dict[str, str], expected: list[str]
) -> None:
    write_after(database, hours)
    record(database, clock, world, book(database, world, **person), State.DID_NOT_ATTEND)
    clock.advance(timedelta(hours=2))
    assert sent(database, clock) == []
    assert [status for status, _ in missed(database)] == expected


def test_nobody_is_blamed_whose_visit_could_not_take_place(database: Database, clock: FixedClock, world: World) -> None:
    booked = book(database, world)
    with database.writing() as db:
        item = {"appointment_id": booked.appointment_id, "authority_id": world.authority_id}
        db.add(RebookItem(**item, reason="hours", created_at=START))
    record(database, clock, world, booked, State.DID_NOT_ATTEND)
    clock.advance(timedelta(hours=2))
    assert sent(database, clock) == []
    assert [status for status, _ in missed(database)] == ["withheld"]


def test_it_waits_for_the_morning_whatever_the_channel(database: Database, clock: FixedClock, world: World) -> None:
    booked = book(database, world)
    clock.instant = datetime(2026, 12, 8, 19, 30, tzinfo=UTC)
    record(database, clock, world, booked, State.DID_NOT_ATTEND)
    assert missed(database) == [("pending", datetime(2026, 12, 9, 8, tzinfo=UTC))]


@pytest.mark.parametrize(("days", "is_owed"), [(6, True), (7, False), (30, False)])
def test_lists_of_past_weeks_that_are_put_right_write_to_nobody(
    database: Database, clock: FixedClock, world: World, days: int, is_owed: bool
) -> None:
    booked = book(database, world)
    clock.advance(timedelta(days=days))
    record(database, clock, world, booked, State.DID_NOT_ATTEND)
    assert bool(missed(database)) is is_owed
