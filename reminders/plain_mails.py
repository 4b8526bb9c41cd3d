"""Messages beside the outbox, about no appointment: each is a row, and its state says what became of it.

They go through the channels of all others, and wait while these are paused. A try that was unclear is repeated: the link
in it is the same, so that a second copy does no harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from booking.urgent.tables import UrgentAlert
from core.errors import DeliveryFailed
from core.outages import outage_of
from core.runtime import Runtime
from core.text import one_line
from people.staff.tables import StaffMail
from reminders.call_text_tables import CallText
from reminders.channels.base import Channel, ChannelUnavailable, DeliveryDeferred
from reminders.invitation_tables import InvitationMail
from reminders.messages import RenderedMessage
from reminders.queue import pauses_of
from reminders.reasons import INTERNAL_ERROR, REASON_LENGTH, TOO_LATE
from reminders.recipients import EMAIL
from reminders.wish_tables import WishMail

PENDING, SENT, FAILED, VOID = "pending", "sent", "failed", "void"
LEASE = timedelta(minutes=15)  # longer than any conversation with a mail server may last
FIRST_WAIT, MOST_TRIES = timedelta(minutes=1), 8  # doubling from one minute: about two hours, more than most links last
WAIT_UNAVAILABLE = timedelta(minutes=1)
MOST_AT_ONCE = 50

log = logging.getLogger(__name__)
AnyMail = StaffMail | WishMail | UrgentAlert | InvitationMail | CallText
Mail = TypeVar("Mail", StaffMail, WishMail, UrgentAlert, InvitationMail, CallText)


@dataclass
class _UntilStopped:
    """How a connection waits: until `stopping` is set."""

    stopping: threading.Event = field(default_factory=threading.Event)

    def on_slow(self) -> None:
        """Nothing else waits behind these emails."""


@dataclass(frozen=True)
class Later:
    """A message that waits until then, and why, as a code of `reminders.reasons`; empty where it goes another way."""

    at: datetime
    reason: str = ""


def _nothing_more(_db: Session, _mail: AnyMail, _now: datetime) -> None:
    """Nobody is told in another way."""


def _costs_nothing(_mail: AnyMail, _message: RenderedMessage) -> None:
    """Of email nothing is counted."""


@dataclass(frozen=True)
class MailQueue(Generic[Mail]):
    """The messages of one table by one channel. `write` makes that of a row, None when it is not true any more.

    Those that `held` is a condition on wait. Of one that has failed for ever `failed` tells in another way, and `count` is
    called with what was sent.
    """

    rows: type[Mail]
    write: Callable[[Runtime, Session, Mail, datetime], RenderedMessage | Later | None]
    held: Callable[[Session, datetime], ColumnElement[bool]] = lambda _db, _now: false()
    channel: str = EMAIL
    failed: Callable[[Session, Mail, datetime], None] = _nothing_more
    count: Callable[[Mail, RenderedMessage], None] = _costs_nothing

    def send(self, runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
        """How many messages were sent in one pass over those that are due."""
        waiting, sent = _UntilStopped(stopping or threading.Event()), 0
        due = self._due(runtime)
        if not due or self.channel not in channels:
            return 0
        with channels[self.channel].open(waiting) as connection:
            for mail_id in due:
                if waiting.stopping.is_set():
                    break
                message = self._claimed(runtime, mail_id)
                if message is None:
                    continue
                try:
                    connection.send(message)
                except (ChannelUnavailable, DeliveryDeferred) as error:
                    self._wait(runtime, mail_id, error.detail, is_try=False)
                except DeliveryFailed as error:
                    self._wait(runtime, mail_id, error.detail, is_permanent=error.permanent)
                except Exception:  # a mistake of ours in one email must not stop the others
                    log.exception("an email could not be sent: %s %s", self.rows.__tablename__, mail_id)
                    self._wait(runtime, mail_id, INTERNAL_ERROR)
                else:
                    self._close(runtime, mail_id, message)
                    sent += 1
        return sent

    def _due(self, runtime: Runtime) -> list[int]:
        with runtime.database.reading() as db:
            now = runtime.clock.now()
            if any(pause.is_on(now) for pause in pauses_of(db, self.channel).values()):
                return []
            due = select(self.rows.id).where(self.rows.state == PENDING, self.rows.due_at <= now, ~self.held(db, now))
            return list(db.scalars(due.order_by(self.rows.due_at).limit(MOST_AT_ONCE)))

    def _claimed(self, runtime: Runtime, mail_id: int) -> RenderedMessage | None:
        """The email, for the length of a lease; None when another process has it, or it is not true any more."""
        now = runtime.clock.now()
        with runtime.database.writing() as db:
            here = (self.rows.id == mail_id, self.rows.state == PENDING, self.rows.due_at <= now, ~self.held(db, now))
            mail = db.scalars(select(self.rows).where(*here).with_for_update(skip_locked=True)).first()
            if mail is None:
                return None
            try:
                with db.begin_nested():
                    message = self.write(runtime, db, mail, now)
            except DeliveryFailed as error:
                self._put_off(db, mail, now, error.detail, is_permanent=error.permanent)
                return None
            except Exception as error:  # a mistake of ours in one email must not stop the others
                if outage_of(error) is not None:
                    raise
                log.exception("an email could not be written: %s %s", self.rows.__tablename__, mail_id)
                self._put_off(db, mail, now, INTERNAL_ERROR)
                return None
            if isinstance(message, Later):
                mail.due_at, mail.reason = message.at, message.reason
                return None
            if message is None:
                mail.state, mail.closed_at, mail.reason = VOID, now, TOO_LATE
                return None
            mail.due_at, mail.reason = now + LEASE, ""
            return message

    def _wait(
        self, runtime: Runtime, mail_id: int, reason: str, *, is_try: bool = True, is_permanent: bool = False
    ) -> None:
        now = runtime.clock.now()
        with runtime.database.writing() as db:
            mail = db.scalars(select(self.rows).where(self.rows.id == mail_id).with_for_update()).one()
            self._put_off(db, mail, now, reason, is_try=is_try, is_permanent=is_permanent)

    def _put_off(
        self, db: Session, mail: Mail, now: datetime, reason: str, *, is_try: bool = True, is_permanent: bool = False
    ) -> None:
        """Leave the message for later, or, after the last try, for ever."""
        mail.reason = one_line(reason)[:REASON_LENGTH]
        mail.tries += is_try
        mail.due_at = now + (FIRST_WAIT * 2 ** (mail.tries - 1) if is_try else WAIT_UNAVAILABLE)
        if is_permanent or mail.tries >= MOST_TRIES:
            mail.state, mail.closed_at = FAILED, now
            self.failed(db, mail, now)

    def _close(self, runtime: Runtime, mail_id: int, message: RenderedMessage) -> None:
        now = runtime.clock.now()
        with runtime.database.writing() as db:
            mail = db.scalars(select(self.rows).where(self.rows.id == mail_id).with_for_update()).one()
            mail.state, mail.closed_at, mail.tries, mail.reason = SENT, now, mail.tries + 1, ""
            self.count(mail, message)


def is_with_the_reader(mail: StaffMail | WishMail, now: datetime) -> bool:
    """Whether the email was sent, or is being sent now: it is leased, and does not wait for another try."""
    return mail.state == SENT or (mail.state == PENDING and mail.due_at > now and not mail.reason)
