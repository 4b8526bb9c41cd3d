"""Nobody is reminded to come to what cannot take place: reminders wait while an appointment is to be rebooked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from booking.events import appointment_changed
from booking.tables import RebookItem
from booking.use_cases.closures import list_touched
from booking.use_cases.rebook_items import close_rebook_items
from core.clock import FixedClock
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from people.residents.details import ResidentDetails
from reminders.channel_queue import DeliveryCounts
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import notifications
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world

STARTS = NOW + timedelta(days=2, hours=2)  # a Wednesday at 10:00
DAY_BEFORE = NOW + timedelta(days=1, hours=1)  # when the reminder of the day before is due


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def world(database: Database, clock: FixedClock, channel: RecordingChannel) -> World:
    """A library with an appointment that is confirmed, and a closure over it."""
    world = make_world(database)
    who = ResidentDetails("Robin Sample", email="robin@example.org")
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(make_runtime(database), world, STARTS, resident=who)
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=1)
    with database.writing() as db:
        bump_plan(db, world.authority_id, [world.site_id])
        shut = {"starts_at": STARTS - timedelta(hours=2), "ends_at": STARTS + timedelta(hours=6), "slug": "boiler"}
        closure = Closure(authority_id=world.authority_id, site_id=world.site_id, reason="Boiler", **shut)
        db.add(closure)
        db.flush()
        assert list_touched(db, closure.id, NOW) == 1
    return world


def rows(database: Database) -> dict[str, tuple[str, str]]:
    return {row.kind: (row.status, row.reason) for row in notifications(database)}


def pass_at(database: Database, clock: FixedClock, channel: RecordingChannel, at: datetime) -> int:
    """How many messages went out in a pass at this time."""
    clock.instant = at
    return worker_on(database, clock, channel).send_due().sent


@pytest.mark.usefixtures("world")
def test_no_reminder_says_come_while_it_is_to_be_rebooked(
    database: Database, clock: FixedClock, channel: RecordingChannel
) -> None:
    assert pass_at(database, clock, channel, DAY_BEFORE) == 0
    assert rows(database)["reminder_1d"] == ("pending", "awaits_rebooking")
    for at in (DAY_BEFORE + timedelta(minutes=10), STARTS - timedelta(hours=2), STARTS - timedelta(minutes=9)):
        assert pass_at(database, clock, channel, at) == 0
    assert rows(database)["reminder_2h"] == ("withheld", "awaits_rebooking")
    assert pass_at(database, clock, channel, STARTS) == 0
    assert len(channel.sent) == 1


@pytest.mark.usefixtures("world")
def test_what_is_taken_off_the_list_is_reminded_of_again(
    database: Database, clock: FixedClock, channel: RecordingChannel
) -> None:
    assert pass_at(database, clock, channel, DAY_BEFORE) == 0
    with database.writing() as db:
        db.execute(update(RebookItem).values(closed_at=clock.now()))
    assert pass_at(database, clock, channel, DAY_BEFORE + timedelta(minutes=9)) == 0
    assert pass_at(database, clock, channel, DAY_BEFORE + timedelta(minutes=10)) == 1
    assert rows(database)["reminder_1d"] == ("sent", "")


def test_a_closure_that_comes_while_a_batch_is_sent_holds_the_rest_of_it(database: Database, clock: FixedClock) -> None:
    world, runtime = make_world(database), make_runtime(database)

    def list_everybody(_message: RenderedMessage) -> None:
        with database.writing() as db:
            values = {"authority_id": world.authority_id, "reason": "hours", "created_at": clock.now()}
            db.add_all(RebookItem(appointment_id=one.appointment_id, **values) for one in booked)

    channel = RecordingChannel()
    with appointment_changed.connected_to(plan_notifications):
        booked = [make_appointment(runtime, world, STARTS + timedelta(hours=hour)) for hour in range(2)]
    assert pass_at(database, clock, channel, NOW) == 2
    channel.on_send = list_everybody
    assert pass_at(database, clock, channel, DAY_BEFORE) == 1
    channel.on_send = None
    assert pass_at(database, clock, channel, DAY_BEFORE + timedelta(seconds=1)) == 0
    reminders = [(row.status, row.reason) for row in notifications(database) if row.kind == "reminder_1d"]
    assert sorted(reminders) == [("pending", "awaits_rebooking"), ("sent", "")]


def test_only_the_appointment_on_the_list_is_held(
    database: Database, clock: FixedClock, channel: RecordingChannel, world: World
) -> None:
    other = ResidentDetails("Kim Sample", email="kim@example.org")
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(make_runtime(database), world, STARTS + timedelta(days=1), resident=other)
    assert pass_at(database, clock, channel, DAY_BEFORE) == 1  # the confirmation
    assert pass_at(database, clock, channel, DAY_BEFORE + timedelta(days=1)) == 1
    assert [message.recipient.name for message in channel.sent] == ["Robin Sample", "Kim Sample", "Kim Sample"]
    with database.writing() as db:
        close_rebook_items(db, booked.appointment_id, clock.now())  # of somebody else: nothing changes
    assert pass_at(database, clock, channel, STARTS - timedelta(hours=1)) == 0
