"""Keeps whole messages in the database, to be read at /demo/outbox. Nothing leaves the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import select

from core.database import Database
from reminders.channels.base import Waiting
from reminders.channels.mime import as_email
from reminders.letters import LetterBody
from reminders.messages import Body, EmailBody, RenderedMessage
from reminders.tables import DemoMessage
from reminders.texts import TextBody

SUBJECT_LENGTH = 300  # of the column: the beginning of a text


class StoredChannel:
    """Keeps every email, text or letter where the demo shows it, and so knows which have arrived."""

    can_confirm_arrival = True
    batch_size = 100

    def __init__(self, database: Database, mail_from: str, body_type: type[Body] = EmailBody) -> None:
        self.database = database
        self.mail_from = mail_from
        self.body_type = body_type

    @contextmanager
    def open(self, _waiting: Waiting) -> Iterator[StoredChannel]:
        """The channel, which is its own connection."""
        yield self

    def send(self, message: RenderedMessage) -> str:
        """The id under which the message is kept. Raises: DeliveryFailed for an invalid address."""
        subject, raw = _kept(message, self.mail_from)
        row = DemoMessage(
            authority_id=message.authority_id,
            notification_id=message.notification_id,
            to=", ".join(message.recipient.address.splitlines()),
            subject=subject[:SUBJECT_LENGTH],
            raw=raw,
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


def _kept(message: RenderedMessage, mail_from: str) -> tuple[str, bytes]:
    """The line under which the message is listed, and the whole of it."""
    body = message.body
    if isinstance(body, TextBody):
        return body.text, body.text.encode()
    if isinstance(body, LetterBody):
        return body.heading, json.dumps(asdict(body)).encode()
    return message.email.subject, as_email(message, mail_from).as_bytes()


def letter_of(raw: bytes) -> LetterBody:
    """The letter that was kept as `raw`."""
    kept = json.loads(raw)
    return LetterBody(tuple(kept["address_lines"]), kept["heading"], kept["text"], large_print=kept["large_print"])
