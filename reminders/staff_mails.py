"""Emails to staff: the links with which they set a password. After its link has ended nothing is sent."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.language import DEFAULT_LANGUAGE, language_for
from core.runtime import Runtime
from core.text import person_name
from locations.catalogue_queries import catalogue_by_id
from locations.model import AuthorityFacts
from people.staff.password_links import working_token
from people.staff.tables import PasswordLink, StaffMail, StaffMember
from reminders.channels.base import Channel
from reminders.messages import EmailBody, RenderedMessage, email_body
from reminders.plain_mails import MailQueue
from reminders.recipients import EMAIL, Delivery

KEPT = timedelta(days=90)


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
    return MailQueue(StaffMail, _message).send(runtime, channels, stopping)


def delete_old_mails(db: Session, now: datetime) -> None:
    """Delete the rows of emails that were closed long ago."""
    db.execute(delete(StaffMail).where(StaffMail.closed_at < now - KEPT))


def _message(runtime: Runtime, db: Session, mail: StaffMail, now: datetime) -> RenderedMessage | None:
    """The email; None when its link does not work any more."""
    token, member = working_token(db, mail, now), db.get_one(StaffMember, mail.staff_id)
    if token is None or not member.is_active:
        return None
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
