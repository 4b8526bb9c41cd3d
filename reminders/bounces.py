"""Reads what mail servers report, and fails the messages that came back: once, however often a report is read."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import prometheus_client
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.errors import DeliveryFailed
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.tables import Representative, Resident
from reminders.bounce_reports import UNDERSTOOD, BounceReport, Reading, read_report
from reminders.channels.bounce_mailboxes import OpenMailbox, mailbox_from
from reminders.channels.mime import envelope_address
from reminders.delivery_decisions import FAILED, IN_DOUBT, RETURNED_OUTCOME, SENT, SENT_OUTCOME, UNCLEAR_OUTCOME
from reminders.invitation_mail_queries import fail_invitation_mail, invitation_mail_in
from reminders.reasons import MAIL_RETURNED, with_detail
from reminders.recipients import EMAIL
from reminders.rerouting import lock_alike, locked_alike, plan_next_channel
from reminders.tables import DeliveryAttempt
from reminders.try_queries import told_in_message_of
from reminders.wish_mail_queries import fail_mail, mail_id_in

# Of what a server refused at once no copy went out.
_MAY_COME_BACK = ("", SENT_OUTCOME, UNCLEAR_OUTCOME, RETURNED_OUTCOME)
_REFERENCE = re.compile(r"notification-([0-9]{1,18})-([0-9]{1,9})")
REPORTS = prometheus_client.Counter(
    "front_door_bounces_total", "What came into the mailbox for reports of mail servers", ["reading"]
)

log = logging.getLogger(__name__)


@dataclass
class _UntilStopped:
    """How the mailbox is waited for: until `stopping` is set."""

    stopping: threading.Event

    def on_slow(self) -> None:
        """Nothing else waits behind it."""


def read_bounces(runtime: Runtime, stopping: threading.Event | None = None) -> Counter[Reading]:
    """What was read in one pass of the mailbox of BOUNCE_MAILBOX, counted; nothing where there is none.

    Each report is written before it is removed, so that what breaks off is read again, and changes nothing then.
    Raises: ConfigurationError, ChannelUnavailable.
    """
    found: Counter[Reading] = Counter()
    if not runtime.settings.bounce_mailbox:
        return found
    with mailbox_from(runtime.settings.bounce_mailbox).open(_UntilStopped(stopping or threading.Event())) as mailbox:
        for name in mailbox.waiting():
            if reading := _read_one(runtime, mailbox, name):
                found[reading] += 1
                REPORTS.labels(reading.value).inc()
    if found:
        log.info("bounces", extra={reading.value: number for reading, number in found.items()})
    return found


def _read_one(runtime: Runtime, mailbox: OpenMailbox, name: str) -> Reading | None:
    """What it was; None where somebody else has taken it out."""
    raw = mailbox.read(name)
    if raw is None:
        return None
    reading = _written(runtime, read_report(raw, runtime.settings.secret_keys))
    if reading in UNDERSTOOD:
        mailbox.remove(name)
    else:
        mailbox.leave(name)
    return reading


def _written(runtime: Runtime, report: BounceReport) -> Reading:
    """The reading of a report once it is written. Raises what it raises while the database is away."""
    if report.reading is not Reading.FAILED:
        return report.reading
    try:
        run_with_retries(runtime.database, lambda db: fail_returned(db, report, runtime.clock.database_now(db)))
    except Exception as error:  # a mistake of ours in one report must not stop the others
        if outage_of(error) is not None:
            raise
        log.exception("a report of a mail server could not be written: %s", report.reference)
        return Reading.BROKEN
    return Reading.FAILED


def fail_returned(db: Session, report: BounceReport, now: datetime) -> bool:
    """Whether the message of the report failed by it: it goes by the next channel, and a bad address is trusted no more.

    One of which several copies have gone out fails by what is said of its address of today alone: an earlier copy may have
    gone to the one before, which staff have corrected since.
    """
    if wish_mail := mail_id_in(report.reference):
        return _fail_mail(db, wish_mail, report, now)
    if invitation_mail := invitation_mail_in(report.reference):
        return _fail_invitation(db, invitation_mail, report, now)
    found = _REFERENCE.fullmatch(report.reference)
    if not found:
        return False
    of_message = (int(found[1]), int(found[2]))
    others = told_in_message_of(db, of_message[0])
    lock_alike(db, (of_message[0], *others))
    ended = [_fail_row(db, id_, of_message, report, now) for id_ in (of_message[0], *others)]
    return ended[0]


def _fail_mail(db: Session, mail_id: int, report: BounceReport, now: datetime) -> bool:
    """Whether an email to somebody who waits failed by the report."""
    reason = with_detail(MAIL_RETURNED, report.status)
    resident = fail_mail(db, mail_id, reason, now, lambda _mail, who: _is_one_of(who.email, report.recipients))
    if resident is not None and _is_one_of(resident.email, report.bad):
        resident.email_returned_at = now
    return resident is not None


def _fail_invitation(db: Session, mail_id: int, report: BounceReport, now: datetime) -> bool:
    """Whether an email to somebody who is invited failed by the report."""
    reason = with_detail(MAIL_RETURNED, report.status)
    whose = fail_invitation_mail(
        db,
        mail_id,
        reason,
        now,
        lambda mail, who: mail.channel == EMAIL and _is_one_of(who.email, report.recipients),
    )
    if whose is not None and _is_one_of(whose.email, report.bad):
        whose.email_returned_at = now
    return whose is not None


def _fail_row(db: Session, id_: int, of_message: tuple[int, int], report: BounceReport, now: datetime) -> bool:
    """Whether this row failed: that of the message itself, or one that was told in it."""
    row = next((one for one in locked_alike(db, id_).values() if one.id == id_), None)
    if row is None or (row.id == of_message[0] and row.version != of_message[1]):
        return False
    if row.channel != EMAIL or row.status not in (SENT, IN_DOUBT):
        return False
    people = _people(db, row.appointment_id)
    tries = select(DeliveryAttempt).where(DeliveryAttempt.notification_id == row.id)
    copies = tries.where(DeliveryAttempt.outcome.in_(_MAY_COME_BACK)).order_by(DeliveryAttempt.fencing_token)
    attempts = db.scalars(copies).all()
    if len(attempts) > 1 and not any(_is_one_of(address, report.recipients) for address in people.addresses):
        return False
    row.status, row.reason, row.closed_at = FAILED, with_detail(MAIL_RETURNED, report.status), now
    row.delivered_at = row.ask_at = None
    if attempts and attempts[-1].outcome == SENT_OUTCOME:
        attempts[-1].outcome, attempts[-1].error = RETURNED_OUTCOME, row.reason
    people.distrust(report.bad, now)
    db.flush()
    plan_next_channel(db, row.id, now)
    return True


@dataclass(frozen=True)
class _People:
    """Those to whom email about an appointment goes, as it is now."""

    appointment: Appointment
    resident: Resident
    helper: Representative | None

    @property
    def addresses(self) -> Sequence[str]:
        """Where their email goes."""
        own = self.appointment.contact_email
        return (self.resident.email if own is None else own, self.helper.email if self.helper else "")

    def distrust(self, recipients: Sequence[str], now: datetime) -> None:
        """Trust these addresses no more, as far as they are theirs."""
        if _is_one_of(self.resident.email, recipients):
            self.resident.email_returned_at = now
        if _is_one_of(self.appointment.contact_email or "", recipients):
            self.appointment.contact_email_returned_at = now
        if self.helper is not None and _is_one_of(self.helper.email, recipients):
            self.helper.email_returned_at = now


def _people(db: Session, appointment_id: int) -> _People:
    appointment = db.get_one(Appointment, appointment_id)
    helper = db.get(Representative, appointment.representative_id) if appointment.representative_id else None
    return _People(appointment, db.get_one(Resident, appointment.resident_id), helper)


def _is_one_of(email: str, recipients: Sequence[str]) -> bool:
    try:
        return bool(email) and envelope_address(email).lower() in recipients
    except DeliveryFailed:
        return False
