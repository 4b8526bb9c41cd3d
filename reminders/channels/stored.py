"""Keeps whole messages in the database, to be read at /demo/outbox. Nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select

from core.database import Database
from reminders.channels.base import Waiting
from reminders.channels.mime import as_email
from reminders.messages import EmailBody, RenderedMessage
from reminders.tables import DemoMessage


class StoredChannel:
    """Keeps every message where the demo shows it, and so knows which have arrived."""

    can_confirm_arrival = True
    batch_size = 100
    body_type = EmailBody

    def __init__(self, database: Database, mail_from: str) -> None:
        self.database = database
        self.mail_from = mail_from

    @contextmanager
    def open(self, _waiting: Waiting) -> Iterator[StoredChannel]:
        """The channel, which is its own connection."""
        yield self

    def send(self, message: RenderedMessage) -> str:
        """The id under which the message is kept. Raises: DeliveryFailed for an invalid address."""
        email = as_email(message, self.mail_from)
        row = DemoMessage(
            authority_id=message.authority_id,
            notification_id=message.notification_id,
            to=message.recipient.address,
            subject=message.body.subject,
            raw=email.as_bytes(),
            at=message.at,
        )
        with self.database.writing() as db:
            db.add(row)
            db.flush()
            return f"demo-{row.id}"

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those of our references whose notification has a message in the demo's outbox."""
        by_id = {int(reference.split("-")[1]): reference for reference in references}
        kept = select(DemoMessage.notification_id).where(DemoMessage.notification_id.in_(by_id))
        with self.database.reading() as db:
            return {by_id[notification_id] for notification_id in db.scalars(kept) if notification_id}
