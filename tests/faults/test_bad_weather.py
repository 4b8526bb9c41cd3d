"""Email, texts and letters at once, by workers of whom some are killed, while providers and database fail in their ways.

Nothing is lost. By a provider that can be asked by our reference nothing is sent twice; what a mail server got twice is
flagged. The hosts' clocks are an hour fast or slow, and the database loses all connections once.
"""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import cycle
from typing import Any, TypeVar

import pytest

from core.clock import SystemClock
from core.database import Database
from reminders.recipients import EMAIL, LETTER, TEXT
from tests.faults.conftest import Channels, Report, Scale
from tests.faults.crew import Crew, at_work
from tests.faults.database_proxy import DatabaseProxy, proxied
from tests.faults.mail_server import HANG_UP, MailServer, running
from tests.reminders.make_bulk_notifications import attempts, notifications, owe, send_at_any_hour
from tests.support.factories import make_world
from tests.support.notify_server import Fault, NotifyServer, notify_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORKERS = 4
PATIENCE_SECONDS = 600
Met = TypeVar("Met")
PEOPLE: dict[str, dict[str, Any]] = {
    EMAIL: {},
    TEXT: {"contact_preference": "text", "phone": "07700 900123", "phone_key": "07700900123"},
    LETTER: {"contact_preference": "letter", "address": "1 High Street\nTestshire", "postcode": "N12 9AA"},
}
OF_PROVIDER = (
    *(Fault.SLOW, Fault.REFUSE, Fault.ERROR, Fault.ERROR_AFTER),
    *(Fault.RESET_AFTER, Fault.NOT_JSON, Fault.UNAVAILABLE, Fault.TOO_MANY),
)
GREYLISTED = "450 4.7.1 Greylisted, please try again later"
OF_MAIL_SERVER = (GREYLISTED, HANG_UP)


@dataclass
class Weather:
    """What meets each message at the two servers. Some of the messages that each handles meet its next fault.

    The database's connections are cut once.
    """

    crew: Crew
    moments: dict[str, set[int]]
    proxy: DatabaseProxy | None
    breaks_at: int
    handled: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    of_provider: Iterator[Fault] = field(default_factory=lambda: cycle(OF_PROVIDER))
    of_mail_server: Iterator[str] = field(default_factory=lambda: cycle(OF_MAIL_SERVER))

    def at_provider(self) -> Fault | None:
        """What a request to send a text or a letter meets."""
        return self._next("provider", self.of_provider)

    def at_mail_server(self, _email: EmailMessage) -> str:
        """The answer to an email."""
        return self._next("mail", self.of_mail_server) or "250 OK"

    def _next(self, server: str, faults: Iterator[Met]) -> Met | None:
        with self.lock:
            self.handled[server] += 1
            fault = next(faults) if self.handled[server] in self.moments[server] else None
            self.met[str(fault)] += 1
            is_break = self.handled.total() == self.breaks_at
        if is_break and self.proxy:
            self.proxy.reset()
        self.crew.on_message()
        return fault


@contextmanager
def in_bad_weather(database_url: str, channels: Channels) -> Iterator[tuple[Weather, MailServer, NotifyServer]]:
    dice, is_postgresql = random.Random(20261126), database_url.startswith("postgresql")
    kills = sorted(dice.sample(range(20, channels.messages - 20), channels.kills))
    of_each = range(5, channels.messages // len(PEOPLE) - 5)
    moments = {server: set(dice.sample(of_each, channels.faults)) for server in ("provider", "mail")}
    mail = MailServer()
    with (
        running(mail) as smtp_url,
        notify_server() as provider,
        proxied(database_url) if is_postgresql else nullcontext() as proxy,
    ):
        provider.retry_after, provider.seconds = "1", 0.3
        url = proxy.url if proxy else database_url
        command = [sys.executable, "-m", "tests.faults.channels_process", url, smtp_url, provider.url]
        with at_work(command, kills, dice) as crew:
            weather = Weather(crew, moments, proxy, breaks_at=channels.messages // 2)
            mail.reply, provider.next_fault = weather.at_mail_server, weather.at_provider
            crew.start(WORKERS)
            yield weather, mail, provider


def test_every_message_is_accounted_for_in_bad_weather(
    database: Database, database_url: str, scale: Scale, report: Report
) -> None:
    world, now = make_world(database), SystemClock().now()
    send_at_any_hour(database, world)
    for channel, person in PEOPLE.items():
        owe(database, world, scale.channels.messages // len(PEOPLE), now=now, person=person, channel=channel)
    with in_bad_weather(database_url, scale.channels) as (weather, mail, provider):
        weather.crew.wait(PATIENCE_SECONDS)
    rows = notifications(database)
    names = {row.id: f"notification-{row.id}-{row.version}" for row in rows}
    arrived = {name.strip("<>").partition("@")[0]: times for name, times in mail.times_taken.items()}
    arrived |= {reference: len(sent) for reference, sent in provider.by_reference.items()}
    lost = {names[row.id] for row in rows if row.status != "in_doubt"} - set(arrived)
    doubled = {name for name, times in arrived.items() if times > 1}
    flagged = {names[one.notification_id] for one in attempts(database) if one.maybe_duplicate}
    sent = [row for row in rows if row.status == "sent"]
    report("bad weather", owed=len(rows), sent=len(sent), lost=len(lost), doubled=len(doubled), flagged=len(flagged))
    assert not lost
    assert {row.status for row in rows} <= {"sent", "in_doubt"}
    assert doubled <= flagged & {names[row.id] for row in rows if row.channel == EMAIL}
    assert max(arrived.values()) <= 2
    assert len(weather.crew.killed) == scale.channels.kills
    assert set(weather.met) == {"None", *map(str, OF_PROVIDER), *OF_MAIL_SERVER}
