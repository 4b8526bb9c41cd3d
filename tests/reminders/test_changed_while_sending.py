"""A message that goes out while its appointment is being cancelled stays on record as sent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from booking.events import appointment_changed
from booking.use_cases.changes import cancel
from core.database import Store
from reminders import queue
from reminders.outbox import plan_notifications
from reminders.queue import Claimed, Ending, Wanted
from tests.reminders.make_bulk_notifications import outbox_of
from tests.support.factories import NOW, RESIDENT, make_appointment, make_runtime, make_world

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def claim_confirmation(store: Store) -> Claimed:
    """The confirmation, claimed as a worker claims it."""
    with store.writing() as session:
        (claimed,) = queue.claim(session, Wanted("email", NOW, 1), now=NOW, lease_until=NOW + timedelta(minutes=5))
    return claimed


def wait_until_blocked(store: Store, thread: threading.Thread) -> None:
    """Return once another connection waits for a lock. SQLite has one writer, and lets the other not even begin."""
    while not store.is_sqlite and thread.is_alive():
        with store.reading() as session:
            if session.scalar(text(WAITING)):
                return


def test_a_cancellation_leaves_a_message_that_was_sent_meanwhile_as_sent(store: Store) -> None:
    """The worker writes `sent` and has not committed yet; the cancellation comes to the same row."""
    runtime, world = make_runtime(store), make_world(store)
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(runtime, world, datetime(2026, 12, 8, 10, 30, tzinfo=UTC))
        claimed = claim_confirmation(store)
        whose = (world.authority_id, booked.reference)
        values = {"actor": RESIDENT, "by": "resident", "enforce_cutoff": True}
        cancelling = threading.Thread(target=cancel, args=(runtime, *whose), kwargs=values)
        with store.writing() as session:
            queue.record_sent(session, [Ending(claimed, "sent", 1)], NOW)
            cancelling.start()
            wait_until_blocked(store, cancelling)
        cancelling.join()
    outbox = outbox_of(store, booked.appointment_id)
    assert outbox["confirmation/1"] == "sent"
    assert outbox["cancelled/2"] == "pending"
    assert {outbox[f"{kind}/1"] for kind in ("reminder_7d", "reminder_1d", "reminder_2h")} == {"void"}
