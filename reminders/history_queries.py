"""Every message that an appointment was owed: sent when, or why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.arrival_queries import went_out
from reminders.delivery_decisions import WITHHELD
from reminders.failure_queries import Ended, failure_results_of
from reminders.message_outcomes import outcome_of
from reminders.reasons import SILENCE
from reminders.recipients import family_of
from reminders.tables import DeliveryAttempt, Notification
from reminders.try_queries import told_in_one_with


@dataclass(frozen=True)
class MessageHistoryEntry:
    """One message: its kind without a number and with it, its status, and why, as in `reminders.reasons`.

    `at` (UTC) is when it was closed, else when it is due. `delivered_at` is when the provider said that it arrived.
    """

    kind: str
    status: str
    at: datetime
    reason: str
    maybe_twice: bool
    full_kind: str
    channel: str
    version: int
    due_at: datetime
    sent_at: datetime | None
    tries: int
    instead_of: tuple[str, ...] = ()  # the channels that failed before
    delivered_at: datetime | None = None
    is_awaited: bool = False  # its provider may yet say more of it
    ended: Ended | None = None  # how staff dealt with its failure
    told_with: tuple[str, ...] = ()  # the references of other appointments that the same message told

    @property
    def outcome(self) -> str:
        """What became of it, as in `reminders.message_outcomes`."""
        return outcome_of(self.status, self.delivered_at, is_awaited=self.is_awaited)


def reason_for_silence(db: Session, appointment_id: int) -> str:
    """Why nobody gets a message about the appointment, whatever its contact says; empty where messages go out."""
    return reasons_for_silence(db, [appointment_id]).get(appointment_id, "")


def reasons_for_silence(db: Session, appointment_ids: Collection[int]) -> Mapping[int, str]:
    """The same of several appointments, by their ids. One statement."""
    silent = (Notification.status == WITHHELD, Notification.reason.in_(SILENCE))
    about = (
        select(Appointment.id, Notification.reason)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Appointment.id.in_(appointment_ids), Notification.version >= Appointment.owner_since, *silent)
        .order_by(Notification.id)
    )
    return {row.id: row.reason for row in db.execute(about)}


def message_history(db: Session, appointment_id: int) -> list[MessageHistoryEntry]:
    """What the appointment was owed, in the order of the due times."""
    doubled = exists().where(
        DeliveryAttempt.notification_id == Notification.id, DeliveryAttempt.maybe_duplicate.is_(True)
    )
    statement = (
        select(Notification, doubled)
        .where(Notification.appointment_id == appointment_id)
        .order_by(Notification.due_at, Notification.id)
    )
    results, others = failure_results_of(db, appointment_id), told_in_one_with(db, appointment_id)
    return [
        MessageHistoryEntry(
            kind=family_of(row.kind),
            status=row.status,
            at=row.closed_at or row.due_at,
            reason=row.reason,
            maybe_twice=maybe_twice,
            full_kind=row.kind,
            channel=row.channel,
            version=row.version,
            due_at=row.due_at,
            sent_at=row.closed_at if went_out(row) else None,
            tries=row.tries,
            instead_of=tuple(row.instead_of.split(",")) if row.instead_of else (),
            delivered_at=row.delivered_at,
            is_awaited=row.ask_at is not None,
            ended=results.get(row.id),
            told_with=tuple(others.get(row.id, ())),
        )
        for row, maybe_twice in db.execute(statement)
    ]
