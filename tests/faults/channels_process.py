"""One worker of three channels in a process of its own, to be killed: passes until nothing is pending, then ends.

Usage: python -m tests.faults.channels_process DATABASE_URL SMTP_URL NOTIFY_URL CLOCK_FILE NAME LEASE_SECONDS

The clock of its host is wrong by the hours that stand in the file, which change while it runs.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from core.clock import SystemClock
from core.database import Database
from core.errors import ResultUnknown
from reminders.channel_queue import NO_DATABASE
from reminders.channels.base import Channel
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import PER_MINUTE, CallLimits, NotifyAccount
from reminders.channels.pace import Pace
from reminders.channels.shared_pace import SharedPace
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.letters import LetterBody
from reminders.recipients import CHANNELS, EMAIL, LETTER, TEXT
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.faults.worker_process import PAUSE_SECONDS, is_pending
from tests.reminders.channels import writer
from tests.support.notify_server import API_KEY

LIMITS = CallLimits(call=3, batch=3)  # together less than the lease, as in production


def _account(database: Database, notify_url: str) -> NotifyAccount:
    return NotifyAccount(API_KEY, notify_url, LIMITS, SharedPace(database, API_KEY, Pace(PER_MINUTE)))


class WrongClock(SystemClock):
    """The clock of a host that is wrong by so many hours as the file says at that moment."""

    def __init__(self, hours: Path) -> None:
        self._hours = hours

    def now(self) -> datetime:
        """The instant as this host has it."""
        return super().now() + timedelta(hours=int(self._hours.read_text() or 0))


def main(database_url: str, smtp_url: str, notify_url: str, hours: str, name: str, lease_seconds: str) -> None:
    """Send until the outbox holds nothing that is pending, whatever becomes of the connection to the database."""
    database = Database(database_url)
    account, lease = _account(database, notify_url), timedelta(seconds=float(lease_seconds))
    channels: dict[str, Channel] = {
        EMAIL: SmtpChannel(SmtpServer.from_url(smtp_url), "appointments@testshire.example.org"),
        TEXT: NotifyChannel(account, TextBody),
        LETTER: NotifyChannel(account, LetterBody),
    }
    database.facts[CHANNELS] = frozenset(channels)
    worker = Worker(database, WrongClock(Path(hours)), channels, writer(), name=name, lease=lease, sending_lease=lease)
    print("ready", flush=True)
    is_done = False
    while not is_done:
        with suppress(*NO_DATABASE, ResultUnknown):  # as the scheduler does
            worker.send_due()
            is_done = not is_pending(database)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
