"""Slow, dripping, talkative, silent and wrong mail servers: nobody else waits, and nothing is sent more than twice."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import suppress
from time import monotonic, sleep

import pytest
from sqlalchemy import update

from core.clock import FixedClock, SystemClock
from core.database import Database
from core.errors import DeliveryFailed
from people.residents.tables import Resident
from reminders.channel_queue import DeliveryCounts
from reminders.channels.base import ChannelUnavailable, DeliveryUnclear
from reminders.channels.bounded_smtp import TimeLimits
from reminders.channels.smtp import SmtpChannel
from reminders.queue import LONGEST_PAUSE
from reminders.retry_decisions import LONGEST_DEFERMENT, SHORTEST_DEFERMENT
from reminders.worker import LEASE, SENDING_LEASE
from tests.faults.rude_server import Rudeness, Talk, running_rudely
from tests.reminders.channels import worker_on
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.reminders.test_smtp import channel_to, send
from tests.support.factories import NOW, make_world

STEPS = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"]
BEHAVIOURS = ["drips", "talks on", "falls silent", "says nonsense", "hangs up"]
LIMIT = 1.0  # seconds, of each part of a conversation
STOP_SECONDS = 5.0


def behave(talk: Talk, behaviour: str) -> None:
    """Do as `behaviour` says."""
    if behaviour == "drips":
        talk.drip("250-still here")
    elif behaviour == "talks on":
        talk.talk_on("250-and another thing")
    elif behaviour == "falls silent":
        talk.fall_silent()
    elif behaviour == "says nonsense":
        talk.say("HTTP/1.1 400 Bad Request")
    else:
        talk.socket.shutdown(socket.SHUT_RDWR)


def rude_at(step: str, behaviour: str, recipient: str = "") -> Rudeness:
    """Behave so at one step, for one recipient or for all."""

    def rude(talk: Talk, command: str, line: str) -> bool:
        if command != step or (recipient and recipient not in line):
            return False
        behave(talk, behaviour)
        return True

    return rude


# Nonsense in answer to EHLO is answered with HELO (RFC 5321 3.2).
FAULTS = [
    (step, behaviour) for step in STEPS for behaviour in BEHAVIOURS if (step, behaviour) != ("EHLO", BEHAVIOURS[3])
]


@pytest.mark.parametrize(("step", "behaviour"), FAULTS)
def test_every_misbehaviour_ends_in_time_and_says_what_is_known(step: str, behaviour: str) -> None:
    """Before the recipient is named it is about us; after the text nobody knows; between, it is about this message."""
    began = monotonic()
    with running_rudely(rude_at(step, behaviour)) as (_, url), pytest.raises(DeliveryFailed) as caught:
        send(url, timeout_seconds=LIMIT)
    assert monotonic() - began < LIMIT + 3
    expected = {"CONNECT": ChannelUnavailable, "EHLO": ChannelUnavailable, "MAIL": ChannelUnavailable}
    assert type(caught.value) is expected.get(step, DeliveryUnclear if step == "TEXT" else DeliveryFailed)
    assert not caught.value.permanent


def test_the_longest_conversation_is_shorter_than_the_lease_of_its_message() -> None:
    limits = TimeLimits()
    assert limits.connect + limits.message + limits.reply_to_text + 60 < SENDING_LEASE.total_seconds()
    assert limits.reply_to_text == 600  # RFC 5321 4.5.3.2.6
    assert limits.slow < LEASE.total_seconds()


@pytest.mark.parametrize("behaviour", ["hangs up", "says nonsense"])
def test_what_may_have_arrived_is_repeated_once_flagged_and_then_in_doubt(database: Database, behaviour: str) -> None:
    clock = FixedClock(NOW)
    owe(database, make_world(database), 2)
    with running_rudely(rude_at("TEXT", behaviour, "robin.1@")) as (server, url):
        worker = worker_on(database, clock, channel_to(url))
        for _ in range(20):
            worker.send_due()
            clock.advance(LONGEST_PAUSE)
    assert [row.status for row in notifications(database)] == ["in_doubt", "sent"]
    assert sorted(Counter(server.taken).values()) == [1, 2]
    tries = [(one.outcome, one.maybe_duplicate) for one in attempts(database) if one.outcome != "sent"]
    assert tries == [("unclear", False), ("unclear", True)]


def test_a_worker_killed_twice_over_one_message_leaves_it_in_doubt(database: Database) -> None:
    clock = FixedClock(NOW)
    owe(database, make_world(database), 1)

    class Killed(BaseException):
        pass

    def rude(_talk: Talk, _command: str, _line: str) -> bool:
        return False

    with running_rudely(rude) as (server, url):
        for _ in range(4):
            worker = worker_on(database, clock, channel_to(url))

            def die() -> None:
                raise Killed

            worker.on_progress = die
            with suppress(Killed):
                worker.send_due()
            clock.advance(SENDING_LEASE)
    assert len(server.taken) == 2
    assert [row.status for row in notifications(database)] == ["in_doubt"]


@pytest.mark.parametrize("reply", ["552 5.2.2 mailbox full", "554 5.7.1 relay access denied", "550 5.2.0 quota"])
def test_a_refusal_that_may_be_our_fault_costs_no_message_a_try(database: Database, reply: str) -> None:
    """Refused for everybody it stops the batch; refused for one, the others go out."""
    clock = FixedClock(NOW)
    owe(database, make_world(database), 6)
    refused = [""]

    def rude(talk: Talk, command: str, line: str) -> bool:
        if command == "RCPT" and refused[0] in line:
            talk.say(reply)
            return True
        return False

    with running_rudely(rude) as (server, url):
        worker = worker_on(database, clock, channel_to(url))
        assert worker.send_due() == DeliveryCounts(postponed=6)
        assert server.commands.count("RCPT") == 2
        for _ in range(18):
            clock.advance(LONGEST_DEFERMENT)
            assert worker.send_due().sent == 0
        assert {(row.status, row.tries, row.reason) for row in notifications(database)} == {("pending", 0, reply)}
        refused[0] = "robin.3@"
        clock.advance(LONGEST_DEFERMENT)
        assert worker.send_due() == DeliveryCounts(sent=5, postponed=1)
        refused[0] = "nobody@"
        clock.advance(LONGEST_DEFERMENT)
        assert worker.send_due() == DeliveryCounts(sent=1)
    assert set(Counter(server.taken).values()) == {1}
    assert len(attempts(database)) == 6


def test_a_pause_is_known_to_every_worker(database: Database) -> None:
    clock = FixedClock(NOW)
    owe(database, make_world(database), 60)

    def rude(talk: Talk, command: str, _line: str) -> bool:
        if command == "MAIL":
            talk.say("550 5.4.5 daily quota exceeded")
        return command == "MAIL"

    with running_rudely(rude) as (server, url):
        first, second = (worker_on(database, clock, channel_to(url), name) for name in ("one", "two"))
        assert first.send_due() == DeliveryCounts(postponed=50)
        assert second.send_due() == DeliveryCounts()
        assert server.commands.count("MAIL") == 1


def to_domains(database: Database, *domains: str) -> None:
    """Let the residents, in their order, have addresses in `domains`."""
    with database.writing() as db:
        for number, domain in enumerate(domains, start=1):
            mine = update(Resident).where(Resident.email == f"robin.{number}@example.org")
            db.execute(mine.values(email=f"robin.{number}@{domain}"))


def slow_channel(url: str) -> SmtpChannel:
    """Patient for eight seconds; after a fifth of one a message counts as slow."""
    return channel_to(url, 8, slow=0.2)


@pytest.mark.parametrize("step", ["RCPT", "TEXT"])
def test_a_slow_domain_holds_nobody_else_and_is_given_one_message_at_a_time(database: Database, step: str) -> None:
    owe(database, make_world(database), 12, now=SystemClock().now())
    to_domains(database, *["slow.example.org", "quick.example.org"] * 6)
    at_once, most, lock, went_on = [0], [0], threading.Lock(), list[float]()

    def rude(talk: Talk, command: str, line: str) -> bool:
        if command == step and "slow.example.org" in line:
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            sleep(0.5)
            gives_up = monotonic() + 6
            while len(taken_by("quick")) < 6 and monotonic() < gives_up:
                sleep(0.05)
            went_on.append(monotonic())
            with lock:
                at_once[0] -= 1
        return False

    def taken_by(domain: str) -> list[float]:
        return [at for recipient, at in server.taken_at if domain in recipient]

    with running_rudely(rude) as (server, url):
        counts = worker_on(database, SystemClock(), slow_channel(url)).send_due()
    assert len(taken_by("quick")) == 6
    assert max(taken_by("quick")) < min(went_on)
    assert most[0] == 1
    assert counts.sent >= 7
    assert set(Counter(server.taken).values()) == {1}
    waiting = [row for row in notifications(database) if row.status == "pending"]
    assert len(waiting) + counts.sent == 12
    assert all(row.tries == 0 and row.lease_until is None for row in waiting)
    assert SHORTEST_DEFERMENT.total_seconds() >= 30


@pytest.mark.parametrize("behaviour", ["drips", "talks on", "falls silent"])
@pytest.mark.parametrize("step", STEPS)
def test_stopping_takes_a_moment_whatever_the_server_does(database: Database, step: str, behaviour: str) -> None:
    owe(database, make_world(database), 3, now=SystemClock().now())
    reached = threading.Event()

    def rude(talk: Talk, command: str, _line: str) -> bool:
        if command == step:
            reached.set()
            behave(talk, behaviour)
        return command == step

    with running_rudely(rude) as (server, url):
        worker = worker_on(database, SystemClock(), channel_to(url, 60))
        thread = threading.Thread(target=worker.send_due)
        thread.start()
        assert reached.wait(10)
        began = monotonic()
        worker.stop()
        thread.join(STOP_SECONDS)
        assert monotonic() - began < STOP_SECONDS
        assert not thread.is_alive()
    rows = notifications(database)
    assert all(row.status == "pending" and row.lease_until is None for row in rows)
    assert [one.outcome for one in attempts(database)] in ([], ["unclear"], ["failed"])
    assert bool(server.taken) == (step == "TEXT")
