"""Emails to staff: the links with which they set a password. Each is a row, and its state says what became of it.

They go through the channel of all other email, and wait while it is paused. A try that was unclear is repeated: the link
in it is the same, so that a second copy does no harm. After its link has ended nothing is sent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import DeliveryFailed
from core.language import DEFAULT_LANGUAGE, language_for
from core.runtime import Runtime
from core.text import one_line, person_name
from locations.catalogue_queries import catalogue_by_id
from locations.model import AuthorityFacts
from people.staff.password_links import PENDING, working_token
from people.staff.tables import PasswordLink, StaffMail, StaffMember
from reminders.channels.base import Channel, ChannelUnavailable, DeliveryDeferred
from reminders.messages import EmailBody, RenderedMessage, email_body
from reminders.queue import pauses_of
from reminders.reasons import INTERNAL_ERROR, REASON_LENGTH, TOO_LATE
from reminders.recipients import EMAIL, Delivery

SENT, FAILED, VOID = "sent", "failed", "void"
LEASE = timedelta(minutes=15)  # longer than any conversation with a mail server may last
FIRST_WAIT, MOST_TRIES = timedelta(minutes=1), 8  # doubling from one minute: about two hours, more than most links last
WAIT_UNAVAILABLE = timedelta(minutes=1)
MOST_AT_ONCE = 50
KEPT = timedelta(days=90)

log = logging.getLogger(__name__)


@dataclass
class _Patience:
    """How a connection waits: until `stopping` is set."""

    stopping: threading.Event = field(default_factory=threading.Event)

    def on_slow(self) -> None:
        """Nothing else waits behind these emails."""


@dataclass(frozen=True)
class StaffMessage:
    """What the templates of an email to staff show."""

    kind: str
    language: str
    to_name: str
    sign_in_email: str
    authority_name: str
    brand_colour: str
    url: str
    until: str
    can_answer: bool


def send_staff_mails(runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
    """How many emails were sent in one pass over those that are due."""
    patience, sent = _Patience(stopping or threading.Event()), 0
    due = _due(runtime)
    if not due or EMAIL not in channels:
        return 0
    with channels[EMAIL].open(patience) as connection:
        for mail_id in due:
            if patience.stopping.is_set():
                break
            message = _claimed(runtime, mail_id)
            if message is None:
                continue
            try:
                connection.send(message)
            except (ChannelUnavailable, DeliveryDeferred) as error:
                _wait(runtime, mail_id, error.detail, is_try=False)
            except DeliveryFailed as error:
                _wait(runtime, mail_id, error.detail, is_permanent=error.permanent)
            except Exception:  # a mistake of ours in one email must not stop the others
                log.exception("an email to staff could not be sent: %s", mail_id)
                _wait(runtime, mail_id, INTERNAL_ERROR)
            else:
                _close(runtime, mail_id, SENT)
                sent += 1
    return sent


def delete_old_mails(db: Session, now: datetime) -> None:
    """Delete the rows of emails that were closed long ago."""
    db.execute(delete(StaffMail).where(StaffMail.closed_at < now - KEPT))


def _due(runtime: Runtime) -> list[int]:
    with runtime.database.reading() as db:
        now = runtime.clock.now()
        if any(pause.is_on(now) for pause in pauses_of(db, EMAIL).values()):
            return []
        due = select(StaffMail.id).where(StaffMail.state == PENDING, StaffMail.due_at <= now)
        return list(db.scalars(due.order_by(StaffMail.due_at).limit(MOST_AT_ONCE)))


def _claimed(runtime: Runtime, mail_id: int) -> RenderedMessage | None:
    """The email, for the length of a lease; None when another process has it, or its link does not work any more."""
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        here = (StaffMail.id == mail_id, StaffMail.state == PENDING, StaffMail.due_at <= now)
        mail = db.scalars(select(StaffMail).where(*here).with_for_update(skip_locked=True)).first()
        if mail is None:
            return None
        token, member = working_token(db, mail, now), db.get_one(StaffMember, mail.staff_id)
        if token is None or not member.is_active:
            mail.state, mail.closed_at, mail.reason = VOID, now, TOO_LATE
            return None
        mail.due_at = now + LEASE
        url = f"{runtime.settings.public_url}/staff/new-password/{token}"
        expires_at = db.get_one(PasswordLink, (mail.staff_id, mail.kind)).expires_at
        authority = catalogue_by_id(db, mail.authority_id).authority
        return _written(mail, member, authority, url, expires_at, now)


def _written(
    mail: StaffMail, member: StaffMember, authority: AuthorityFacts, url: str, expires_at: datetime, now: datetime
) -> RenderedMessage:
    language, name = language_for(DEFAULT_LANGUAGE), person_name(member.name)
    message = StaffMessage(
        kind=mail.kind,
        language=language.code,
        to_name=name or member.email,
        sign_in_email=member.email,
        authority_name=authority.name,
        brand_colour=authority.brand_colour,
        url=url,
        until=language.moment(expires_at.astimezone(ZoneInfo(authority.zone))),
        can_answer=bool(authority.email),
    )
    body: EmailBody = email_body("staff_link", message, language)
    reference = f"staff-{mail.id}-{mail.nonce[:8]}"
    recipient = Delivery(EMAIL, address=member.email, name=name, language=language.code)
    return RenderedMessage(None, authority.id, reference, recipient, authority.name, authority.email, body, now)


def _wait(runtime: Runtime, mail_id: int, reason: str, *, is_try: bool = True, is_permanent: bool = False) -> None:
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        mail = db.scalars(select(StaffMail).where(StaffMail.id == mail_id).with_for_update()).one()
        mail.reason = one_line(reason)[:REASON_LENGTH]
        mail.tries += is_try
        mail.due_at = now + (FIRST_WAIT * 2 ** (mail.tries - 1) if is_try else WAIT_UNAVAILABLE)
        if is_permanent or mail.tries >= MOST_TRIES:
            mail.state, mail.closed_at = FAILED, now


def _close(runtime: Runtime, mail_id: int, state: str) -> None:
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        mail = db.scalars(select(StaffMail).where(StaffMail.id == mail_id).with_for_update()).one()
        mail.state, mail.closed_at, mail.tries, mail.reason = state, now, mail.tries + 1, ""
