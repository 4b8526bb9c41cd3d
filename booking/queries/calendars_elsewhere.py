"""The outside calendars of a council, as pages and alarms show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.outside.limits import ALARM_AFTER
from booking.outside.tables import OutsideCalendar
from core.runtime import Runtime
from locations.tables import Closure, Resource


@dataclass(frozen=True)
class OutsideCalendarView:
    """A calendar: whose, where, when it was read, and why it is not. Of its address only the host is shown.

    `busy` counts the busy times that are not over, of which `next_at` is the first.
    """

    id: int
    resource: str
    kind: str
    host: str
    read_at: datetime | None
    failing_since: datetime | None
    failure: str
    is_alarm: bool
    busy: int = 0
    next_at: datetime | None = None


def outside_calendars(db: Session, authority_id: int, now: datetime) -> list[OutsideCalendarView]:
    """The calendars of the council, by resource."""
    rows = db.execute(
        select(OutsideCalendar, Resource.name)
        .join(Resource, Resource.id == OutsideCalendar.resource_id)
        .where(OutsideCalendar.authority_id == authority_id)
        .order_by(Resource.name, OutsideCalendar.id)
    )
    return [_view(db, row, name, now) for row, name in rows]


def failing_too_long(db: Session, now: datetime, authority_id: int | None = None) -> int:
    """How many calendars, of the council or of all, could not be read for longer than is put up with."""
    failing = select(OutsideCalendar.id).where(OutsideCalendar.failing_since <= now - ALARM_AFTER)
    if authority_id is not None:
        failing = failing.where(OutsideCalendar.authority_id == authority_id)
    return len(db.scalars(failing).all())


def are_calendars_read(runtime: Runtime) -> bool:
    """Whether no council has a calendar that could not be read for a day."""
    with runtime.database.reading() as db:
        return not failing_too_long(db, runtime.clock.database_now(db))


def _view(db: Session, row: OutsideCalendar, resource: str, now: datetime) -> OutsideCalendarView:
    ahead: Sequence[datetime] = db.scalars(
        select(Closure.starts_at)
        .where(
            Closure.authority_id == row.authority_id,
            Closure.slug.like(f"outside-{row.id}-%"),
            Closure.lifted_at.is_(None),
            Closure.ends_at > now,
        )
        .order_by(Closure.starts_at)
    ).all()
    is_alarm = row.failing_since is not None and row.failing_since <= now - ALARM_AFTER
    facts = (row.id, resource, row.kind, row.host, row.read_at, row.failing_since, row.failure, is_alarm)
    return OutsideCalendarView(*facts, busy=len(ahead), next_at=ahead[0] if ahead else None)
