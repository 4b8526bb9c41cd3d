"""What changes while messages go out: one that is out stays so, and the next goes to whoever is right by then."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from booking.events import appointment_changed
from booking.use_cases.cancel import cancel
from core.clock import FixedClock
from core.database import Database
from people.residents.tables import Resident
from reminders import queue
from reminders.delivery_decisions import ClaimedRow
from reminders.delivery_results import DeliveryResult
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from reminders.queue import ClaimRequest
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import outbox_of, owe
from tests.support.factories import NOW, RESIDENT, make_appointment, make_runtime, make_world

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def claim_confirmation(database: Database) -> ClaimedRow:
    """The confirmation, claimed as a worker claims it."""
    with database.writing() as db:
        (claimed,) = queue.claim(db, ClaimRequest("email", NOW, 1), now=NOW, lease_until=NOW + timedelta(minutes=5))
    return claimed


def wait_until_blocked(database: Database, thread: threading.Thread) -> None:
    """Return once another connection waits for a lock. SQLite has one writer, and lets the other not even begin."""
    while not database.is_sqlite and thread.is_alive():
        with database.reading() as db:
            if db.scalar(text(WAITING)):
                return


def test_a_cancellation_leaves_a_message_that_was_sent_meanwhile_as_sent(database: Database) -> None:
    """The worker writes `sent` and has not committed yet; the cancellation comes to the same row."""
    runtime, world = make_runtime(database), make_world(database)
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(runtime, world, datetime(2026, 12, 8, 10, 30, tzinfo=UTC))
        claimed = claim_confirmation(database)
        whose = (world.authority_id, booked.reference)
        values = {"actor": RESIDENT, "by": "resident", "enforce_cutoff": True}
        cancelling = threading.Thread(target=cancel, args=(runtime, *whose), kwargs=values)
        with database.writing() as db:
            queue.record_sent(db, [DeliveryResult(claimed, "sent", 1)], NOW)
            cancelling.start()
            wait_until_blocked(database, cancelling)
        cancelling.join()
    outbox = outbox_of(database, booked.appointment_id)
    assert outbox["confirmation/1"] == "sent"
    assert outbox["cancelled/2"] == "pending"
    assert {outbox[f"{kind}/1"] for kind in ("reminder_7d", "reminder_1d", "reminder_2h")} == {"void"}


@pytest.mark.parametrize(
    ("change", "addresses"),
    [
        ({"email": "new@example.org"}, ["new@example.org"]),
        ({"contact_preference": "none"}, []),
        ({"email_returned_at": NOW}, []),
    ],
)
def test_the_contact_is_looked_at_before_each_email(
    database: Database, change: dict[str, object], addresses: list[str]
) -> None:
    owe(database, make_world(database), 2)

    def meanwhile(_message: RenderedMessage) -> None:
        with database.writing() as db:
            last = select(func.max(Resident.id)).scalar_subquery()
            db.execute(update(Resident).where(Resident.id == last).values(change))

    channel = RecordingChannel(on_send=meanwhile)
    worker_on(database, FixedClock(NOW), channel).send_due()
    assert [message.recipient.address for message in channel.sent[1:]] == addresses
