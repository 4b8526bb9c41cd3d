"""The busy times of a calendar that somebody keeps elsewhere, as closures of its resource."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.outside.busy_times import BusyPeriod, CalendarUnread, Reading
from booking.outside.tables import OutsideCalendar
from booking.tables import RebookItem
from booking.use_cases.closures import list_busy_times
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import NotFound
from core.wall_clock import instant_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.model import Catalogue
from locations.session_facts import FROM_OUTSIDE
from locations.tables import Closure

KEPT = timedelta(days=7)  # how long a busy time that is over stays, for the pages of these days
NOBODY = "nobody"  # why a calendar is not read whose person or room is gone


def apply_reading(db: Session, row: OutsideCalendar, reading: Reading, now: datetime) -> int:
    """Bring the closures of the calendar in line with what was read; how many booked appointments were listed by it.

    Raises: CalendarUnread, where there is nobody whom they could be of.
    """
    row.content_mark, row.read_at = reading.mark, now
    wanted = {_slug(row, period): period for period in reading.periods if instant_of(period.last_unit) > now}
    known = _closures_of(db, row)
    _delete_unlisted(db, [closure for closure in known.values() if closure.ends_at <= now - KEPT])
    gone = [closure for slug, closure in known.items() if slug not in wanted and closure.ends_at > now]
    return _change(db, row, [period for slug, period in wanted.items() if slug not in known], gone, now)


def end_busy_times(db: Session, row: OutsideCalendar, now: datetime) -> None:
    """Leave nothing of the calendar, which is about to be removed, but what lists of people to rebook are of."""
    known = list(_closures_of(db, row).values())
    for closure in _delete_unlisted(db, [one for one in known if one.ends_at <= now]):
        _lift(closure, now)
    _change(db, row, [], [one for one in known if one.ends_at > now], now)


def site_of(catalogue: Catalogue, resource_id: int) -> int | None:
    """The site of the resource; None for a person who belongs to the council. Raises: NotFound."""
    if catalogue.is_council_wide(resource_id):
        return None
    for site in catalogue.sites:
        if site.resource(resource_id) is not None:
            return site.id
    raise NotFound.because("calendar_of_nobody")


def _change(
    db: Session, row: OutsideCalendar, new: Sequence[BusyPeriod], gone: Sequence[Closure], now: datetime
) -> int:
    if not gone and not new:
        return 0
    site_id = _site_of(db, row) if new else gone[0].site_id
    sites = {site_id, *(closure.site_id for closure in gone)}
    bump_plan(db, row.authority_id, None if None in sites else [one for one in sites if one is not None])
    listed = list_busy_times(db, _added(db, row, new, site_id), now)
    for closure in gone:  # after those that came: who is touched by these as well is not told that all is well
        _lift(closure, now)
    list_busy_times(db, gone, now)
    facts: dict[str, Any] = {"added": len(new), "removed": len(gone), "listed": listed}
    subject = ("outside_calendar", row.id)
    record(db, Actor.system(), "outside_calendar_read", subject, authority_id=row.authority_id, now=now, **facts)
    return listed


def _lift(closure: Closure, now: datetime) -> None:
    """Its slug is free for the next that has the same."""
    closure.lifted_at, closure.slug = now, f"{closure.slug}-lifted-{closure.id}"


def _site_of(db: Session, row: OutsideCalendar) -> int | None:
    try:
        return site_of(catalogue_by_id(db, row.authority_id), row.resource_id)
    except NotFound as error:
        raise CalendarUnread(NOBODY) from error


def _closures_of(db: Session, row: OutsideCalendar) -> dict[str, Closure]:
    """The closures of the calendar that are not lifted, by their slugs."""
    of_calendar = select(Closure).where(
        Closure.authority_id == row.authority_id, Closure.slug.like(f"outside-{row.id}-%"), Closure.lifted_at.is_(None)
    )
    return {closure.slug: closure for closure in db.scalars(of_calendar)}


def _added(db: Session, row: OutsideCalendar, new: Sequence[BusyPeriod], site_id: int | None) -> Sequence[Closure]:
    """The closures of these periods. They are written in one statement, which the session itself does not do."""
    if not new:
        return ()
    of = {"authority_id": row.authority_id, "site_id": site_id, "resource_id": row.resource_id, "source": FROM_OUTSIDE}
    values = [
        of
        | {
            "slug": _slug(row, period),
            "starts_at": instant_of(period.first_unit),
            "ends_at": instant_of(period.last_unit),
        }
        for period in new
    ]
    connection_of(db).execute(insert(table_of(Closure)), values)
    slugs = [one["slug"] for one in values]
    added = select(Closure).where(Closure.authority_id == row.authority_id, Closure.slug.in_(slugs))
    return db.scalars(added.order_by(Closure.starts_at, Closure.id)).all()


def _delete_unlisted(db: Session, closures: Sequence[Closure]) -> Collection[Closure]:
    """Busy times that are over are no record of ours, unless somebody had to be rebooked because of one: these stay."""
    items = select(RebookItem.closure_id).where(RebookItem.closure_id.in_([closure.id for closure in closures]))
    listed = set(db.scalars(items)) if closures else set()
    for closure in closures:
        if closure.id not in listed:
            db.delete(closure)
    return [closure for closure in closures if closure.id in listed]


def _slug(row: OutsideCalendar, period: BusyPeriod) -> str:
    return f"outside-{row.id}-{period.first_unit}-{period.last_unit}"
