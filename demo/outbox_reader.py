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
from reminders.channels.stored import letter_of
from reminders.gsm7 import TextSize, text_size
from reminders.letters import LetterBody
from reminders.recipients import EMAIL, LETTER, TEXT
from reminders.tables import DemoMessage, Notification

PAGE_SIZE = 25


@dataclass(frozen=True)
class MessageSummary:
    """A message in the list. `at` is aware, in UTC; `zone` is its council's."""

    id: int
    to: str
    subject: str
    at: datetime
    zone: str
    channel: str


@dataclass(frozen=True)
class OutboxPage:
    """One page of the list; pages count from 1."""

    messages: list[MessageSummary]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class OutboxEmail:
    """One email by its parts. `calendar` is empty when there is none."""

    summary: MessageSummary
    sender: str
    text: str
    html: str
    calendar: str
    raw: bytes


@dataclass(frozen=True)
class OutboxText:
    """One text, and how it travels. `number` is the one to which it can be answered; empty where it comes from a name."""

    summary: MessageSummary
    sender: str
    number: str
    text: str
    size: TextSize


@dataclass(frozen=True)
class OutboxLetter:
    """One letter."""

    summary: MessageSummary
    sender: str
    letter: LetterBody


OutboxMessage = OutboxEmail | OutboxText | OutboxLetter
# What is about no appointment is an email.
_CHANNEL = func.coalesce(Notification.channel, EMAIL)
_SUMMARIES = (
    select(DemoMessage.id, DemoMessage.to, DemoMessage.subject, DemoMessage.at, Authority.zone, _CHANNEL)
    .join(Authority, Authority.id == DemoMessage.authority_id)
    .outerjoin(Notification, Notification.id == DemoMessage.notification_id)
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
    kept = select(DemoMessage.raw, Authority.name, Authority.text_number).join(
        Authority, Authority.id == DemoMessage.authority_id
    )
    raw, council, number = db.execute(kept.where(DemoMessage.id == message_id)).one()
    summary = MessageSummary(*row)
    if summary.channel == TEXT:
        return OutboxText(summary, number or council, number, raw.decode(), text_size(raw.decode()))
    if summary.channel == LETTER:
        return OutboxLetter(summary, council, letter_of(raw))
    email = message_from_bytes(raw, policy=default)
    parts = (_part(email, "text/plain"), _part(email, "text/html"), _part(email, "text/calendar"))
    return OutboxEmail(summary, str(email["From"]), *parts, raw)


def _part(email: EmailMessage, content_type: str) -> str:
    for part in email.walk():
        if part.get_content_type() == content_type:
            return str(part.get_content())
    return ""
