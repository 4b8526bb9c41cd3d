"""Email, texts and letters at once, by workers of whom some are killed, while providers and database fail in their ways.

Nothing is lost. By a provider that can be asked by our reference nothing is sent twice; what a mail server got twice is
flagged. Receipts come to a running web server: right, wrong, twice, out of order, or never. PostgreSQL is stopped and
started, which is no matter to SQLite: there another process keeps it locked. The hosts' clocks change by an hour, twice.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import Flask

from core.clock import FixedClock, SystemClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import NotifyAccount
from reminders.delivery_decisions import ASK_AFTER
from reminders.ledger import ledger_of
from reminders.letters import LetterBody
from reminders.recipients import EMAIL, LETTER, TEXT
from reminders.reconciliation import ask_providers
from reminders.texts import TextBody
from tests.faults.conftest import Channels, Report, Scale
from tests.faults.crew import Crew, at_work
from tests.faults.database_proxy import proxied
from tests.faults.mail_server import DRIP, HANG_UP, MailServer, running
from tests.faults.receipts import Postman, telling
from tests.reminders.make_bulk_notifications import attempts, notifications, owe, send_at_any_hour
from tests.support.factories import make_world
from tests.support.notify_server import API_KEY, CALLBACK_TOKEN, Fault, NotifyServer, notify_server
from tests.support.postgres import PostgresServer
from tests.support.server import serve
from wsgi import create_app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORKERS = 4
LEASE_SECONDS = 8.0  # longer than a batch and its last request may take
PATIENCE_SECONDS = 600
Met = TypeVar("Met")
PEOPLE: dict[str, dict[str, Any]] = {
    EMAIL: {},
    TEXT: {"contact_preference": "text", "phone": "07700 900123", "phone_key": "07700900123"},
    LETTER: {"contact_preference": "letter", "address": "1 High Street\nTestshire", "postcode": "N12 9AA"},
}
OF_PROVIDER = (
    *(Fault.SLOW, Fault.DRIP, Fault.REFUSE, Fault.ERROR, Fault.ERROR_AFTER),
    *(Fault.RESET_AFTER, Fault.NOT_JSON, Fault.UNAVAILABLE, Fault.TOO_MANY),
)
GREYLISTED = "450 4.7.1 Greylisted, please try again later"
FULL = "552 5.2.2 Mailbox full"
OF_MAIL_SERVER = (GREYLISTED, HANG_UP, DRIP, FULL)
SLOW_BANNERS = 3  # one connection in so many


@dataclass
class Weather:
    """What meets each message at the two servers. Some of the messages that each handles meet its next fault.

    `turns` are what happens once, when so many messages have been handled.
    """

    crew: Crew
    moments: dict[str, set[int]]
    turns: dict[int, Callable[[], None]]
    handled: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    of_provider: Iterator[Fault] = field(default_factory=lambda: cycle(OF_PROVIDER))
    of_mail_server: Iterator[str] = field(default_factory=lambda: cycle(OF_MAIL_SERVER))
    banners: Iterator[int] = field(default_factory=lambda: cycle(range(SLOW_BANNERS)))
    turned: list[threading.Thread] = field(default_factory=list)

    def at_provider(self) -> Fault | None:
        """What a request to send a text or a letter meets."""
        return self._next("provider", self.of_provider)

    def at_mail_server(self, _email: EmailMessage) -> str:
        """The answer to an email."""
        return self._next("mail", self.of_mail_server) or "250 OK"

    def is_banner_slow(self) -> bool:
        """Whether the banner of one more connection to the mail server comes late."""
        is_slow = next(self.banners) == 0
        self.met["slow banner"] += is_slow
        return is_slow

    def _next(self, server: str, faults: Iterator[Met]) -> Met | None:
        with self.lock:
            self.handled[server] += 1
            fault = next(faults) if self.handled[server] in self.moments[server] else None
            self.met[str(fault)] += 1
            if turn := self.turns.pop(self.handled.total(), None):
                self.turned.append(threading.Thread(target=turn))
                self.turned[-1].start()
        self.crew.on_message()
        return fault


def lock_for_a_while(url: str) -> None:
    """Keep a SQLite database locked, longer than one writer waits for another by itself."""
    with closing_database(url) as database, database.writing():
        time.sleep(2)


@contextmanager
def closing_database(url: str) -> Iterator[Database]:
    """The database, whose connections are closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


@dataclass(frozen=True)
class Place:
    """Where it is played: the database, how it is taken away for a while, and where the hosts' clocks are wrong."""

    database_url: str
    stop: Callable[[], None]
    clock: Path


@contextmanager
def in_bad_weather(place: Place, channels: Channels) -> Iterator[tuple[Weather, MailServer, NotifyServer, Postman]]:
    dice, is_postgresql = random.Random(20261126), place.database_url.startswith("postgresql")
    kills = sorted(dice.sample(range(20, channels.messages - 20), channels.kills))
    of_each = range(5, channels.messages // len(PEOPLE) - 5)
    moments = {server: set(dice.sample(of_each, channels.faults)) for server in ("provider", "mail")}
    mail, hours = MailServer(), place.clock
    hours.write_text("0")
    with (
        running(mail, is_banner_slow=lambda: mail.is_banner_slow()) as smtp_url,
        notify_server() as provider,
        proxied(place.database_url) if is_postgresql else nullcontext() as proxy,
        closing_database(place.database_url) as of_web,
        serve(_app(of_web)) as live,
        telling(provider, live.url) as postman,
    ):
        provider.retry_after, provider.seconds, provider.drip_seconds = "1", 0.3, 0.005
        url = proxy.url if proxy else place.database_url
        command = [sys.executable, "-m", "tests.faults.channels_process", url, smtp_url, provider.url, str(hours)]
        with at_work(command, kills, dice, LEASE_SECONDS) as crew:
            tenth = channels.messages // 10
            turns = {
                3 * tenth: lambda: _write(hours, "1"),
                5 * tenth: place.stop,
                7 * tenth: lambda: _write(hours, "-1"),
            }
            weather = Weather(crew, moments, turns | ({4 * tenth: proxy.reset} if proxy else {}))
            mail.reply, provider.next_fault = weather.at_mail_server, weather.at_provider
            mail.is_banner_slow = weather.is_banner_slow
            crew.start(WORKERS)
            yield weather, mail, provider, postman
            for turned in weather.turned:
                turned.join()


def _write(file: Path, hours: str) -> None:
    file.write_text(hours)


def _app(database: Database) -> Flask:
    """The web server's application, as the provider reaches it."""
    settings = Settings(secret_key="a secret for tests", is_test=True, notify_callback_token=CALLBACK_TOKEN)
    app = create_app(settings, database=database, clock=SystemClock())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def place(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Place:
    if database_url.startswith("sqlite"):
        return Place(database_url, partial(lock_for_a_while, database_url), tmp_path / "hours")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Place(database_url, server.restart or (lambda: None), tmp_path / "hours")


def test_every_message_is_accounted_for_in_bad_weather(
    database: Database, place: Place, scale: Scale, report: Report
) -> None:
    world, now = make_world(database), SystemClock().now()
    send_at_any_hour(database, world)
    for channel, person in PEOPLE.items():
        owe(database, world, scale.channels.messages // len(PEOPLE), now=now, person=person, channel=channel)
    with in_bad_weather(place, scale.channels) as (weather, mail, provider, postman):
        weather.crew.wait(PATIENCE_SECONDS)
        postman.finish()
        database.dispose()  # its connections are of the server that was stopped
        ask_about_the_rest(database, provider)
    rows = notifications(database)
    names = {row.id: f"notification-{row.id}-{row.version}" for row in rows}
    arrived = {name.strip("<>").partition("@")[0]: times for name, times in mail.times_taken.items()}
    arrived |= {reference: len(sent) for reference, sent in provider.by_reference.items()}
    lost = {names[row.id] for row in rows if row.status != "in_doubt"} - set(arrived)
    doubled = {name for name, times in arrived.items() if times > 1}
    flagged = {names[one.notification_id] for one in attempts(database) if one.maybe_duplicate}
    with database.reading() as db:
        counts = ledger_of(db, world.authority_id)
    figures = {"owed": counts["owed"], "sent": counts["sent"], "delivered": counts["delivered"]}
    report("bad weather", **figures, lost=len(lost), doubled=len(doubled), flagged=len(flagged))
    assert not lost
    assert {row.status for row in rows} <= {"sent", "in_doubt"}
    assert doubled <= flagged & {names[row.id] for row in rows if row.channel == EMAIL}
    assert max(arrived.values()) <= 2
    assert {row.provider_status for row in rows if row.channel != EMAIL} == {"delivered"}
    assert counts["delivered"] == len([row for row in rows if row.channel != EMAIL])
    assert len(weather.crew.killed) == scale.channels.kills
    assert set(weather.met) == {"None", "slow banner", *map(str, OF_PROVIDER), *OF_MAIL_SERVER}
    assert weather.turns == {}


def ask_about_the_rest(database: Database, provider: NotifyServer) -> None:
    """Ask the provider, as the scheduler does ten minutes later, about what no receipt has told."""
    account = NotifyAccount(API_KEY, provider.url)
    channels = {TEXT: NotifyChannel(account, TextBody), LETTER: NotifyChannel(account, LetterBody)}
    clock = FixedClock(SystemClock().now() + ASK_AFTER)
    ask_providers(Runtime(Settings(is_test=True), database, clock), channels)
