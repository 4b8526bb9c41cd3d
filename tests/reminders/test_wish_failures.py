"""Emails to those who wait without an appointment are in the account, and who is not reached is somebody's task."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import wish_changed
from booking.proposals.tables import Proposal, Wish
from booking.use_cases.earlier_times import offer_earlier_times
from core.database import Database
from core.errors import DeliveryFailed
from core.runtime import Runtime
from reminders.bounce_reports import BounceReport, Reading
from reminders.bounces import fail_returned
from reminders.failures import FailureKind
from reminders.ledger import ledger_of, retry_failed
from reminders.ledger_queries import OVERDUE, Ledger, LedgerAlarm, ledger_alarms, ledger_lines, ledger_messages
from reminders.messages import RenderedMessage
from reminders.provider_states import ProviderState
from reminders.reach_queries import can_be_told
from reminders.receipts import Learnt, learn
from reminders.recipients import EMAIL
from reminders.wish_failure_work import WishFailureWork
from reminders.wish_mail_queries import WishFailure, is_mail_overdue, wish_failures
from reminders.wish_mails import plan_wish_mail, send_wish_mails
from tests.booking.test_online_wishes import wait, wishes_of
from tests.booking.test_waiting_list import full_house, give_up
from tests.reminders.channels import RecordingChannel
from tests.support.factories import AGENT, NOW, World, make_authority, make_runtime

A_DAY = timedelta(days=1)
FIRST, END = NOW - A_DAY, NOW + 30 * A_DAY


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with wish_changed.connected_to(plan_wish_mail):
        yield


def refuse(_message: RenderedMessage) -> None:
    raise DeliveryFailed(permanent=True, detail="550 5.1.1 nobody here")


def waiting(database: Database) -> tuple[World, tuple[str, ...], Runtime, int]:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wait(runtime, world)
    return world, references, runtime, wishes_of(database)[0].id


def send(runtime: Runtime, channel: RecordingChannel) -> list[str]:
    """The addresses to which one more pass has sent."""
    before = len(channel.sent)
    send_wish_mails(runtime, {EMAIL: channel})
    return [message.recipient.address for message in channel.sent[before:]]


def failures(database: Database, world: World) -> list[WishFailure]:
    with database.reading() as db:
        return wish_failures(db, world.authority_id, site_ids=None, limit=50)


def accounted(database: Database, world: World) -> dict[str, int]:
    """The states of emails that are not empty; command and page say the same, and every figure opens to its messages."""
    ledger, of_site = (Ledger(world.authority_id, FIRST, END, sites) for sites in (None, [world.site_id]))
    with database.reading() as db:
        counts = ledger_of(db, world.authority_id)
        lines = ledger_lines(db, ledger)
        for line in lines:
            for outcome, number in line.outcomes.items():
                found = ledger_messages(db, ledger, line.kind, line.channel, outcome, 500)
                assert len(found) == number
                assert all(row.reference or row.wish_id for row in found)
        others = ledger_lines(db, of_site)  # messages about appointments, where anybody plans them
    for line in others:
        for outcome, number in line.outcomes.items():
            counts[outcome] -= number
    assert counts.pop("owed") == sum(line.owed for line in lines)
    return {name: number for name, number in counts.items() if number}


def test_what_fails_is_in_the_account_and_is_sent_again_to_the_right_address(database: Database) -> None:
    world, _, runtime, wish = waiting(database)
    assert accounted(database, world) == {"pending": 1}
    with database.reading() as db:
        later = NOW + timedelta(minutes=31)
        assert is_mail_overdue(db, world.authority_id, later, later - OVERDUE)
        assert LedgerAlarm.OVERDUE in ledger_alarms(db, world.authority_id, later)
    assert send(runtime, RecordingChannel(on_send=refuse)) == []
    assert accounted(database, world) == {"failed": 1}
    (failed,) = failures(database, world)
    assert (failed.wish_id, failed.what, failed.kinds) == (wish, FailureKind.REFUSED, ("manage_link",))
    work, channel = WishFailureWork(runtime, world.authority_id, wish, AGENT, None), RecordingChannel()
    assert work.send_again("right@example.org")
    assert not work.send_again("other@example.org")  # a colleague was quicker
    assert failures(database, world) == []
    assert send(runtime, channel) == ["right@example.org"]
    assert accounted(database, world) == {"sent": 1}


@pytest.mark.parametrize("way", ["report", "receipt"])
def test_what_comes_back_is_listed_and_the_address_is_not_used_until_staff_say_so(database: Database, way: str) -> None:
    world, references, runtime, wish = waiting(database)
    channel = RecordingChannel()
    assert send(runtime, channel) == ["robin@example.org"]
    reference, bad = channel.sent[0].reference, ("robin@example.org",)
    with database.writing() as db:
        if way == "report":
            report = BounceReport(Reading.FAILED, reference, recipients=bad, bad=bad, status="5.1.1")
            assert [fail_returned(db, report, NOW) for _ in range(2)] == [True, False]
        else:
            told = ProviderState("id", reference, "permanent-failure")
            assert [learn(db, told, NOW) for _ in range(2)] == [Learnt.FAILED, Learnt.NOTHING]
    assert accounted(database, world) == {"failed": 1}
    assert [one.wish_id for one in failures(database, world)] == [wish]
    if way == "report":
        give_up(runtime, world, references[0])
        assert offer_earlier_times(runtime, can_be_told) == 1
        with database.reading() as db:
            assert db.scalars(select(Proposal.is_rung)).one()  # a colleague rings meanwhile
        assert retry_failed(runtime, None) == 0
        assert send(runtime, channel) == []
    assert WishFailureWork(runtime, world.authority_id, wish, AGENT, None).send_again()
    assert send(runtime, channel) == ["robin@example.org"]


def test_failed_emails_get_new_tries_by_command_while_somebody_waits(database: Database) -> None:
    world, _, runtime, wish = waiting(database)
    send(runtime, RecordingChannel(on_send=refuse))
    assert retry_failed(runtime, NOW + A_DAY) == 0
    assert retry_failed(runtime, NOW - A_DAY) == 1
    send(runtime, RecordingChannel(on_send=refuse))
    with database.writing() as db:
        db.execute(update(Wish).values(closed_at=NOW))
    assert (retry_failed(runtime, None), failures(database, world)) == (0, [])
    assert not WishFailureWork(runtime, world.authority_id, wish, AGENT, None).ring()


def test_who_is_rung_from_now_on_is_no_failure_any_more(database: Database) -> None:
    world, references, runtime, wish = waiting(database)
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    send(runtime, RecordingChannel(on_send=refuse))
    elsewhere = WishFailureWork(runtime, make_authority(database, "elsewhere"), wish, AGENT, None)
    assert not elsewhere.ring()
    assert WishFailureWork(runtime, world.authority_id, wish, AGENT, None).ring()
    with database.reading() as db:
        assert db.scalars(select(Proposal.is_rung)).one()
        assert db.scalars(select(Wish.told_by)).one() == "phone"
    assert failures(database, world) == []
