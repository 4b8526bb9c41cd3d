"""Calendars that people keep elsewhere: added, read again and again, and removed. Their busy times are not offered.

A busy time is a closure of the resource, so one rule says what is open, whom it touches and who has to be rebooked. Who is
booked when one arrives is on its list and keeps their time until somebody rebooks them; when it goes, they leave the list,
and the waiting list has what is free again first, as after every closure that is lifted.

A calendar that cannot be read changes nothing: what was known last stays in force.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.outside.busy_times import (
    KINDS,
    USUAL_LIMITS,
    BusyWindow,
    CalendarSource,
    CalendarUnread,
    Reading,
    ReadLimits,
    busy_periods,
    fetch_calendars,
)
from booking.outside.tables import OutsideCalendar
from booking.use_cases.busy_closures import apply_reading, end_busy_times, site_of
from core.audit import Actor, record
from core.bounded_fetch import FetchFailed, FetchFailure
from core.errors import Invalid, NotFound
from core.outages import outage_of
from core.runtime import Runtime
from core.sealed import seal, sealed_anew, unseal
from core.tokens import digest
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue

READ_EVERY = timedelta(minutes=15)

LONGEST_WINDOW, SHORTEST_WINDOW = 400, 60  # days ahead that are read, whatever services are offered for
MOST_CALENDARS = 5  # of one resource
MOST_AT_ONCE = 50  # are read in one pass
LONGEST_PASS = 60  # seconds, and the calendar in hand
log = logging.getLogger(__name__)


def read_calendar(
    runtime: Runtime,
    catalogue: Catalogue,
    source: CalendarSource,
    known_mark: str = "",
    limits: ReadLimits = USUAL_LIMITS,
) -> Reading | None:
    """What the calendar says now; None where it says what it said at `known_mark`. Raises: CalendarUnread."""
    window = _window(catalogue, runtime)
    try:
        texts = fetch_calendars(source, window, runtime.settings.calendar_hosts, limits.fetch)
    except FetchFailed as error:
        raise CalendarUnread(error.failure.value) from error
    first, last = window.first.isoformat(), window.last.isoformat()
    mark = digest("\0".join([first, last, window.zone, window.own, *sorted(texts)]))
    return None if mark == known_mark else Reading(tuple(busy_periods(texts, window, limits.expand_seconds)), mark)


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
        return apply_reading(db, row, reading, now)

    return run_with_retries(runtime.database, operation)


def remove_calendar(runtime: Runtime, authority_id: int, calendar_id: int, *, actor: Actor) -> None:
    """End the calendar: its busy times are offered again. Raises: NotFound."""

    def operation(db: Session) -> None:
        now, row = runtime.clock.database_now(db), _locked(db, authority_id, calendar_id)
        end_busy_times(db, row, now)
        subject = ("outside_calendar", row.id)
        record(db, actor, "outside_calendar_removed", subject, authority_id=authority_id, now=now, host=row.host)
        db.delete(row)

    run_with_retries(runtime.database, operation)


def read_again(runtime: Runtime, authority_id: int, calendar_id: int, limits: ReadLimits = USUAL_LIMITS) -> None:
    """Read the calendar now, and bring what is offered in line with it. Raises: NotFound; CalendarUnread."""
    with runtime.database.reading() as db:
        catalogue, row = catalogue_by_id(db, authority_id), _row(db, authority_id, calendar_id)
    try:
        reading = read_calendar(
            runtime, catalogue, _source(row, runtime.settings.secret_keys), row.content_mark, limits=limits
        )
        run_with_retries(runtime.database, partial(_succeed, runtime, authority_id, calendar_id, reading))
    except Exception as error:
        if isinstance(error, NotFound) or outage_of(error) is not None:
            raise
        code = error.code if isinstance(error, CalendarUnread) else FetchFailure.BROKEN.value
        run_with_retries(runtime.database, partial(_fail, runtime, authority_id, calendar_id, code))
        raise


def read_outside_calendars(runtime: Runtime, stopping: Event | None = None) -> int:
    """How many calendars were read because it was time. One that fails stops no other.

    Servers that are slow have no more than LONGEST_PASS; what is left then, or when `stopping` is set, is for the next pass.
    """
    ends_at = monotonic() + LONGEST_PASS
    with runtime.database.reading() as db:
        due = runtime.clock.database_now(db) - READ_EVERY
        is_due = OutsideCalendar.tried_at.is_(None) | (OutsideCalendar.tried_at <= due)
        found = select(OutsideCalendar.id, OutsideCalendar.authority_id, OutsideCalendar.tried_at).where(is_due)
        rows = db.execute(found.order_by(OutsideCalendar.tried_at, OutsideCalendar.id).limit(MOST_AT_ONCE)).all()
    read = 0
    for row in rows:
        if monotonic() >= ends_at or (stopping is not None and stopping.is_set()):
            break
        read += _read_in_turn(runtime, *row)
    return read


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
    keys = runtime.settings.secret_keys
    row.sealed_address = sealed_anew(keys, row.sealed_address)
    row.sealed_password = sealed_anew(keys, row.sealed_password) if row.sealed_password else ""
    if reading is not None:
        apply_reading(db, row, reading, now)


def _fail(runtime: Runtime, authority_id: int, calendar_id: int, code: str, db: Session) -> None:
    row = _locked(db, authority_id, calendar_id)
    row.failing_since, row.failure = row.failing_since or runtime.clock.database_now(db), code


def _check(
    db: Session, authority_id: int, resource_id: int, source: CalendarSource, secret_keys: Sequence[str]
) -> None:
    if source.kind not in KINDS:
        raise Invalid.in_field("kind", "calendar_kind")
    site_of(catalogue_by_id(db, authority_id), resource_id)
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
