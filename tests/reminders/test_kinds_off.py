"""A kind of messages that is switched off: nothing of it goes out, each is accounted for, and it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import NotFound
from core.runtime import Runtime
from reminders.costs.kind_switching import switch_off, switch_on
from reminders.costs.kinds_off import KindOff, is_off
from reminders.ledger import ledger_of
from reminders.outbox import plan_notifications
from reminders.reasons import SUPERSEDED, SWITCHED_OFF
from reminders.recipients import CONFIRMATION, REMINDER
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world, slot_key_at

ADMIN = Actor("staff", 1, "Ada Admin")
STARTS = NOW + timedelta(days=8, hours=2)
PENDING, OFF, OUTDATED = ("pending", ""), ("void", SWITCHED_OFF), ("void", SUPERSEDED)


@pytest.fixture(autouse=True)
def planning() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=3)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


def states(runtime: Runtime, reference: str, version: int = 1) -> dict[str, tuple[str, str]]:
    """The status and the reason of each message of a version, by its kind."""
    rows = select(Notification.kind, Notification.status, Notification.reason).join(Appointment)
    of_one = rows.where(Appointment.reference == reference, Notification.version == version)
    with runtime.database.reading() as db:
        return {kind: (status, reason) for kind, status, reason in db.execute(of_one.order_by(Notification.due_at))}


def reminders(runtime: Runtime, reference: str, version: int = 1) -> set[tuple[str, str]]:
    return {state for kind, state in states(runtime, reference, version).items() if kind.startswith(REMINDER)}


def test_what_is_owed_is_void_for_a_reason_and_owed_again_when_it_is_taken_back(runtime: Runtime, world: World) -> None:
    """Of an appointment of before, one that is booked meanwhile, and one that is moved meanwhile."""
    before, moved = (make_appointment(runtime, world, STARTS).reference for _ in range(2))
    assert switch_off(runtime, world.authority_id, REMINDER, None, actor=ADMIN) == 6
    assert switch_off(runtime, world.authority_id, REMINDER, None, actor=ADMIN) == 0
    meanwhile = make_appointment(runtime, world, STARTS).reference
    key = slot_key_at(world, STARTS + timedelta(hours=1))
    reschedule(runtime, world.authority_id, moved, Move(slot_key=key), actor=ADMIN, enforce_cutoff=False)
    for reference, version in ((before, 1), (moved, 1), (meanwhile, 1), (moved, 2)):
        assert reminders(runtime, reference, version) == {OFF}
    assert states(runtime, meanwhile)[CONFIRMATION] == PENDING
    assert worker_for(runtime, RecordingChannel()).send_due().sent == 3  # what is no reminder
    with runtime.database.reading() as db:
        ledger = ledger_of(db, world.authority_id)
        assert ledger["owed"] == ledger["void"] + ledger["pending"] + ledger["sent"]
    assert switch_on(runtime, world.authority_id, REMINDER, actor=ADMIN) == 9
    assert switch_on(runtime, world.authority_id, REMINDER, actor=ADMIN) == 0
    for reference, version, state in (
        (before, 1, PENDING),
        (meanwhile, 1, PENDING),
        (moved, 1, OFF),
        (moved, 2, PENDING),
    ):
        assert reminders(runtime, reference, version) == {state}
    with runtime.database.reading() as db:
        audit = db.execute(
            select(AuditEntry.action, AuditEntry.actor_name).where(AuditEntry.action.startswith("kind_"))
        )
        assert [tuple(row) for row in audit] == [("kind_switched_off", "Ada Admin"), ("kind_switched_on", "Ada Admin")]


def test_what_is_due_before_the_day_still_goes_out_and_what_is_of_no_use_stays_void(
    database: Database, runtime: Runtime, world: World
) -> None:
    reference = make_appointment(runtime, world, STARTS).reference
    switch_off(runtime, world.authority_id, REMINDER, STARTS - timedelta(days=3), actor=ADMIN)
    found = states(runtime, reference)
    assert [found[kind] for kind in ("reminder_7d", "reminder_1d", "reminder_2h")] == [PENDING, OFF, OFF]
    later = make_runtime(database, STARTS - timedelta(hours=1))
    assert switch_on(later, world.authority_id, REMINDER, actor=ADMIN) == 1
    found = states(runtime, reference)
    assert [found[kind] for kind in ("reminder_1d", "reminder_2h")] == [OFF, PENDING]


def test_a_wrong_click_that_is_put_right_brings_back_nothing_that_is_off(runtime: Runtime, world: World) -> None:
    reference = make_appointment(runtime, world, STARTS).reference
    cancel(
        runtime, world.authority_id, reference, actor=ADMIN, by="authority", reason="A mistake", enforce_cutoff=False
    )
    assert reminders(runtime, reference) == {OUTDATED}
    switch_off(runtime, world.authority_id, REMINDER, None, actor=ADMIN)
    assert switch_on(runtime, world.authority_id, REMINDER, actor=ADMIN) == 0


def test_a_worker_sends_nothing_that_has_come_to_wait_all_the_same(runtime: Runtime, world: World) -> None:
    """Another transaction may have planned it while the switch was pressed."""
    reference = make_appointment(runtime, world, STARTS).reference
    switch_off(runtime, world.authority_id, REMINDER, None, actor=ADMIN)
    waiting = update(Notification).where(Notification.kind == "reminder_7d")
    with runtime.database.writing() as db:
        db.execute(waiting.values(status="pending", reason="", closed_at=None, next_try_at=NOW))
    channel = RecordingChannel()
    worker_for(runtime, channel).send_due()
    assert reminders(runtime, reference) == {OFF}
    assert len(channel.sent) == 1


def test_what_tells_that_somebody_need_not_come_cannot_be_switched_off(runtime: Runtime, world: World) -> None:
    with pytest.raises(NotFound):
        switch_off(runtime, world.authority_id, "cancelled", None, actor=ADMIN)


def test_whoever_an_appointment_is_handed_to_is_told_of_it_all_the_same() -> None:
    off = (KindOff(CONFIRMATION, NOW, "Ada Admin", NOW),)
    assert [is_off(off, CONFIRMATION, "in_person", NOW, version=version) for version in (1, 2)] == [True, False]
