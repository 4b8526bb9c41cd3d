"""Conversations with a real mail server: what it took, what it refused, what broke off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.smtp import AuthResult

from booking.calendar.ical import Method
from core.clock import FixedClock
from core.database import Database
from core.errors import ConfigurationError, DeliveryFailed
from core.settings import Settings
from reminders.channel_queue import DeliveryCounts
from reminders.channels.base import DeliveryUnclear
from reminders.channels.bounded_smtp import BoundedSmtp, Deadline, TimeLimits
from reminders.channels.registry import email_channel
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.messages import EmailBody, RenderedMessage
from reminders.recipients import Delivery
from tests.faults.mail_server import MailServer, free_port, running
from tests.reminders.calendar_readers import READERS
from tests.reminders.channels import Patient, worker_on
from tests.reminders.make_bulk_notifications import attempts, notifications, owe
from tests.support.factories import NOW, make_world

SENDER = "appointments@testshire.example.org"
MESSAGE = RenderedMessage(
    notification_id=7,
    authority_id=1,
    reference="notification-7-2",
    recipient=Delivery("email", "zoe@example.org", "Zoë Sample"),
    sender_name="Testshire Council",
    reply_to="hello@testshire.example.org",
    body=EmailBody(
        subject="Your appointment on Tuesday – 10:30am",
        text="Dear Zoë,\n\nYour appointment is booked.\n",
        html="<p>Dear Zoë</p>",
        calendar="BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        calendar_method=Method.REQUEST,
    ),
    at=NOW,
)


def message_to(address: str = "zoe@example.org", name: str = "Zoë Sample", subject: str = "") -> RenderedMessage:
    """`MESSAGE` to somebody else, or with another subject."""
    body = replace(MESSAGE.email, subject=subject or MESSAGE.email.subject)
    return replace(MESSAGE, recipient=Delivery("email", address, name), body=body)


def channel_to(url: str, timeout_seconds: float = 5, **limits: float) -> SmtpChannel:
    """A channel to the server at `url`. Each part of a conversation may take so long, unless `limits` says otherwise."""
    parts = dict.fromkeys(("connect", "message", "reply_to_text"), timeout_seconds)
    return SmtpChannel(SmtpServer.from_url(url, TimeLimits(**{**parts, **limits})), SENDER)


def send(url: str, message: RenderedMessage = MESSAGE, timeout_seconds: float = 5) -> str:
    with channel_to(url, timeout_seconds).open(Patient()) as connection:
        return connection.send(message)


@contextmanager
def deaf_server(greeting: bytes = b"") -> Iterator[str]:
    """A server that takes connections, says its greeting and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection)
            connection.sendall(greeting)

        thread = threading.Thread(target=take)
        thread.start()
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)
        for connection in taken:
            connection.close()


def test_a_message_arrives_with_text_html_and_a_calendar() -> None:
    server = MailServer()
    with running(server) as url:
        send(url)
    (email,) = server.taken
    assert email["To"] == "Zoë Sample <zoe@example.org>"
    assert email["From"] == f"Testshire Council <{SENDER}>"
    assert email["Reply-To"] == "Testshire Council <hello@testshire.example.org>"
    assert email["Subject"] == MESSAGE.email.subject
    assert email["Message-ID"] == "<notification-7-2@testshire.example.org>"
    assert email["Auto-Submitted"] == "auto-generated"
    assert email["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    parts = [part.get_content_type() for part in email.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "text/calendar", "application/ics"]
    assert cast(EmailMessage, email.get_body(("plain",))).get_content().splitlines() == MESSAGE.email.text.splitlines()
    calendar = next(part for part in email.walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_param("charset") == "utf-8"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"smtp_ehlo_name": "mail.testshire.example.org"}, "mail.testshire.example.org"),
        ({}, "appointments.example.org"),
        ({"public_url": "http://127.0.0.1:8000"}, "council.example.org"),
        ({"public_url": "http://localhost", "smtp_ehlo_name": ""}, "council.example.org"),
    ],
)
def test_the_service_introduces_itself_by_a_name_that_a_strict_server_takes(
    settings: dict[str, Any], name: str
) -> None:
    """Not by that of its host, which in a container is a word that no server can look up."""
    server = MailServer()
    with running(server) as url:
        known = Settings(is_test=True, smtp_url=url, public_url="https://appointments.example.org")
        known = replace(known, mail_from="Us <us@council.example.org>", **settings)
        channel = email_channel(known, cast(Database, None))
        with channel.open(Patient()) as connection:
            connection.send(MESSAGE)
    assert server.names == [name]


@pytest.mark.parametrize("name", ["front-door_web_1.front-door_internal", "localhost", "a b.example.org", "10.0.0.7"])
def test_a_name_that_no_server_would_take_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError, match="SMTP_EHLO_NAME"):
        email_channel(Settings(is_test=True, smtp_url="smtp://127.0.0.1", smtp_ehlo_name=name), cast(Database, None))


def test_one_conversation_serves_a_whole_batch_and_survives_a_refusal() -> None:
    def refuse_bob(address: str) -> str:
        return "550 5.1.1 no such person" if address.startswith("bob") else "250 OK"

    server = MailServer(reply_rcpt=refuse_bob)
    with running(server) as url, channel_to(url).open(Patient()) as connection:
        connection.send(MESSAGE)
        with pytest.raises(DeliveryFailed):
            connection.send(message_to("bob@example.org"))
        connection.send(replace(MESSAGE, reference="notification-8-1"))
    assert len(server.taken) == 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "is_permanent"),
    [
        ("450 4.2.0 mailbox busy", False),
        ("451 4.7.1 try again later", False),
        ("452 4.2.2 mailbox full", False),
        ("550 5.1.1 <zoe@example.org> unknown", True),
        ("553 5.1.3 bad mailbox", True),
    ],
)
@pytest.mark.parametrize("step", ["recipient", "data"])
def test_the_code_says_whether_to_try_again(reply: str, is_permanent: bool, step: str) -> None:
    server = MailServer(reply_rcpt=lambda _address: reply) if step == "recipient" else MailServer(lambda _email: reply)
    with running(server) as url, pytest.raises(DeliveryFailed) as caught:
        send(url)
    assert caught.value.permanent is is_permanent
    assert caught.value.detail.startswith(reply[:3])
    assert "zoe@" not in caught.value.detail  # what the log keeps is no personal data


def test_a_server_that_is_not_there_is_a_matter_of_time() -> None:
    with pytest.raises(DeliveryFailed) as caught:
        send(f"smtp://127.0.0.1:{free_port()}")
    assert not caught.value.permanent


def test_a_server_that_is_not_there_is_not_tried_again_for_each_message_of_a_batch() -> None:
    knocks: list[int] = []

    class Nobody:
        limits = TimeLimits()

        def connect(self, _deadline: Deadline) -> BoundedSmtp:
            knocks.append(1)
            raise ConnectionRefusedError("nobody there")

    with SmtpChannel(Nobody(), SENDER).open(Patient()) as connection:
        for _ in range(3):
            with pytest.raises(DeliveryFailed):
                connection.send(MESSAGE)
    assert len(knocks) == 1


@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n"])
def test_a_server_that_falls_silent_before_the_message_is_a_plain_failure(greeting: bytes) -> None:
    with deaf_server(greeting) as url, pytest.raises(DeliveryFailed) as caught:
        send(url, timeout_seconds=0.2)
    assert not caught.value.permanent
    assert not isinstance(caught.value, DeliveryUnclear)


def test_a_server_that_falls_silent_after_the_message_leaves_it_unclear() -> None:
    """It may have the message: the next try is flagged."""
    enough = threading.Event()

    def fall_silent(_email: EmailMessage) -> str:
        enough.wait(10)
        return "250 OK"

    server = MailServer(fall_silent)
    with running(server) as url:
        with pytest.raises(DeliveryUnclear):
            send(url, timeout_seconds=0.5)
        enough.set()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on this machine only
def test_a_wrong_password_gives_no_message_up() -> None:
    def refuse(*_anything: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    options: dict[str, Any] = {"authenticator": refuse, "auth_required": True, "auth_require_tls": False}
    with running(MailServer(), **options) as url, pytest.raises(DeliveryFailed) as caught:
        send(url.replace("//", "//council:wrong%20one@"))
    assert not caught.value.permanent
    assert "535" in caught.value.detail


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "a@", "a@example.org\nBcc: b@example.org"])
def test_an_address_that_is_none_fails_for_good(address: str) -> None:
    with running(MailServer()) as url, pytest.raises(DeliveryFailed) as caught:
        send(url, message_to(address))
    assert caught.value.permanent


def test_an_address_in_letters_that_the_server_cannot_take_fails_for_good() -> None:
    with running(MailServer(), enable_SMTPUTF8=False) as url, pytest.raises(DeliveryFailed) as caught:
        send(url, message_to("zoë@example.org"))
    assert caught.value.permanent


def test_an_address_in_any_letters_is_written_to_when_the_server_can() -> None:
    server = MailServer()
    with running(server, enable_SMTPUTF8=True) as url:
        send(url, message_to("zoë@example.org"))
    assert len(server.taken) == 1


def test_a_name_cannot_smuggle_in_a_header() -> None:
    server = MailServer()
    with running(server) as url:
        send(url, message_to(name="Zoë\r\nBcc: all@example.org", subject="Hello\nX-Evil: yes"))
    (email,) = server.taken
    assert email["Bcc"] is None
    assert email["X-Evil"] is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 25, "", "", False)),
        ("smtp://user:p%40ss@mail.example.org", ("mail.example.org", 587, "user", "p@ss", False)),
        ("smtps://mail.example.org", ("mail.example.org", 465, "", "", True)),
        ("smtp://mail.example.org:2525", ("mail.example.org", 2525, "", "", False)),
    ],
)
def test_the_address_of_the_server_is_understood(url: str, expected: tuple[object, ...]) -> None:
    server = SmtpServer.from_url(url)
    assert (server.host, server.port, server.user, server.password, server.is_tls) == expected


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:many"])
def test_an_address_that_cannot_be_used_says_what_to_write(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SMTP_URL"):
        SmtpServer.from_url(url)


def test_a_day_of_trouble_ends_with_every_message_accounted_for(database: Database) -> None:
    """Busy, gone for good, and busy for ever: worker, database and a real server together."""
    clock = FixedClock(NOW)
    owe(database, make_world(database), 4)
    busy_once = {"robin.2@example.org"}

    def reply(address: str) -> str:
        if address == "robin.3@example.org":
            return "550 5.1.1 unknown"
        if address == "robin.4@example.org" or address in busy_once:
            busy_once.discard(address)
            return "451 4.3.0 busy"
        return "250 OK"

    server = MailServer(reply_rcpt=reply)
    with running(server) as url:
        worker = worker_on(database, clock, channel_to(url))
        assert worker.send_due() == DeliveryCounts(sent=1, failed=3)
        clock.advance(timedelta(seconds=1))
        assert worker.send_due() == DeliveryCounts(sent=1, failed=1)
        clock.advance(timedelta(days=1))
        assert worker.send_due() == DeliveryCounts(skipped=1)
    assert [row.status for row in notifications(database)] == ["sent", "sent", "failed", "late"]
    assert len(server.taken) == 2
    assert all(one.ended_at and one.error for one in attempts(database) if one.outcome != "sent")


@pytest.mark.parametrize("reader", READERS)
def test_the_calendar_that_arrives_by_mail_says_the_right_time(database: Database, reader: str) -> None:
    owe(database, make_world(database), 1)
    server = MailServer()
    with running(server) as url:
        worker_on(database, FixedClock(NOW), channel_to(url)).send_due()
    (email,) = server.taken
    part = next(part for part in email.walk() if part.get_content_type() == "text/calendar")
    (event,) = READERS[reader](part.get_content().replace("\r\n", "\n").replace("\n", "\r\n"))
    assert event.starts_at == NOW + timedelta(days=1)
