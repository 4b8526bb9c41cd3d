"""The messages of the demo's outbox as their readers would get them, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from locations.tables import Authority
from reminders.tables import DemoMessage

PAGE_SIZE = 25


@dataclass(frozen=True)
class MessageSummary:
    """A message in the list. `at` is aware, in UTC; `zone` is its council's."""

    id: int
    to: str
    subject: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class OutboxPage:
    """One page of the list; pages count from 1."""

    messages: list[MessageSummary]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class OutboxMessage:
    """One message by its parts. `calendar` is empty when there is none."""

    summary: MessageSummary
    sender: str
    text: str
    html: str
    calendar: str
    raw: bytes


_SUMMARIES = (
    select(DemoMessage.id, DemoMessage.to, DemoMessage.subject, DemoMessage.at, Authority.zone)
    .join(Authority, Authority.id == DemoMessage.authority_id)
    .order_by(DemoMessage.id.desc())
)


def read_page(db: Session, number: int) -> OutboxPage:
    """The page of this number, or the last one if there are fewer."""
    total = db.scalar(select(func.count()).select_from(DemoMessage)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), pages)
    rows = db.execute(_SUMMARIES.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
    return OutboxPage([MessageSummary(*row) for row in rows], number, pages, total)


def read_message(db: Session, message_id: int) -> OutboxMessage:
    """The message of this id. Raises: NotFound."""
    row = db.execute(_SUMMARIES.where(DemoMessage.id == message_id)).first()
    if row is None:
        raise NotFound.because("message_unknown")
    raw = db.scalars(select(DemoMessage.raw).where(DemoMessage.id == message_id)).one()
    email = message_from_bytes(raw, policy=default)
    parts = (_part(email, "text/plain"), _part(email, "text/html"), _part(email, "text/calendar"))
    return OutboxMessage(MessageSummary(*row), str(email["From"]), *parts, raw)


def _part(email: EmailMessage, content_type: str) -> str:
    for part in email.walk():
        if part.get_content_type() == content_type:
            return str(part.get_content())
    return ""
