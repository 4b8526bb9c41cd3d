"""The worker's guarantees, one by one: nothing lost, nothing sent twice, nothing useless, everything accounted for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.events import appointment_changed
from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed
from people.residents.details import ResidentDetails
from people.residents.tables import Representative, Resident
from reminders import queue
from reminders.channel_queue import DeliveryCounts
from reminders.channels import registry
from reminders.channels.base import ChannelUnavailable, DeliveryUnclear, Waiting
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from reminders.provider_states import ProviderState
from reminders.recipients import CHANNELS, Delivery
from reminders.retry_decisions import DOUBLINGS, LONGEST_WAIT, wait_after
from reminders.tables import CouncilPause, Notification
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, worker_on, writer
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world

# One that is recorded message by message, as SMTP is, and one that is recorded in batches.
KINDS = pytest.mark.parametrize("can_confirm_arrival", [False, True], ids=["one by one", "in batches"])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def failing(*errors: Exception) -> Callable[[RenderedMessage], None]:
    """Raises these one after the other, and then nothing."""
    left = list(errors)

    def on_send(_message: RenderedMessage) -> None:
        if left:
            raise left.pop(0)

    return on_send


def temporary() -> DeliveryFailed:
    return DeliveryFailed(detail="451 later")


def permanent() -> DeliveryFailed:
    return DeliveryFailed(detail="550 nobody here", permanent=True)


def states(database: Database) -> list[str]:
    return [row.status for row in notifications(database)]


@KINDS
def test_everything_due_is_sent_once_and_recorded(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool
) -> None:
    owe(database, world, 7)
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, batch_size=3)
    worker = worker_on(database, clock, channel)
    assert worker.send_due() == DeliveryCounts(sent=7)
    assert worker.send_due() == DeliveryCounts()
    assert len({message.reference for message in channel.sent}) == len(channel.sent) == 7
    assert set(states(database)) == {"sent"}
    tries = attempts(database)
    assert [(one.outcome, one.worker, one.maybe_duplicate) for one in tries] == [("sent", "worker-1", False)] * 7
    assert {one.provider_reference for one in tries} == {f"provider-{number}" for number in range(1, 8)}


def test_a_row_for_another_channel_is_left_to_it(
    database: Database, clock: FixedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(database, world, 1, channel="text")
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text"}))
    assert worker_on(database, clock, RecordingChannel()).send_due() == DeliveryCounts()
    assert states(database) == ["pending"]


def test_a_row_for_a_channel_that_does_not_exist_is_withheld_and_the_log_says_so(
    database: Database, clock: FixedClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    owe(database, world, 2, channel="pigeon")
    assert worker_on(database, clock, RecordingChannel()).send_due() == DeliveryCounts(skipped=2)
    assert {(row.status, row.reason) for row in notifications(database)} == {("withheld", "unknown_channel")}
    assert ["pigeon" in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [True]


def test_another_channel_is_a_name_in_the_registry(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in is registered as the channel for texts: planned, sent and accounted for like any other."""
    texts = RecordingChannel()
    monkeypatch.setitem(registry.FACTORIES, "text", lambda _settings, _database: texts)
    runtime, world = make_runtime(database), make_world(database)
    monkeypatch.setitem(database.facts, CHANNELS, registry.usable_channels(runtime.settings, database))
    robin = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123", contact_preference="text")
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(runtime, world, NOW + timedelta(days=1, hours=2), resident=robin)
    assert {row.channel for row in notifications(database)} == {"text"}
    channels = registry.configured_channels(runtime.settings, database)
    counts = Worker(database, clock, channels, writer()).send_due()
    assert counts == DeliveryCounts(sent=1)
    (message,) = texts.sent
    assert message.recipient == Delivery("text", "07700 900123", "Robin Sample", language="")
    assert [row.status for row in notifications(database) if row.kind == "confirmation"] == ["sent"]


def test_a_channel_that_refuses_the_service_does_not_hold_up_another(
    database: Database, clock: FixedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(database, world, 2)
    _, texted = owe(database, world, 2, channel="text")
    with database.writing() as db:
        resident = select(Appointment.resident_id).where(Appointment.id == texted).scalar_subquery()
        values = {"contact_preference": "text", "phone": "07700 900123"}
        db.execute(update(Resident).where(Resident.id == resident).values(values))

    def refuse(_message: RenderedMessage) -> None:
        raise ChannelUnavailable(detail="550 quota")

    texts = RecordingChannel()
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text"}))
    channels = {"email": RecordingChannel(on_send=refuse), "text": texts}
    worker = Worker(database, clock, channels, writer())
    assert worker.send_due() == DeliveryCounts(sent=1, skipped=1, postponed=2)
    assert [message.recipient.address for message in texts.sent] == ["07700 900123"]
    assert [row.reason for row in notifications(database) if row.status == "withheld"] == ["other_channel"]


def test_what_is_not_due_yet_waits(database: Database, clock: FixedClock, world: World) -> None:
    owe(database, world, 1, next_try_at=NOW + timedelta(minutes=1))
    channel = RecordingChannel()
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts()
    clock.advance(timedelta(minutes=1))
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=1)


@KINDS
def test_a_temporary_failure_is_tried_again_after_a_doubling_wait(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool
) -> None:
    owe(database, world, 1)
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, on_send=failing(temporary(), temporary()))
    worker = worker_on(database, clock, channel)
    for wait in (1, 2):
        assert worker.send_due() == DeliveryCounts(failed=1)
        (row,) = notifications(database)
        assert (row.status, row.reason) == ("pending", "451 later")
        assert row.next_try_at == clock.now() + timedelta(seconds=wait)
        assert worker.send_due() == DeliveryCounts()
        clock.advance(timedelta(seconds=wait))
    assert worker.send_due() == DeliveryCounts(sent=1)
    assert [one.outcome for one in attempts(database)] == ["failed", "failed", "sent"]
    assert not any(one.maybe_duplicate for one in attempts(database))


def test_a_permanent_failure_is_not_tried_again(database: Database, clock: FixedClock, world: World) -> None:
    owe(database, world, 1)
    worker = worker_on(database, clock, RecordingChannel(on_send=failing(permanent())))
    assert worker.send_due() == DeliveryCounts(failed=1)
    clock.advance(timedelta(hours=6))
    assert worker.send_due() == DeliveryCounts()
    (row,) = notifications(database)
    assert (row.status, row.reason, row.tries) == ("failed", "550 nobody here", 1)


def test_a_message_is_tried_for_as_long_as_it_is_of_use(database: Database, clock: FixedClock, world: World) -> None:
    """Fourteen waits that double, four and a half hours in all, and then one try every six hours."""
    owe(database, world, 1, useful_until=NOW + timedelta(days=2))
    channel = RecordingChannel(on_send=failing(*[temporary() for _ in range(100)]))
    worker = worker_on(database, clock, channel)
    began = []
    while states(database) == ["pending"]:
        (row,) = notifications(database)
        clock.instant = max(clock.instant, row.next_try_at)
        began.append(clock.now() - NOW)
        assert worker.send_due() == DeliveryCounts(failed=1)
    waits = [after - before for before, after in pairwise(began)]
    assert waits == [wait_after(tries) for tries in range(1, len(began))]
    assert began[DOUBLINGS] == timedelta(seconds=2**14 - 1)
    assert set(waits[DOUBLINGS:]) == {LONGEST_WAIT}
    (row,) = notifications(database)
    assert (row.status, row.reason) == ("late", "too_late: 451 later")
    assert NOW + timedelta(days=2) - clock.now() <= LONGEST_WAIT


def test_a_retry_that_would_come_too_late_is_not_made(database: Database, clock: FixedClock, world: World) -> None:
    owe(database, world, 1, useful_until=NOW + timedelta(seconds=1))
    worker = worker_on(database, clock, RecordingChannel(on_send=failing(temporary())))
    assert worker.send_due() == DeliveryCounts(failed=1)
    (row,) = notifications(database)
    assert row.status == "late"
    assert "451 later" in row.reason


def test_what_became_useless_is_closed_as_late(database: Database, clock: FixedClock, world: World) -> None:
    owe(database, world, 2, useful_until=NOW + timedelta(hours=1))
    clock.advance(timedelta(hours=1))
    channel = RecordingChannel()
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(skipped=2)
    assert states(database) == ["late", "late"]
    assert channel.sent == []


@KINDS
@pytest.mark.parametrize("values", [{"version": 2}, {"state": "cancelled_by_resident"}, {"state": "arrived"}])
def test_what_is_not_true_any_more_is_not_sent(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool, values: dict[str, object]
) -> None:
    """The last check, should anything change an appointment without telling the outbox."""
    owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Appointment).values(values))
    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival)
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(skipped=1)
    assert states(database) == ["void"]
    assert channel.sent == []


def test_a_change_between_claim_and_send_is_noticed(database: Database, clock: FixedClock, world: World) -> None:
    """Both are claimed at once; while the first is sent, the second's appointment is cancelled."""
    _, second = owe(database, world, 2)

    def cancel_second(_message: RenderedMessage) -> None:
        with database.writing() as db:
            values = {"state": "cancelled_by_resident", "version": 2}
            db.execute(update(Appointment).where(Appointment.id == second).values(values))

    channel = RecordingChannel(on_send=cancel_second)
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=1, skipped=1)
    assert states(database) == ["sent", "void"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email": ""}, "no_address"),
        ({"contact_preference": "letter"}, "prefers_letters"),
        ({"contact_preference": "none"}, "no_contact_wanted"),
    ],
)
def test_nobody_to_send_to_is_on_record_with_the_reason(
    database: Database, clock: FixedClock, world: World, values: dict[str, object], reason: str
) -> None:
    owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Resident).values(values))
    assert worker_on(database, clock, RecordingChannel()).send_due() == DeliveryCounts(skipped=1)
    (row,) = notifications(database)
    assert (row.status, row.reason) == ("withheld", reason)


def test_an_address_changed_since_booking_is_the_one_that_counts(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Resident).values(email="new@example.org", do_not_text=True, contact_preference="text"))
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    assert [message.recipient.address for message in channel.sent] == ["new@example.org"]


def test_a_message_is_in_the_language_of_its_resident(database: Database, clock: FixedClock, world: World) -> None:
    owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Resident).values(message_language="cy"))
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    assert [message.recipient.language for message in channel.sent] == ["cy"]


def test_a_representative_gets_the_message_in_the_residents_place(
    database: Database, clock: FixedClock, world: World
) -> None:
    (appointment_id,) = owe(database, world, 1)
    with database.writing() as db:
        appointment = db.get_one(Appointment, appointment_id)
        acting = Representative(
            authority_id=world.authority_id,
            resident_id=appointment.resident_id,
            name="Ceri Carer",
            basis="carer",
            email="ceri@example.org",
            created_at=NOW,
        )
        db.add(acting)
        db.flush()
        appointment.representative_id = acting.id
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    (message,) = channel.sent
    assert (message.recipient.name, message.recipient.address) == ("Ceri Carer", "ceri@example.org")
    assert "You act for Robin Sample 1." in message.email.text


@KINDS
def test_one_message_that_cannot_be_written_does_not_stop_the_others(
    database: Database, clock: FixedClock, world: World, can_confirm_arrival: bool
) -> None:
    owe(database, world, 3)

    def on_send(message: RenderedMessage) -> None:
        if message.recipient.name.endswith(" 2"):
            raise ZeroDivisionError

    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, on_send=on_send)
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=2, failed=1)
    assert states(database) == ["sent", "pending", "sent"]


def test_two_workers_side_by_side_never_send_one_row_twice(database: Database, clock: FixedClock, world: World) -> None:
    """Each message waits until both workers have begun, so that they are truly side by side."""
    owe(database, world, 60)
    both = threading.Barrier(2, timeout=30)
    met = threading.local()

    def meet(_message: RenderedMessage) -> None:
        if not hasattr(met, "once"):
            met.once = True
            both.wait()

    channels = [RecordingChannel(batch_size=5, on_send=meet) for _ in range(2)]
    workers = [worker_on(database, clock, channel, f"worker-{n}") for n, channel in enumerate(channels)]
    threads = [threading.Thread(target=worker.send_due) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    references = [message.reference for channel in channels for message in channel.sent]
    assert len(references) == len(set(references)) == 60
    assert all(channel.sent for channel in channels)
    assert set(states(database)) == {"sent"}
    assert not any(one.maybe_duplicate for one in attempts(database))


def test_a_slow_workers_late_result_is_refused_and_the_double_is_flagged(
    database: Database, clock: FixedClock, world: World
) -> None:
    """The slow worker's lease runs out during its send; a quick one takes the row over before it can record."""
    owe(database, world, 1)
    quick_channel = RecordingChannel()
    quick = worker_on(database, clock, quick_channel, "quick")

    def take_over(_message: RenderedMessage) -> None:
        clock.advance(timedelta(minutes=16))
        assert quick.send_due() == DeliveryCounts(sent=1)

    slow = worker_on(database, clock, RecordingChannel(on_send=take_over), "slow")
    slow.send_due()
    first, second = attempts(database)
    assert (first.worker, first.outcome, first.maybe_duplicate) == ("slow", "sent", False)
    assert (second.worker, second.outcome, second.maybe_duplicate) == ("quick", "sent", True)
    (row,) = notifications(database)
    assert (row.status, row.fencing_token, row.closed_at) == ("sent", 2, second.ended_at)


def test_a_late_failure_does_not_undo_what_the_next_worker_sent(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 1)
    quick = worker_on(database, clock, RecordingChannel(), "quick")

    def take_over(_message: RenderedMessage) -> None:
        clock.advance(timedelta(minutes=16))
        quick.send_due()
        raise permanent()

    worker_on(database, clock, RecordingChannel(on_send=take_over), "slow").send_due()
    assert states(database) == ["sent"]


def killed_worker(database: Database, clock: FixedClock, *, started: int) -> None:
    """Leave behind what a worker leaves that is killed after claiming a batch and starting some of it."""
    with database.writing() as db:
        request = queue.ClaimRequest("email", due_by=clock.now(), limit=50)
        rows = queue.claim(db, request, now=clock.now(), lease_until=clock.now() + timedelta(minutes=5))
        if started:
            queue.start(db, rows[:started], "killed", clock.now(), maybe_duplicate=False)


def test_rows_of_a_killed_workers_batch_that_never_started_are_simply_sent(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 3)
    killed_worker(database, clock, started=1)
    channel = RecordingChannel()
    worker = worker_on(database, clock, channel)
    assert worker.send_due() == DeliveryCounts()
    clock.advance(timedelta(minutes=5))
    assert worker.send_due() == DeliveryCounts(sent=3)
    flagged = [one.maybe_duplicate for one in attempts(database) if one.worker == "worker-1"]
    assert flagged == [True, False, False]


def test_a_channel_that_can_confirm_arrivals_is_queried_before_a_second_try(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 2)
    arrived = f"notification-{notifications(database)[0].id}-1"
    killed_worker(database, clock, started=2)
    clock.advance(timedelta(minutes=5))
    channel = RecordingChannel(can_confirm_arrival=True, there=frozenset({arrived}))
    assert worker_on(database, clock, channel).send_due() == DeliveryCounts(sent=2)
    assert len(channel.sent) == 1
    assert arrived not in {message.reference for message in channel.sent}
    assert not any(one.maybe_duplicate for one in attempts(database))


def test_a_try_that_broke_off_unclear_is_made_again_and_flagged(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 1)
    unclear = DeliveryUnclear(detail="connection lost")
    worker = worker_on(database, clock, RecordingChannel(on_send=failing(unclear)))
    assert worker.send_due() == DeliveryCounts(failed=1)
    clock.advance(timedelta(seconds=1))
    assert worker.send_due() == DeliveryCounts(sent=1)
    assert [(one.outcome, one.maybe_duplicate) for one in attempts(database)] == [("unclear", False), ("sent", True)]


def test_stopping_finishes_the_message_in_hand_and_gives_the_rest_back(
    database: Database, clock: FixedClock, world: World
) -> None:
    owe(database, world, 5)
    worker = worker_on(database, clock, RecordingChannel(on_send=lambda _message: worker.stop()))
    assert worker.send_due() == DeliveryCounts(sent=1)
    assert worker_on(database, clock, RecordingChannel(), "next").send_due() == DeliveryCounts(sent=4)
    assert not any(one.maybe_duplicate for one in attempts(database))


def test_a_message_on_its_way_when_its_appointment_changes_counts_as_sent(
    database: Database, clock: FixedClock, world: World
) -> None:
    """It did go out, so the record must not say that it was void."""
    owe(database, world, 1)

    def void(_message: RenderedMessage) -> None:
        with database.writing() as db:
            db.execute(update(Notification).values(status="void"))

    worker_on(database, clock, RecordingChannel(on_send=void)).send_due()
    assert states(database) == ["sent"]


class ProviderChannel(RecordingChannel):
    """A channel whose provider says later what became of a message, as that of texts and letters does."""

    def states_of(self, _reference: str, _waiting: Waiting) -> list[ProviderState]:
        return []


def _move(db: Session) -> None:
    db.execute(update(Appointment).values(version=Appointment.version + 1))


def _pause(db: Session) -> None:
    row = CouncilPause(authority_id=1, scope="all", subject="", since=NOW, until=None, paused_by="Mary", reason="Wrong")
    db.add(row)


def _ask_for_silence(db: Session) -> None:
    db.execute(update(Resident).values(contact_preference="none"))


def _ask_for_neutral_names(db: Session) -> None:
    db.execute(update(Resident).values(uses_neutral_name=True))


@pytest.mark.parametrize("change", [_move, _pause, _ask_for_silence, _ask_for_neutral_names])
def test_each_of_a_batch_is_checked_once_more_when_the_provider_has_taken_the_one_before(
    database: Database, clock: FixedClock, world: World, change: Callable[[Session], None]
) -> None:
    """A provider takes its time for each: what was true when the batch was claimed may not be by now."""
    owe(database, world, 3)

    def on_send(_message: RenderedMessage) -> None:
        with database.writing() as db:
            change(db)

    channel = ProviderChannel(can_confirm_arrival=True, on_send=on_send)
    worker = worker_on(database, clock, channel)
    with database.writing() as db:
        due_by = worker.clock.database_now(db)
    worker._send_batch("email", due_by, DeliveryCounts())
    assert len(channel.sent) == 1
    assert sorted(states(database)) == ["pending", "pending", "sent"]
    assert [one.outcome for one in attempts(database)] == ["sent"]
