"""Emails to whoever the council names: an urgent request has nobody's name after a quarter of an hour. They name nobody."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.urgent.tables import UrgentAlert, UrgentRequest
from booking.urgent.urgent_queries import has_requests_to_alert, is_any_late, requests_to_alert
from core.language import DEFAULT_LANGUAGE, language_for
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Authority
from reminders.channels.base import Channel
from reminders.messages import RenderedMessage, email_body
from reminders.plain_mails import PENDING, MailQueue
from reminders.recipients import EMAIL, Delivery

KEPT = timedelta(days=90)
BETWEEN_MAILS = timedelta(minutes=10)  # one email for many: it leads to the list of all


@dataclass(frozen=True)
class AlertMessage:
    """What the templates of the email show."""

    language: str
    authority_name: str
    brand_colour: str
    url: str
    asked_at: str
    can_answer: bool


def raise_urgent_alerts(runtime: Runtime) -> int:
    """Owe the emails about requests that have nobody's name for too long, each once; how many are owed now."""
    with runtime.database.reading() as db:
        if not has_requests_to_alert(db, runtime.clock.database_now(db)):
            return 0
    return run_with_retries(runtime.database, lambda db: _owe(db, runtime.clock.database_now(db)))


def _owe(db: Session, now: datetime) -> int:
    councils: dict[int, int] = {}
    for row in requests_to_alert(db, now):
        row.alerted_at = now
        councils.setdefault(row.authority_id, row.id)
    owed = 0
    for authority_id, request_id in councils.items():
        lately = select(UrgentAlert.id).where(
            UrgentAlert.authority_id == authority_id, UrgentAlert.created_at > now - BETWEEN_MAILS
        )
        if db.scalar(lately.limit(1)) is None:
            email = db.scalars(select(Authority.urgent_email).where(Authority.id == authority_id)).one()
            values = {"authority_id": authority_id, "request_id": request_id, "email": email, "state": PENDING}
            db.add(UrgentAlert(**values, created_at=now, due_at=now))
            owed += 1
    return owed


def send_urgent_alerts(
    runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None
) -> int:
    """How many emails were sent in one pass over those that are owed and due."""
    raise_urgent_alerts(runtime)
    return MailQueue(UrgentAlert, _message).send(runtime, channels, stopping)


def delete_old_alerts(db: Session, now: datetime) -> None:
    """Delete the rows of emails that were closed long ago."""
    db.execute(delete(UrgentAlert).where(UrgentAlert.closed_at < now - KEPT))


def _message(runtime: Runtime, db: Session, mail: UrgentAlert, now: datetime) -> RenderedMessage | None:
    """The email; None when every request has a name by now, or is closed."""
    request = db.get(UrgentRequest, mail.request_id)
    if request is None or not is_any_late(db, mail.authority_id, now):
        return None
    authority, language = catalogue_by_id(db, mail.authority_id).authority, language_for(DEFAULT_LANGUAGE)
    message = AlertMessage(
        language=language.code,
        authority_name=authority.name,
        brand_colour=authority.brand_colour,
        url=f"{runtime.settings.public_url}/staff/urgent",
        asked_at=language.moment(request.asked_at.astimezone(ZoneInfo(authority.zone))),
        can_answer=bool(authority.email),
    )
    body = email_body("urgent_alert", message, language)
    recipient = Delivery(EMAIL, address=mail.email, name="", language=language.code)
    reference = f"urgent-{mail.id}"
    return RenderedMessage(None, authority.id, reference, recipient, authority.name, authority.email, body, now)
