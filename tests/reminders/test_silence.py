"""Whether a silence is longer than is usual for a council, and whether all that was booked is owed its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from booking.events import appointment_changed
from booking.tables import Appointment
from core.database import Database
from reminders.ledger_queries import LedgerAlarm, ledger_alarms
from reminders.outbox import plan_notifications
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from reminders.silence_queries import is_longer_than_usual, is_too_quiet, unplanned
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import AGENT, NOW, make_appointment, make_runtime, make_world

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days_ago", "is_longer"),
    [
        ([], False),
        ([0], False),
        ([1], False),
        ([2], True),  # it was only ever silent for no day
        ([3, 4, 5, 6, 7, 10], False),  # Monday after a weekend like that of the week before
        ([4, 5, 6, 7, 10], True),
        ([4, 5, 6, 7, 12], False),  # a bank holiday, as there was one before
        ([7, 14, 21], False),  # once a week
        ([8, 15, 22], True),
    ],
)
def test_a_silence_is_measured_by_the_longest_one_before(days_ago: Sequence[int], is_longer: bool) -> None:
    assert is_longer_than_usual({MONDAY - timedelta(days=ago) for ago in days_ago}, MONDAY) == is_longer


@pytest.mark.parametrize(
    ("sent", "visits", "change", "is_quiet"),
    [
        (20, 3, {"notes": ""}, True),
        (19, 3, {"notes": ""}, False),  # so little is sent there that silence says nothing
        (20, 2, {"notes": ""}, False),  # nobody books or comes: a holiday
        (20, 3, {"state": "cancelled_by_authority"}, False),
        (20, 3, {"is_walk_in": True}, False),
    ],
)
def test_nothing_sent_though_people_come_is_an_alarm(
    database: Database, sent: int, visits: int, change: dict[str, object], *, is_quiet: bool
) -> None:
    world, then = make_world(database), NOW - timedelta(days=3)
    owe(database, world, sent, now=then, status="sent")
    owe(database, world, visits, now=NOW - timedelta(days=1, hours=1), status="withheld")
    with database.writing() as db:
        db.execute(update(Appointment).where(Appointment.starts_at < NOW - timedelta(days=1)).values(is_walk_in=True))
        db.execute(update(Appointment).where(Appointment.starts_at > NOW - timedelta(days=1)).values(change))
    with database.reading() as db:
        assert is_too_quiet(db, world.authority_id, NOW) == is_quiet
        assert (LedgerAlarm.QUIET in ledger_alarms(db, world.authority_id, NOW)) == is_quiet
    pause_messages(make_runtime(database), world.authority_id, NewPause(PauseScope.ALL, "", "Wrong"), actor=AGENT)
    with database.reading() as db:
        assert not is_too_quiet(db, world.authority_id, NOW)


def test_what_was_booked_without_messages_is_found(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(runtime, world, NOW + timedelta(hours=2))
    with database.reading() as db:
        assert unplanned(db, world.authority_id, NOW) == 0
    make_appointment(runtime, world, NOW + timedelta(hours=3))  # nobody has planned
    with database.reading() as db:
        assert unplanned(db, world.authority_id, NOW) == 1
        assert ledger_alarms(db, world.authority_id, NOW) == [LedgerAlarm.UNPLANNED]
        assert unplanned(db, world.authority_id, NOW + timedelta(days=1)) == 0
