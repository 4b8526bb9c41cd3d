"""Staff take back a move or a cancellation before anybody is told; what is handed over is true at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.events import UNDO_FOR, appointment_changed
from booking.tables import Appointment, Claim
from booking.use_cases.book import Booked
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.undo_change import undo_change, undoable_until
from core.audit import Actor
from core.database import Database
from core.errors import SlotTaken, Stale
from core.runtime import Runtime
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from reminders.told_since import check_untold
from tests.reminders.channels import RecordingChannel, worker_for
from tests.reminders.make_bulk_notifications import outbox_of
from tests.support.factories import World, make_appointment, make_runtime, make_world, slot_key_at

STAFF = Actor("staff", 1, "Sam Staff")
HALF_PAST, ELEVEN = datetime(2026, 12, 8, 10, 30, tzinfo=UTC), datetime(2026, 12, 8, 11, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def world(database: Database) -> World:
    database.facts[UNDO_FOR] = MINUTE
    return make_world(database)


def move(runtime: Runtime, world: World, booked: Booked, to: datetime = ELEVEN) -> None:
    where = Move(slot_key=slot_key_at(world, to))
    reschedule(runtime, world.authority_id, booked.reference, where, actor=STAFF, enforce_cutoff=False)


def call_off(runtime: Runtime, world: World, booked: Booked) -> None:
    how = {"by": "authority", "reason": "Ill", "enforce_cutoff": False}
    cancel(runtime, world.authority_id, booked.reference, actor=STAFF, **how)  # type: ignore[arg-type]


def undo(runtime: Runtime, world: World, booked: Booked) -> None:
    undo_change(runtime, world.authority_id, booked.reference, check_untold, actor=STAFF)


def row_of(database: Database, booked: Booked) -> Appointment:
    with database.reading() as db:
        return db.get_one(Appointment, booked.appointment_id)


def claims_of(database: Database) -> list[tuple[int, int]]:
    with database.reading() as db:
        return sorted((unit, seat) for unit, seat in db.execute(select(Claim.unit, Claim.seat)))


@pytest.mark.parametrize("change", [move, call_off])
def test_what_is_undone_is_as_before_and_told_to_nobody(
    database: Database, world: World, change: Callable[[Runtime, World, Booked], None]
) -> None:
    runtime, channel = make_runtime(database), RecordingChannel()
    booked = make_appointment(runtime, world, HALF_PAST)
    worker = worker_for(runtime, channel)
    assert worker.send_due().sent == 1
    before = claims_of(database)
    change(runtime, world, booked)
    assert worker.send_due().sent == 0
    runtime.clock.advance(MINUTE - timedelta(seconds=1))  # type: ignore[attr-defined]
    undo(runtime, world, booked)
    row = row_of(database, booked)
    assert (row.state, row.starts_at, row.version) == ("booked", HALF_PAST, 3)
    assert claims_of(database) == before
    runtime.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    assert worker.send_due().sent == 0
    states = outbox_of(database, booked.appointment_id)
    assert {state for kind, state in states.items() if kind.endswith("/2")} == {"void"}
    assert states["reminder_1d/3"] == "pending"
    with pytest.raises(Stale):
        undo(runtime, world, booked)


@pytest.mark.parametrize("change", [move, call_off])
def test_after_a_minute_it_is_told_and_cannot_be_undone(
    database: Database, world: World, change: Callable[[Runtime, World, Booked], None]
) -> None:
    runtime, channel = make_runtime(database), RecordingChannel()
    booked = make_appointment(runtime, world, HALF_PAST)
    worker = worker_for(runtime, channel)
    worker.send_due()
    change(runtime, world, booked)
    runtime.clock.advance(MINUTE)  # type: ignore[attr-defined]
    with database.reading() as db:
        assert undoable_until(db, world.authority_id, booked.reference, runtime.clock.now()) is None
    with pytest.raises(Stale):
        undo(runtime, world, booked)
    assert worker.send_due().sent == 1
    assert row_of(database, booked).version == 2


def test_a_time_that_somebody_has_taken_meanwhile_is_not_taken_from_them(database: Database, world: World) -> None:
    runtime = make_runtime(database)
    booked = make_appointment(runtime, world, HALF_PAST)
    move(runtime, world, booked)
    make_appointment(runtime, world, HALF_PAST)
    before = claims_of(database)
    with pytest.raises(SlotTaken):
        undo(runtime, world, booked)
    row = row_of(database, booked)
    assert (row.starts_at, row.version, claims_of(database)) == (ELEVEN, 2, before)


@pytest.mark.parametrize("point", ["due", "claimed", "handing over"])
@pytest.mark.parametrize("change", [move, call_off])
def test_what_is_handed_over_is_true_at_that_moment(
    database: Database, world: World, point: str, change: Callable[[Runtime, World, Booked], None]
) -> None:
    """Moved or cancelled, and moved back, while the confirmation is due, while a worker has it, and while it is sent."""
    runtime, told = make_runtime(database), []
    first, booked = make_appointment(runtime, world, datetime(2026, 12, 9, 9, 0, tzinfo=UTC)), None
    booked = make_appointment(runtime, world, HALF_PAST)

    def there_and_back() -> None:
        change(runtime, world, booked)
        undo(runtime, world, booked)

    def on_send(message: RenderedMessage) -> None:
        is_first = first.reference[:4] in message.email.text
        if not is_first:
            assert "10:30" in message.email.text
            assert row_of(database, booked).starts_at == HALF_PAST
            told.append(message.reference)
        if len(told) + is_first == 1 and point == ("claimed" if is_first else "handing over"):
            there_and_back()

    if point == "due":
        there_and_back()
    worker = worker_for(runtime, RecordingChannel(on_send=on_send))
    for _ in range(3):
        worker.send_due()
        runtime.clock.advance(MINUTE)  # type: ignore[attr-defined]
    assert len(told) == (2 if point == "handing over" else 1)
    assert "pending" not in {
        state for kind, state in outbox_of(database, booked.appointment_id).items() if not kind.startswith("reminder")
    }
