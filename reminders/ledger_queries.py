"""What became of the messages of a day, by kind, channel and outcome; and whether the account is in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, cast, func, not_, null, select, union_all
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.database import BigId
from core.runtime import Runtime
from locations.tables import Authority
from reminders.arrival_queries import row_outcome, wish_outcome
from reminders.delivery_decisions import FAILED, SENT, STATES
from reminders.message_outcomes import STATE_OF
from reminders.pause_queries import rows_held
from reminders.queue import IS_PENDING, pauses_on
from reminders.recipients import BY_STAFF, family_of
from reminders.silence_queries import is_too_quiet, unplanned
from reminders.tables import Notification
from reminders.wish_mail_queries import FAMILY, is_mail_overdue
from reminders.wish_tables import WishMail

A_DAY = timedelta(days=1)
OVERDUE = timedelta(minutes=30)  # something is sent each few seconds where anything is due
FEWEST, MOST_FAILED = 20, 0.1  # of the messages of a day: from how many on a tenth that failed is too much


class LedgerAlarm(StrEnum):
    """What is not in order with the messages of a council."""

    UNBALANCED = "unbalanced"  # a message is in no state that there is
    OVERDUE = "overdue"
    FAILING = "failing"
    QUIET = "quiet"  # nothing was sent for longer than is usual
    UNPLANNED = "unplanned"  # an appointment was booked, and no message is owed about it


@dataclass(frozen=True)
class Ledger:
    """The messages of a council that were due from `first` until `end`; at the sites of `site_ids`, or None for all."""

    authority_id: int
    first: datetime
    end: datetime
    site_ids: Collection[int] | None = None


@dataclass(frozen=True)
class LedgerLine:
    """Of one kind of message and one channel: how many have each of `reminders.message_outcomes`."""

    kind: str
    channel: str
    outcomes: Mapping[str, int]

    @property
    def owed(self) -> int:
        """The sum of the outcomes."""
        return sum(self.outcomes.values())


def ledger_lines(db: Session, ledger: Ledger) -> list[LedgerLine]:
    """The lines of the ledger, by kind and channel."""
    owed = _owed(ledger).subquery()
    columns = (owed.c.kind, owed.c.channel, owed.c.outcome)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in db.execute(select(*columns, func.count().label("number")).group_by(*columns)):
        counts.setdefault((family_of(row.kind), row.channel), Counter())[row.outcome] += row.number
    return [LedgerLine(kind, channel, outcomes) for (kind, channel), outcomes in sorted(counts.items())]


def ledger_messages(
    db: Session, ledger: Ledger, kind: str, channel: str, outcome: str, limit: int
) -> Sequence[Row[Any]]:
    """The messages of one figure, by the time they were due: each with the reference of its appointment, or the wish."""
    owed = _owed(ledger).subquery()
    rows = select(owed).where(owed.c.channel == channel, owed.c.outcome == outcome)
    found = rows.where(owed.c.kind.startswith(kind, autoescape=True)).order_by(owed.c.due_at, owed.c.id)
    return [row for row in db.execute(found.limit(limit)) if family_of(row.kind) == kind]


def ledger_alarms(db: Session, authority_id: int, now: datetime) -> list[LedgerAlarm]:
    """What is not in order with the messages of the last day."""
    found = []
    states = Counter[str]()
    for line in ledger_lines(db, Ledger(authority_id, now - A_DAY, now)):
        for outcome, number in line.outcomes.items():
            states[STATE_OF.get(outcome, outcome)] += number
    if set(states) - set(STATES):
        found.append(LedgerAlarm.UNBALANCED)
    tried = states[SENT] + states[FAILED]
    if tried >= FEWEST and states[FAILED] > tried * MOST_FAILED:
        found.append(LedgerAlarm.FAILING)
    due_by = now - OVERDUE
    overdue = select(Notification.id).where(
        IS_PENDING,
        Notification.authority_id == authority_id,
        Notification.channel.not_in(BY_STAFF),
        Notification.next_try_at <= due_by,
        Notification.useful_until > now,
        not_(rows_held(pauses_on(db, now, authority_id))),
    )
    if db.scalar(overdue.limit(1)) is not None or is_mail_overdue(db, authority_id, now, due_by):
        found.append(LedgerAlarm.OVERDUE)
    if is_too_quiet(db, authority_id, now):
        found.append(LedgerAlarm.QUIET)
    if unplanned(db, authority_id, now):
        found.append(LedgerAlarm.UNPLANNED)
    return found


def are_messages_in_order(runtime: Runtime) -> bool:
    """Whether no council has an alarm about its messages."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        return not any(ledger_alarms(db, authority_id, now) for authority_id in db.scalars(select(Authority.id)).all())


def _owed(ledger: Ledger) -> CompoundSelect[Any] | Select[Any]:
    """What was due: messages about appointments and, of all sites, those to whoever waits without one."""
    messages = (
        select(
            Notification.id,
            Notification.kind,
            Notification.channel,
            row_outcome.label("outcome"),
            Notification.due_at,
            Notification.closed_at,
            Notification.delivered_at,
            Notification.reason,
            Appointment.reference,
            cast(null(), BigId).label("wish_id"),
        )
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(*_is_of(ledger, Notification.authority_id, Notification.due_at))
    )
    if ledger.site_ids is not None:
        return messages.where(Appointment.site_id.in_(ledger.site_ids))
    mails = select(
        WishMail.id,
        FAMILY,
        WishMail.channel,
        wish_outcome,
        WishMail.created_at,
        WishMail.closed_at,
        WishMail.delivered_at,
        WishMail.reason,
        null(),
        WishMail.wish_id,
    )
    return union_all(messages, mails.where(*_is_of(ledger, WishMail.authority_id, WishMail.created_at)))


def _is_of(ledger: Ledger, authority_id: Any, due_at: Any) -> tuple[ColumnElement[bool], ...]:
    return authority_id == ledger.authority_id, due_at >= ledger.first, due_at < ledger.end
