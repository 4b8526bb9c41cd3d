"""Messages that failed and that nobody has dealt with: whose address is wrong, and what is still of use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from booking.tables import Appointment
from people.residents.tables import Resident
from people.staff.tables import StaffMember
from reminders.delivery_decisions import FAILED
from reminders.failures import PART_OF, ContactPart, FailureKind, FailureResult, failure_kind
from reminders.reasons import TOO_LATE
from reminders.recipients import CONTACT_CHANGED, HANDED_OVER, SEVERAL_BOOKINGS, TEXT_ANSWER, family_of, is_current
from reminders.tables import EndedFailure, Notification

LISTED_FOR = timedelta(days=30)  # after it failed
NOBODYS_TASK = (HANDED_OVER, CONTACT_CHANGED, TEXT_ANSWER, SEVERAL_BOOKINGS)  # not to whoever has the appointment now
_alike = aliased(Notification)
# Written out, not bound: neither database can prove that a bound value matches the partial index.
_HAS_FAILED = literal_column(
    "notifications.status IN ('failed', 'late') AND notifications.told_at IS NULL", Notification.status.type
)
_OPEN: tuple[ColumnElement[bool], ...] = (
    _HAS_FAILED,
    # Of what became too late only what a mail server refused again and again: a full mailbox.
    or_(
        Notification.status == FAILED,
        *(Notification.reason.like(f"{TOO_LATE}: {first}__ %") for first in (4, 5)),
    ),
    Notification.version >= Appointment.owner_since,
    and_(*(Notification.kind.notlike(f"{family}%") for family in NOBODYS_TASK)),
    Resident.anonymised_at.is_(None),
    ~exists().where(
        EndedFailure.notification_id == Notification.id, EndedFailure.fencing_token == Notification.fencing_token
    ),
    # Whoever told them has dealt with it.
    ~exists().where(
        _alike.appointment_id == Notification.appointment_id,
        _alike.version == Notification.version,
        _alike.kind == Notification.kind,
        _alike.told_at.is_not(None),
    ),
)

_OF_APPOINTMENT = (Appointment.resident_id, Appointment.state, Appointment.version, Appointment.owner_since)


@dataclass(frozen=True)
class Failure:
    """A message that failed. `is_of_use` says that it still would be; `went_by` are the channels that took its place."""

    id: int
    appointment_id: int
    resident_id: int
    kind: str
    channel: str
    what: FailureKind
    reason: str
    failed_at: datetime
    is_of_use: bool
    went_by: tuple[str, ...] = ()

    @property
    def part(self) -> ContactPart:
        """The part of their contact that did not work."""
        return PART_OF.get(self.channel, ContactPart.EMAIL)


@dataclass(frozen=True)
class Ended:
    """How staff ended a failure, who and when."""

    result: FailureResult
    by: str
    at: datetime


def open_failures(
    db: Session,
    authority_id: int,
    now: datetime,
    *,
    site_ids: Collection[int] | None,
    limit: int,
    resident_id: int | None = None,
) -> list[Failure]:
    """The failures that nobody has dealt with, by the soonest visit to come, then the last one that is over."""
    rows = _open_rows(authority_id, now, site_ids, Notification, *_OF_APPOINTMENT)
    if resident_id is not None:
        rows = rows.where(Appointment.resident_id == resident_id)
    starts, is_over = Appointment.starts_at, Appointment.starts_at <= now
    order = (case((is_over, 1), else_=0), case((~is_over, starts)), starts.desc(), Notification.id)
    found = db.execute(rows.order_by(*order).limit(limit)).all()
    instead = _replacements(db, [row.Notification.appointment_id for row in found])
    return [_failure(row, instead, now) for row in found]


def people_with_failures(db: Session, authority_id: int, now: datetime, *, site_ids: Collection[int] | None) -> int:
    """How many residents have a failure that nobody has dealt with."""
    counted = func.count(Appointment.resident_id.distinct())
    return db.scalar(_open_rows(authority_id, now, site_ids, counted)) or 0


def failure_results_of(db: Session, appointment_id: int) -> Mapping[int, Ended]:
    """How failures of the appointment's messages were ended, the last of each message, by its id."""
    rows = (
        select(EndedFailure, StaffMember.name)
        .join(Notification, Notification.id == EndedFailure.notification_id)
        .outerjoin(StaffMember, StaffMember.id == EndedFailure.staff_id)
        .where(Notification.appointment_id == appointment_id)
        .order_by(EndedFailure.id)
    )
    return {one.notification_id: Ended(FailureResult(one.result), name or "", one.at) for one, name in db.execute(rows)}


def _open_rows(authority_id: int, now: datetime, site_ids: Collection[int] | None, *columns: Any) -> Select[Any]:
    rows = (
        select(*columns)
        .select_from(Notification)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(Notification.authority_id == authority_id, Notification.closed_at >= now - LISTED_FOR, *_OPEN)
    )
    return rows if site_ids is None else rows.where(Appointment.site_id.in_(site_ids))


def _replacements(db: Session, appointment_ids: Collection[int]) -> dict[tuple[int, int, str], list[str]]:
    """The channels by which messages go or went, by appointment, version and kind."""
    columns = (Notification.appointment_id, Notification.version, Notification.kind, Notification.channel)
    goes = Notification.status.in_(("pending", "sent", "in_doubt")) & Notification.overdue_at.is_(None)
    found: dict[tuple[int, int, str], list[str]] = {}
    of_them = select(*columns).where(Notification.appointment_id.in_(set(appointment_ids)), goes)
    for appointment_id, version, kind, channel in db.execute(of_them.order_by(Notification.id)):
        found.setdefault((appointment_id, version, kind), []).append(channel)
    return found


def _failure(row: Any, instead: Mapping[tuple[int, int, str], list[str]], now: datetime) -> Failure:
    message = row.Notification
    state = {"now_version": row.version, "now_state": row.state, "owner_since": row.owner_since}
    return Failure(
        id=message.id,
        appointment_id=message.appointment_id,
        resident_id=row.resident_id,
        kind=family_of(message.kind),
        channel=message.channel,
        what=failure_kind(message.channel, message.reason),
        reason=message.reason,
        failed_at=message.closed_at,
        is_of_use=message.useful_until > now and is_current(message.kind, version=message.version, **state),
        went_by=tuple(instead.get((message.appointment_id, message.version, message.kind), ())),
    )
