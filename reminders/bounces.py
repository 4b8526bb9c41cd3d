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
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.tables import Representative, Resident
from reminders.bounce_reports import UNDERSTOOD, BounceReport, Reading, read_report
from reminders.channels.bounce_mailboxes import OpenMailbox, mailbox_from
from reminders.channels.mime import envelope_address
from reminders.delivery_decisions import FAILED, IN_DOUBT, RETURNED_OUTCOME, SENT, SENT_OUTCOME
from reminders.reasons import MAIL_RETURNED, with_detail
from reminders.recipients import EMAIL
from reminders.rerouting import locked_alike, plan_next_channel
from reminders.tables import DeliveryAttempt

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
    report = read_report(raw, runtime.settings.secret_keys)
    if report.reading is Reading.FAILED:
        run_with_retries(runtime.database, lambda db: fail_returned(db, report, runtime.clock.database_now(db)))
    if report.reading in UNDERSTOOD:
        mailbox.remove(name)
    else:
        mailbox.leave(name)
    return report.reading


def fail_returned(db: Session, report: BounceReport, now: datetime) -> bool:
    """Whether the message of the report failed by it: it goes by the next channel, and its address counts as bad."""
    found = _REFERENCE.fullmatch(report.reference)
    if not found:
        return False
    of_message = (int(found[1]), int(found[2]))
    row = next((one for one in locked_alike(db, of_message[0]).values() if (one.id, one.version) == of_message), None)
    if row is None or row.channel != EMAIL or row.status not in (SENT, IN_DOUBT):
        return False
    row.status, row.reason, row.closed_at = FAILED, with_detail(MAIL_RETURNED, report.status), now
    row.delivered_at = row.ask_at = None
    tries = select(DeliveryAttempt).where(DeliveryAttempt.notification_id == row.id)
    attempt = db.scalars(tries.order_by(DeliveryAttempt.fencing_token.desc()).limit(1)).first()
    if attempt is not None and attempt.outcome == SENT_OUTCOME:
        attempt.outcome, attempt.error = RETURNED_OUTCOME, row.reason
    if report.is_address_bad:
        _mark_addresses(db, row.appointment_id, report.recipients, now)
    db.flush()
    plan_next_channel(db, row.id, now)
    return True


def _mark_addresses(db: Session, appointment_id: int, recipients: Sequence[str], now: datetime) -> None:
    """Trust these addresses no more, as far as they are those of the appointment's people."""
    appointment = db.get_one(Appointment, appointment_id)
    resident = db.get_one(Resident, appointment.resident_id)
    helper = db.get(Representative, appointment.representative_id) if appointment.representative_id else None
    if _is_one_of(resident.email, recipients):
        resident.email_returned_at = now
    if _is_one_of(appointment.contact_email or "", recipients):
        appointment.contact_email_returned_at = now
    if helper is not None and _is_one_of(helper.email, recipients):
        helper.email_returned_at = now


def _is_one_of(email: str, recipients: Sequence[str]) -> bool:
    try:
        return bool(email) and envelope_address(email).lower() in recipients
    except DeliveryFailed:
        return False
