"""Measures once a day how a council keeps what it promises of its services, and says where it has not for some days."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from booking.promises.promise_rules import Promise, most_minutes, promised
from booking.promises.tables import PromiseDay
from booking.queries.promise_figures import broken_promises, third_time_figure, today_at, waits_on
from core.audit import Actor, record
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import lock_by_name, run_with_retries
from core.wall_clock import ONE_DAY
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.shut_for_good import last_date_of
from locations.tables import Service

Key = tuple[int, str, date]
"""A service's id, what was promised, and the day of the figure."""
KEPT = timedelta(days=400)
log = logging.getLogger(__name__)


def measure_promises(runtime: Runtime) -> int:
    """Measure what was not measured yet today, for every council; how many figures were written.

    Days to the third free time are of today, and minutes past the booked time of yesterday, which is over.
    """
    written = 0
    for authority_id in _councils(runtime):
        try:
            with runtime.database.reading() as db:
                figures = _new_figures(db, authority_id, runtime.clock.database_now(db))
            if figures:
                operation = partial(_write, authority_id=authority_id, figures=figures)
                written += run_with_retries(runtime.database, operation)
            _open_what_is_kept(runtime, authority_id)
        except Exception as error:  # a mistake of ours with one council must not stop the others
            if outage_of(error) is not None:
                raise
            log.exception("promises could not be measured: council %s", authority_id)
    return written


def are_promises_kept(runtime: Runtime) -> bool:
    """Whether no service of any council has broken a promise for as many days as it says, or longer."""
    for authority_id in _councils(runtime):
        with runtime.database.reading() as db:
            now = runtime.clock.database_now(db)
            if broken_promises(db, catalogue_by_id(db, authority_id), now):
                return False
    return True


def _councils(runtime: Runtime) -> list[int]:
    """The councils that promise anything."""
    is_promised = or_(
        Service.third_time_within_days.is_not(None), Service.seen_within_minutes.is_not(None), Service.is_same_day_open
    )
    with runtime.database.reading() as db:
        return sorted(db.scalars(select(Service.authority_id).where(is_promised).distinct()))


def _new_figures(db: Session, authority_id: int, now: datetime) -> Mapping[Key, int | None]:
    """The figures that were not written yet; of how long people waited only where somebody was seen."""
    catalogue = catalogue_by_id(db, authority_id)
    today = today_at(catalogue, now)
    days = {Promise.THIRD_TIME: today, Promise.SEEN: today - ONE_DAY}
    known = _known(db, authority_id, today - ONE_DAY)
    figures: dict[Key, int | None] = {}
    waits: Mapping[int, list[int]] | None = None
    for service in catalogue.services:
        for promise in promised(service) if last_date_of(service.ending) >= today else ():
            key = (service.id, promise.value, days[promise])
            if key in known:
                continue
            if promise is Promise.THIRD_TIME:
                figures[key] = third_time_figure(db, catalogue, service, now)
                continue
            waits = waits_on(db, authority_id, days[promise]) if waits is None else waits
            if service.id in waits:
                figures[key] = most_minutes(waits[service.id])
    return figures


def _write(db: Session, *, authority_id: int, figures: Mapping[Key, int | None]) -> int:
    """Write the figures; whoever measures the same council waits its turn, and leaves what is there already."""
    lock_by_name(db, f"promises of {authority_id}")
    days = [day for _, _, day in figures]
    known = _known(db, authority_id, min(days))
    new = {key: figure for key, figure in figures.items() if key not in known}
    for (service_id, promise, day), figure in new.items():
        db.add(PromiseDay(authority_id=authority_id, service_id=service_id, promise=promise, date=day, figure=figure))
    oldest = max(days) - KEPT
    db.execute(delete(PromiseDay).where(PromiseDay.authority_id == authority_id, PromiseDay.date < oldest))
    return len(new)


def _open_what_is_kept(runtime: Runtime, authority_id: int) -> None:
    """Give everybody what is kept for the day itself of services that say so while their promise is broken."""
    with runtime.database.reading() as db:
        if not _to_switch(db, authority_id, runtime.clock.database_now(db)):
            return

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        lock_by_name(db, f"promises of {authority_id}")
        switched = _to_switch(db, authority_id, now)
        if not switched:
            return
        bump_plan(db, authority_id)
        for service_id, is_open in switched.items():
            db.execute(update(Service).where(Service.id == service_id).values(**_open_from(now, is_open=is_open)))
            record(
                db,
                Actor.system(),
                "same_day_opened" if is_open else "same_day_kept",
                ("service", service_id),
                authority_id=authority_id,
                now=now,
            )

    run_with_retries(runtime.database, operation)


def _open_from(now: datetime, *, is_open: bool) -> dict[str, object]:
    return {"is_same_day_open": is_open, "same_day_opened_at": now if is_open else None}


def _to_switch(db: Session, authority_id: int, now: datetime) -> Mapping[int, bool]:
    """The services for which that is to change, and what it becomes."""
    catalogue = catalogue_by_id(db, authority_id)
    broken = {
        view.service.id
        for view in broken_promises(db, catalogue, now)
        if view.promise is Promise.THIRD_TIME and view.service.opens_same_day_early
    }
    return {one.id: one.id in broken for one in catalogue.services if one.is_same_day_open != (one.id in broken)}


def _known(db: Session, authority_id: int, since: date) -> set[Key]:
    columns = select(PromiseDay.service_id, PromiseDay.promise, PromiseDay.date)
    rows = db.execute(columns.where(PromiseDay.authority_id == authority_id, PromiseDay.date >= since))
    return {(service_id, promise, day) for service_id, promise, day in rows}
