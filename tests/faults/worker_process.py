"""One worker in a process of its own, to be killed: passes until nothing is pending, then ends.

Usage: python -m tests.faults.worker_process DATABASE_URL SMTP_URL NAME LEASE_SECONDS
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from sqlalchemy import func, select

from core.clock import SystemClock
from core.database import Database
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.tables import Notification
from tests.reminders.channels import worker_on

PAUSE_SECONDS = 0.05  # the tick of a scheduler in a hurry


def main(database_url: str, smtp_url: str, name: str, lease_seconds: str) -> None:
    """Send until the outbox holds nothing that is pending."""
    database = Database(database_url)
    channel = SmtpChannel(SmtpServer.from_url(smtp_url), "appointments@testshire.example.org")
    lease = timedelta(seconds=float(lease_seconds))
    worker = worker_on(database, SystemClock(), channel, name, lease=lease, sending_lease=lease)
    print("ready", flush=True)
    while is_pending(database):
        worker.send_due()
        time.sleep(PAUSE_SECONDS)


def is_pending(database: Database) -> bool:
    """Whether the outbox holds anything that is pending."""
    with database.reading() as db:
        pending = select(func.count()).select_from(Notification).where(Notification.status == "pending")
        return bool(db.scalar(pending))


if __name__ == "__main__":
    main(*sys.argv[1:])
