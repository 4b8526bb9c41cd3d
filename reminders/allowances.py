"""How many messages a provider lets this installation send a day, beside what was sent today and is due tomorrow.

Its days begin at midnight UTC: docs.notifications.service.gov.uk, "Daily limits", read 2026-11-26.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.runtime import Runtime
from core.settings import Settings
from reminders.arrival_queries import has_gone_out
from reminders.call_text_tables import CallText
from reminders.delivery_decisions import FAILED, PENDING, SENT
from reminders.queue import IS_PENDING
from reminders.recipients import EMAIL, LETTER, TEXT
from reminders.tables import Notification
from reminders.wish_tables import WishMail


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of one channel, for all councils together. `most` is 0 where it is not known."""

    channel: str
    most: int
    sent_today: int
    due_tomorrow: int

    @property
    def is_short(self) -> bool:
        """Whether more is due tomorrow than may be sent."""
        return 0 < self.most < self.due_tomorrow


def allowances(db: Session, settings: Settings, now: datetime) -> list[Allowance]:
    """The allowance of each channel that goes by GOV.UK Notify; none without a key."""
    if not settings.notify_api_key:
        return []
    most = {TEXT: settings.notify_daily_texts, LETTER: settings.notify_daily_letters}
    if not settings.smtp_url:
        most[EMAIL] = settings.notify_daily_emails
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    tomorrow, after = midnight + timedelta(days=1), midnight + timedelta(days=2)
    sent = _count_of(db, or_(has_gone_out(), Notification.status == FAILED), Notification.closed_at >= midnight)
    due = _count_of(db, IS_PENDING, Notification.next_try_at >= tomorrow, Notification.next_try_at < after)
    is_sent, is_due = WishMail.state.in_((SENT, FAILED)), WishMail.state == PENDING
    sent += _count_of(db, is_sent, WishMail.closed_at >= midnight, rows=WishMail)
    due += _count_of(db, is_due, WishMail.due_at >= tomorrow, WishMail.due_at < after, rows=WishMail)
    sent += _count_of(db, CallText.state.in_((SENT, FAILED)), CallText.closed_at >= midnight, rows=CallText)
    return [Allowance(channel, most[channel], sent[channel], due[channel]) for channel in most]


def are_allowances_enough(runtime: Runtime) -> bool:
    """Whether a day's allowance is enough for what is due tomorrow, by each channel of which it is known."""
    with runtime.database.reading() as db:
        return not any(one.is_short for one in allowances(db, runtime.settings, runtime.clock.database_now(db)))


def _count_of(
    db: Session, *where: ColumnElement[bool], rows: type[Notification] | type[WishMail] | type[CallText] = Notification
) -> Counter[str]:
    """How many messages there are by each channel; those to who waits without an appointment are rows of their own."""
    counted = select(rows.channel, func.count()).where(*where).group_by(rows.channel)
    return Counter({row[0]: row[1] for row in db.execute(counted)})
