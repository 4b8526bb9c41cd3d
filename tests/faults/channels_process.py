"""One worker of three channels in a process of its own, to be killed: passes until nothing is pending, then ends.

Usage: python -m tests.faults.channels_process DATABASE_URL SMTP_URL NOTIFY_URL NAME LEASE_SECONDS

The clock of its host is right, an hour fast or an hour slow, which follows from the number in its name.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta

from core.clock import SystemClock
from core.database import Database
from core.errors import ResultUnknown
from reminders.channel_queue import NO_DATABASE
from reminders.channels.base import Channel
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import NotifyAccount
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.letters import LetterBody
from reminders.recipients import CHANNELS, EMAIL, LETTER, TEXT
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.faults.worker_process import PAUSE_SECONDS, is_pending
from tests.reminders.channels import writer
from tests.support.notify_server import API_KEY


class WrongClock(SystemClock):
    """The clock of a host that is wrong by so much."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        """The instant as this host has it."""
        return super().now() + self._by


def main(database_url: str, smtp_url: str, notify_url: str, name: str, lease_seconds: str) -> None:
    """Send until the outbox holds nothing that is pending, whatever becomes of the connection to the database."""
    database = Database(database_url)
    account, lease = NotifyAccount(API_KEY, notify_url), timedelta(seconds=float(lease_seconds))
    channels: dict[str, Channel] = {
        EMAIL: SmtpChannel(SmtpServer.from_url(smtp_url), "appointments@testshire.example.org"),
        TEXT: NotifyChannel(account, TextBody),
        LETTER: NotifyChannel(account, LetterBody),
    }
    database.facts[CHANNELS] = frozenset(channels)
    clock = WrongClock(timedelta(hours=int(name.rpartition("-")[2]) % 3 - 1))
    worker = Worker(database, clock, channels, writer(), name=name, lease=lease, sending_lease=lease)
    print("ready", flush=True)
    is_done = False
    while not is_done:
        with suppress(*NO_DATABASE, ResultUnknown):  # as the scheduler does
            worker.send_due()
            is_done = not is_pending(database)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
