"""The outside calendars of a council, as pages and alarms show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, and_, cast, func, literal, or_, select
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
    of_calendar = and_(
        Closure.authority_id == OutsideCalendar.authority_id,
        Closure.slug.like(literal("outside-").concat(cast(OutsideCalendar.id, String)).concat("-%")),
        Closure.lifted_at.is_(None),
        Closure.ends_at > now,
    )
    rows = db.execute(
        select(OutsideCalendar, Resource.name, func.count(Closure.id), func.min(Closure.starts_at))
        .join(Resource, Resource.id == OutsideCalendar.resource_id)
        .outerjoin(Closure, of_calendar)
        .where(OutsideCalendar.authority_id == authority_id)
        .group_by(OutsideCalendar.id, Resource.name)
        .order_by(Resource.name, OutsideCalendar.id)
    )
    return [_view(row, name, now, busy, next_at) for row, name, busy, next_at in rows]


def failing_too_long(db: Session, now: datetime, authority_id: int | None = None) -> int:
    """How many calendars, of the council or of all, could not be read for longer than is put up with."""
    last_read = func.coalesce(OutsideCalendar.read_at, OutsideCalendar.created_at)
    is_failing = or_(OutsideCalendar.failing_since <= now - ALARM_AFTER, last_read <= now - ALARM_AFTER)
    failing = select(OutsideCalendar.id).where(is_failing)
    if authority_id is not None:
        failing = failing.where(OutsideCalendar.authority_id == authority_id)
    return len(db.scalars(failing).all())


def are_calendars_read(runtime: Runtime) -> bool:
    """Whether no council has a calendar that could not be read for a day."""
    with runtime.database.reading() as db:
        return not failing_too_long(db, runtime.clock.database_now(db))


def _view(
    row: OutsideCalendar, resource: str, now: datetime, busy: int, next_at: datetime | None
) -> OutsideCalendarView:
    since = min(row.failing_since or now, row.read_at or row.created_at)
    facts = (
        row.id,
        resource,
        row.kind,
        row.host,
        row.read_at,
        row.failing_since,
        row.failure,
        since <= now - ALARM_AFTER,
    )
    return OutsideCalendarView(*facts, busy=busy, next_at=next_at)
