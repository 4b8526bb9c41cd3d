"""A scheduler that was down for six hours catches up and sends nothing useless."""

from __future__ import annotations

from datetime import UTC, datetime

from booking.events import appointment_changed
from core.clock import FixedClock
from core.database import Database
from reminders.outbox import plan_notifications
from tests.reminders.channels import RecordingChannel, worker_for
from tests.reminders.make_bulk_notifications import outbox_of
from tests.support.factories import NOW, make_appointment, make_runtime, make_world


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_scheduler_down_for_six_hours_catches_up_and_sends_nothing_useless(database: Database) -> None:
    """Down on Tuesday from 08:30 to 14:30. Due meanwhile: day-before reminders at 09:00, two-hour ones as they fall."""
    runtime = make_runtime(database, NOW)
    world = make_world(database, desks=4)
    assert isinstance(runtime.clock, FixedClock)
    with appointment_changed.connected_to(plan_notifications):
        over = make_appointment(runtime, world, at(24, 11))  # its 2-hour reminder fell due at 09:00; it is over
        soon = make_appointment(runtime, world, at(24, 15))  # its 2-hour reminder fell due at 13:00; still of use
        tomorrow = make_appointment(runtime, world, at(25, 10))  # its day-before reminder fell due at 09:00
        later = make_appointment(runtime, world, at(24, 16, 30))  # its 2-hour reminder falls due as we come back
        next_week = make_appointment(runtime, world, datetime(2026, 12, 1, 10, tzinfo=UTC))  # its 7-day one at 09:00
    before, after = RecordingChannel(), RecordingChannel()
    worker_for(runtime, before).send_due()
    assert len(before.sent) == 5  # the confirmations
    runtime.clock.instant = at(24, 14, 30)
    counts = worker_for(runtime, after).send_due()
    assert (counts.sent, counts.failed) == (4, 0)
    assert outbox_of(database, over.appointment_id)["reminder_2h/1"] == "late"
    assert outbox_of(database, soon.appointment_id)["reminder_2h/1"] == "sent"
    assert outbox_of(database, tomorrow.appointment_id)["reminder_1d/1"] == "sent"
    assert outbox_of(database, later.appointment_id)["reminder_2h/1"] == "sent"
    assert outbox_of(database, next_week.appointment_id)["reminder_7d/1"] == "sent"
