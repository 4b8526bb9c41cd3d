"""A refusal is about this service, about one message, or about this moment, by the command that it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed
from reminders.channel_queue import DeliveryCounts
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred, DeliveryUnclear
from reminders.channels.replies import RefusalScope
from reminders.queue import LONGEST_PAUSE, Pause
from tests.faults.mail_server import MailServer, running
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.reminders.test_smtp import channel_to, message_to, send
from tests.support.factories import NOW, make_world

SERVICE, ONE = RefusalScope.SERVICE, RefusalScope.MESSAGE
TEMPORARY, EITHER = RefusalScope.TEMPORARY, RefusalScope.EITHER


@dataclass
class Refusing:
    """A server that answers one command with a reply of the test's, and the others as usual."""

    command: str
    reply: str
    inner: MailServer = field(default_factory=MailServer)

    async def handle_HELO(self, _server: SMTP, _session: Session, _envelope: Envelope, _name: str) -> str:  # noqa: N802
        return self.reply

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, db: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        db.host_name = hostname
        return [self.reply] if self.command == "EHLO" else responses

    def authenticate(self, *_anything: object) -> AuthResult:
        """Refuse every password."""
        return AuthResult(success=False, handled=False, message=self.reply)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.command == "MAIL":
            return self.reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, db: Session, envelope: Envelope, *rest: object) -> str:  # noqa: N802
        if self.command == "RCPT":
            return self.reply
        return await self.inner.handle_RCPT(server, db, envelope, *rest)  # type: ignore[arg-type]

    async def handle_DATA(self, server: SMTP, db: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.reply if self.command == "DATA" else await self.inner.handle_DATA(server, db, envelope)


ABOUT_SERVICE = [
    "535 5.7.8 bad",
    "550 relaying denied",
    "550 5.4.5 daily quota",
    "553 sender",
    "554 5.7.1 no service",
    "450 not now",
]
CASES = [
    *[("EHLO", reply, SERVICE) for reply in ABOUT_SERVICE],
    *[("AUTH", reply, SERVICE) for reply in ABOUT_SERVICE],
    *[("MAIL", reply, SERVICE) for reply in ABOUT_SERVICE],
    ("MAIL", "530 5.7.0 Must issue a STARTTLS command first", SERVICE),
    ("MAIL", "552 5.2.2 full", SERVICE),
    ("MAIL", "450 4.7.1 slow down", SERVICE),
    ("MAIL", "452 4.3.1 no room", SERVICE),
    ("MAIL", "421 4.3.2 closing", SERVICE),
    ("RCPT", "550 5.1.1 unknown", ONE),
    ("RCPT", "550 nobody here", ONE),
    ("RCPT", "553 5.1.3 bad mailbox", ONE),
    ("RCPT", "530 5.7.0 sign in first", SERVICE),
    ("RCPT", "550 5.4.5 daily quota", SERVICE),
    ("RCPT", "550 5.1.90 too many messages today", SERVICE),
    ("RCPT", "552 5.2.2 full", EITHER),
    ("RCPT", "552 no more room", EITHER),
    ("RCPT", "550 5.2.0 quota exceeded", EITHER),
    ("RCPT", "421 4.3.2 closing", SERVICE),
    ("RCPT", "554 5.7.1 relay access denied", EITHER),
    ("RCPT", "450 4.2.0 busy", TEMPORARY),
    ("DATA", "554 5.6.0 bad content", ONE),
    ("DATA", "554 5.7.1 looks like spam", ONE),
    ("DATA", "552 5.3.4 too big", ONE),
    ("DATA", "550 5.4.5 daily quota", SERVICE),
    ("DATA", "552 5.2.2 full", EITHER),
    ("DATA", "451 4.3.0 try again", TEMPORARY),
]  # fmt: skip


def scope_of(error: DeliveryFailed) -> RefusalScope:
    if isinstance(error, ChannelUnavailable):
        return SERVICE
    if isinstance(error, DeliveryDeferred):
        return EITHER
    return ONE if error.permanent else TEMPORARY


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("command", "reply", "expected"), CASES)
def test_what_a_reply_is_about_depends_on_the_command_it_answers(
    command: str, reply: str, expected: RefusalScope
) -> None:
    server = Refusing(command, reply)
    signing_in: dict[str, Any] = {
        "authenticator": server.authenticate,
        "auth_required": True,
        "auth_require_tls": False,
    }
    with running(server, **(signing_in if command == "AUTH" else {})) as url, pytest.raises(DeliveryFailed) as caught:
        send(url.replace("//", "//council:secret@") if command == "AUTH" else url)
    assert scope_of(caught.value) is expected
    assert not isinstance(caught.value, DeliveryUnclear)
    assert reply[:3] in caught.value.detail


def test_a_refusal_of_one_address_in_any_letters_is_not_about_the_service() -> None:
    server = Refusing("MAIL", "553 no such letters")
    with running(server, enable_SMTPUTF8=True) as url, pytest.raises(DeliveryFailed) as caught:
        send(url, message_to("zoë@example.org"))
    assert scope_of(caught.value) is TEMPORARY


@pytest.mark.parametrize("reply", ["550 relaying denied", "530 Must issue STARTTLS", "553 sender", "554 5.4.5 quota"])
def test_every_message_survives_a_night_in_which_the_server_refuses_us(database: Database, reply: str) -> None:
    clock = FixedClock(NOW)
    owe(database, make_world(database), 8)
    server = Refusing("MAIL", reply)
    with running(server) as url:
        worker = worker_on(database, clock, channel_to(url))
        assert worker.send_due() == DeliveryCounts(postponed=8)
        for _ in range(12 * 6):
            clock.advance(timedelta(minutes=10))
            assert worker.send_due() == DeliveryCounts(postponed=8)
        assert {(row.status, row.tries, row.reason) for row in notifications(database)} == {("pending", 0, reply)}
        assert attempts(database) == []
        server.command = ""
        clock.advance(LONGEST_PAUSE)
        assert worker.send_due() == DeliveryCounts(sent=8)
        assert worker.send_due() == DeliveryCounts()
    assert set(server.inner.times_taken.values()) == {1}
    assert len(server.inner.taken) == 8
    assert {(row.status, row.tries, row.reason) for row in notifications(database)} == {("sent", 1, "")}


@pytest.mark.parametrize("can_confirm_arrival", [False, True], ids=["one by one", "in batches"])
def test_a_refusal_in_the_middle_ends_the_pass_and_keeps_what_was_sent(
    database: Database, can_confirm_arrival: bool
) -> None:
    clock = FixedClock(NOW)
    owe(database, make_world(database), 7)
    refusals = [None, None, ChannelUnavailable(detail="550 5.4.5 quota")]

    def on_send(_message: object) -> None:
        if refusals and (refusal := refusals.pop(0)):
            raise refusal

    channel = RecordingChannel(can_confirm_arrival=can_confirm_arrival, batch_size=5, on_send=on_send)
    worker = worker_on(database, clock, channel)
    assert worker.send_due() == DeliveryCounts(sent=2, postponed=3)
    assert worker.send_due() == DeliveryCounts()  # the pause holds for the two that nobody claimed as well
    clock.advance(timedelta(seconds=1))
    assert worker.send_due() == DeliveryCounts(sent=5)
    assert [one.outcome for one in attempts(database)] == ["sent"] * 7
    assert len(channel.sent) == 7


def test_the_pauses_double_up_to_the_longest() -> None:
    pause, now, lengths = Pause(until=NOW), NOW, []
    for _ in range(20):
        pause = pause.after_refusal(now)
        assert pause.until is not None
        lengths.append(pause.until - now)
        now = pause.until
    assert lengths[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert lengths[9:] == [LONGEST_PAUSE] * 11


def test_a_pause_ends_in_time_whatever_the_clock_does() -> None:
    pause = Pause(3, NOW + LONGEST_PAUSE)
    assert pause.is_on(NOW)
    assert pause.after_refusal(NOW) == pause  # which somebody else began
    assert not pause.is_on(NOW + LONGEST_PAUSE)
    assert not pause.is_on(NOW - timedelta(hours=1))  # a clock that was set back
    assert Pause().is_on(NOW + timedelta(days=100))  # an operator's
