"""What the demo's outbox shows: messages as their readers would get them, newest first."""

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
class Line:
    """A message in the list. `at` is aware, in UTC; `zone` is its council's."""

    id: int
    to: str
    subject: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class Page:
    """One page of the list; pages count from 1."""

    lines: list[Line]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Letter:
    """One message, taken apart. `calendar` is empty when there is none."""

    line: Line
    sender: str
    text: str
    html: str
    calendar: str
    raw: bytes


_LINES = (
    select(DemoMessage.id, DemoMessage.to, DemoMessage.subject, DemoMessage.at, Authority.zone)
    .join(Authority, Authority.id == DemoMessage.authority_id)
    .order_by(DemoMessage.id.desc())
)


def page_of(db: Session, number: int) -> Page:
    """The page of this number, or the last one if there are fewer."""
    total = db.scalar(select(func.count()).select_from(DemoMessage)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), pages)
    rows = db.execute(_LINES.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
    return Page([Line(*row) for row in rows], number, pages, total)


def letter_of(db: Session, message_id: int) -> Letter:
    """The message of this id. Raises: NotFound."""
    row = db.execute(_LINES.where(DemoMessage.id == message_id)).first()
    if row is None:
        raise NotFound.because("message_unknown")
    raw = db.scalars(select(DemoMessage.raw).where(DemoMessage.id == message_id)).one()
    email = message_from_bytes(raw, policy=default)
    parts = (_part(email, "text/plain"), _part(email, "text/html"), _part(email, "text/calendar"))
    return Letter(Line(*row), str(email["From"]), *parts, raw)


def _part(email: EmailMessage, content_type: str) -> str:
    for part in email.walk():
        if part.get_content_type() == content_type:
            return str(part.get_content())
    return ""
