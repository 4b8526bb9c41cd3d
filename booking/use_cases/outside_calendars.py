"""Calendars that people keep elsewhere: added, read again and again, and removed. Their busy times are not offered.

A busy time is a closure of the resource, so one rule says what is open, whom it touches and who has to be rebooked. Who is
booked when one arrives is on its list and keeps their time until somebody rebooks them; when it goes, they leave the list,
and the waiting list has what is free again first, as after every closure that is lifted.

A calendar that cannot be read changes nothing: what was known last stays in force.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from booking.outside.busy_times import (
    KINDS,
    BusyPeriod,
    BusyWindow,
    CalendarSource,
    CalendarUnread,
    busy_periods,
    fetch_calendars,
)
from booking.outside.tables import OutsideCalendar
from booking.tables import RebookItem
from booking.use_cases.closures import list_touched
from core.audit import Actor, record
from core.bounded_fetch import FetchFailed
from core.errors import Invalid, NotFound
from core.outages import outage_of
from core.runtime import Runtime
from core.sealed import seal, unseal
from core.tokens import digest
from core.transactions import run_with_retries
from core.wall_clock import instant_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.model import Catalogue
from locations.session_facts import FROM_OUTSIDE
from locations.tables import Closure

READ_EVERY = timedelta(minutes=15)

LONGEST_WINDOW, SHORTEST_WINDOW = 400, 60  # days ahead that are read, whatever services are offered for
KEPT = timedelta(days=7)  # how long a busy time that is over stays, for the pages of these days
MOST_CALENDARS = 5  # of one resource
MOST_AT_ONCE = 50  # are read in one pass
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What was read: the busy periods, by their beginning, and what is another as soon as the calendar is."""

    periods: tuple[BusyPeriod, ...]
    mark: str


def read_calendar(
    runtime: Runtime, catalogue: Catalogue, source: CalendarSource, known_mark: str = ""
) -> Reading | None:
    """What the calendar says now; None where it says what it said at `known_mark`. Raises: CalendarUnread."""
    window = _window(catalogue, runtime)
    try:
        texts = fetch_calendars(source, window, runtime.settings.calendar_hosts)
    except FetchFailed as error:
        raise CalendarUnread(error.failure.value) from error
    today = window.first.date().isoformat()
    mark = digest("\0".join([today, window.zone, *sorted(texts)]))
    return None if mark == known_mark else Reading(tuple(busy_periods(texts, window)), mark)


def add_calendar(
    runtime: Runtime, authority_id: int, resource_id: int, source: CalendarSource, reading: Reading, *, actor: Actor
) -> int:
    """How many booked appointments the busy times touch. Raises: Invalid, NotFound."""

    def operation(db: Session) -> int:
        now, keys = runtime.clock.database_now(db), runtime.settings.secret_keys
        _check(db, authority_id, resource_id, source, keys)
        row = OutsideCalendar(
            authority_id=authority_id,
            resource_id=resource_id,
            kind=source.kind,
            host=host_of(source.address),
            sealed_address=seal(keys, source.address),
            user=source.user,
            sealed_password=seal(keys, source.password) if source.password else "",
            created_at=now,
            tried_at=now,
        )
        db.add(row)
        db.flush()
        subject = ("outside_calendar", row.id)
        record(db, actor, "outside_calendar_added", subject, authority_id=authority_id, now=now, host=row.host)
        return _apply(db, row, reading, now)

    return run_with_retries(runtime.database, operation)


def remove_calendar(runtime: Runtime, authority_id: int, calendar_id: int, *, actor: Actor) -> None:
    """End the calendar: its busy times are offered again. Raises: NotFound."""

    def operation(db: Session) -> None:
        now, row = runtime.clock.database_now(db), _locked(db, authority_id, calendar_id)
        _apply(db, row, Reading((), ""), now)
        subject = ("outside_calendar", row.id)
        record(db, actor, "outside_calendar_removed", subject, authority_id=authority_id, now=now, host=row.host)
        db.delete(row)

    run_with_retries(runtime.database, operation)


def read_again(runtime: Runtime, authority_id: int, calendar_id: int) -> None:
    """Read the calendar now, and bring what is offered in line with it. Raises: NotFound; CalendarUnread."""
    with runtime.database.reading() as db:
        catalogue, row = catalogue_by_id(db, authority_id), _row(db, authority_id, calendar_id)
    try:
        reading = read_calendar(runtime, catalogue, _source(row, runtime.settings.secret_keys), row.content_mark)
    except CalendarUnread as error:
        run_with_retries(runtime.database, partial(_fail, runtime, authority_id, calendar_id, error.code))
        raise
    run_with_retries(runtime.database, partial(_succeed, runtime, authority_id, calendar_id, reading))


def read_outside_calendars(runtime: Runtime) -> int:
    """How many calendars were read because it was time. One that fails stops no other."""
    with runtime.database.reading() as db:
        due = runtime.clock.database_now(db) - READ_EVERY
        is_due = OutsideCalendar.tried_at.is_(None) | (OutsideCalendar.tried_at <= due)
        found = select(OutsideCalendar.id, OutsideCalendar.authority_id, OutsideCalendar.tried_at).where(is_due)
        rows = db.execute(found.order_by(OutsideCalendar.tried_at, OutsideCalendar.id).limit(MOST_AT_ONCE)).all()
    return sum(_read_in_turn(runtime, *row) for row in rows)


def host_of(address: str) -> str:
    """The host of the address, which may be shown: the rest of it may be a secret."""
    return (urlsplit(address).hostname or "")[:260]


def _read_in_turn(runtime: Runtime, calendar_id: int, authority_id: int, tried_at: datetime | None) -> bool:
    """Whether it was this process that read it."""
    try:
        with runtime.database.writing() as db:
            now = runtime.clock.database_now(db)
            same = OutsideCalendar.tried_at == tried_at if tried_at else OutsideCalendar.tried_at.is_(None)
            ours = update(OutsideCalendar).where(OutsideCalendar.id == calendar_id, same).values(tried_at=now)
            if not db.execute(ours.returning(OutsideCalendar.id)).first():
                return False
        read_again(runtime, authority_id, calendar_id)
    except CalendarUnread as error:
        log.warning("an outside calendar could not be read", extra={"calendar": calendar_id, "why": error.code})
    except NotFound:
        return False
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("an outside calendar could not be read: %s", calendar_id)
    return True


def _window(catalogue: Catalogue, runtime: Runtime) -> BusyWindow:
    """From yesterday for as long as anything can be booked ahead."""
    days = max((service.horizon_days for service in catalogue.services), default=0) + 2
    now = runtime.clock.now()
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    last = first + timedelta(days=min(max(days, SHORTEST_WINDOW), LONGEST_WINDOW))
    return BusyWindow(first, last, catalogue.authority.zone, f"@{host_of(runtime.settings.public_url)}")


def _succeed(runtime: Runtime, authority_id: int, calendar_id: int, reading: Reading | None, db: Session) -> None:
    now, row = runtime.clock.database_now(db), _locked(db, authority_id, calendar_id)
    row.read_at, row.failure, row.failing_since = now, "", None
    if reading is not None:
        _apply(db, row, reading, now)


def _fail(runtime: Runtime, authority_id: int, calendar_id: int, code: str, db: Session) -> None:
    row = _locked(db, authority_id, calendar_id)
    row.failing_since, row.failure = row.failing_since or runtime.clock.database_now(db), code


def _apply(db: Session, row: OutsideCalendar, reading: Reading, now: datetime) -> int:
    """Bring the closures of the calendar in line with what was read; how many booked appointments were listed by it."""
    row.content_mark, row.read_at = reading.mark, now
    wanted = {_slug(row, period): period for period in reading.periods if instant_of(period.last_unit) > now}
    of_calendar = select(Closure).where(
        Closure.authority_id == row.authority_id, Closure.slug.like(f"outside-{row.id}-%"), Closure.lifted_at.is_(None)
    )
    known = {closure.slug: closure for closure in db.scalars(of_calendar)}
    gone = [closure for slug, closure in known.items() if slug not in wanted and closure.ends_at > now]
    _delete_old(db, [closure for closure in known.values() if closure.ends_at <= now - KEPT])
    new = [period for slug, period in wanted.items() if slug not in known]
    if not gone and not new:
        return 0
    site_id = _site_of(catalogue_by_id(db, row.authority_id), row.resource_id) if new else gone[0].site_id
    sites = {site_id, *(closure.site_id for closure in gone)}
    bump_plan(db, row.authority_id, None if None in sites else [one for one in sites if one is not None])
    listed = sum(list_touched(db, closure_id, now) for closure_id in _added(db, row, new, site_id))
    for closure in gone:  # after those that came: who is touched by these as well is not told that all is well
        closure.lifted_at, closure.slug = now, f"{closure.slug}-lifted-{closure.id}"
        list_touched(db, closure.id, now)
    facts: dict[str, Any] = {"added": len(new), "removed": len(gone), "listed": listed}
    subject = ("outside_calendar", row.id)
    record(db, Actor.system(), "outside_calendar_read", subject, authority_id=row.authority_id, now=now, **facts)
    return listed


def _added(db: Session, row: OutsideCalendar, new: Sequence[BusyPeriod], site_id: int | None) -> list[int]:
    closures = [
        Closure(
            authority_id=row.authority_id,
            site_id=site_id,
            resource_id=row.resource_id,
            slug=_slug(row, period),
            starts_at=instant_of(period.first_unit),
            ends_at=instant_of(period.last_unit),
            source=FROM_OUTSIDE,
        )
        for period in new
    ]
    db.add_all(closures)
    db.flush()
    return [closure.id for closure in closures]


def _delete_old(db: Session, closures: Sequence[Closure]) -> None:
    """Busy times that are over are no record of ours, unless somebody had to be rebooked because of one."""
    for closure in closures:
        if not db.scalar(select(exists().where(RebookItem.closure_id == closure.id))):
            db.delete(closure)


def _slug(row: OutsideCalendar, period: BusyPeriod) -> str:
    return f"outside-{row.id}-{period.first_unit}-{period.last_unit}"


def _site_of(catalogue: Catalogue, resource_id: int) -> int | None:
    """The site of the resource; None for a person who belongs to the council. Raises: NotFound."""
    if catalogue.is_council_wide(resource_id):
        return None
    for site in catalogue.sites:
        if site.resource(resource_id) is not None:
            return site.id
    raise NotFound.because("calendar_of_nobody")


def _check(
    db: Session, authority_id: int, resource_id: int, source: CalendarSource, secret_keys: Sequence[str]
) -> None:
    if source.kind not in KINDS:
        raise Invalid.in_field("kind", "calendar_kind")
    _site_of(catalogue_by_id(db, authority_id), resource_id)
    theirs = select(OutsideCalendar).where(
        OutsideCalendar.authority_id == authority_id, OutsideCalendar.resource_id == resource_id
    )
    rows = db.scalars(theirs).all()
    if any(unseal(secret_keys, row.sealed_address) == source.address for row in rows):
        raise Invalid.in_field("address", "calendar_twice")
    if len(rows) >= MOST_CALENDARS:
        raise Invalid.in_field("resource", "too_many_calendars", most=MOST_CALENDARS)


def _source(row: OutsideCalendar, secret_keys: Sequence[str]) -> CalendarSource:
    """Raises: CalendarUnread, where the key that sealed it is gone."""
    address, password = unseal(secret_keys, row.sealed_address), ""
    if row.sealed_password:
        password = unseal(secret_keys, row.sealed_password) or ""
    if address is None or (row.sealed_password and not password):
        raise CalendarUnread("key_gone")
    return CalendarSource(row.kind, address, row.user, password)


def _row(db: Session, authority_id: int, calendar_id: int) -> OutsideCalendar:
    found = select(OutsideCalendar).where(
        OutsideCalendar.id == calendar_id, OutsideCalendar.authority_id == authority_id
    )
    row = db.scalar(found)
    if row is None:
        raise NotFound
    return row


def _locked(db: Session, authority_id: int, calendar_id: int) -> OutsideCalendar:
    row = _row(db, authority_id, calendar_id)
    db.refresh(row, with_for_update=True)
    return row
