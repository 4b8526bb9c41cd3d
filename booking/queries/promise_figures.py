"""What was measured of the promises of a council's services, and which of them have been broken for how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from booking.promises.promise_rules import Measured, Promise, broken_days, days_to_third, minutes_late, promised
from booking.promises.tables import PromiseDay
from booking.queries.slots import SlotQuery, engine_slots
from booking.tables import Appointment, AppointmentService
from core.wall_clock import local_date_of, unit_of
from locations.model import Catalogue, ServiceFacts, SiteFacts
from locations.tables import Service

SHOWN_DAYS = 14
_Figures = Select[int, str, date, int | None]
_FIGURES = select(PromiseDay.service_id, PromiseDay.promise, PromiseDay.date, PromiseDay.figure)


@dataclass(frozen=True)
class PromiseView:
    """A promise of a service with the figures of the last days, the latest first."""

    service: ServiceFacts
    promise: Promise
    limit: int
    measured: tuple[Measured, ...]
    broken_days: int

    @property
    def is_alarm(self) -> bool:
        """Whether it has been broken for so long that somebody is to know."""
        return self.broken_days >= self.service.promise_alarm_days


def today_at(catalogue: Catalogue, now: datetime) -> date:
    """The council's own date."""
    return local_date_of(unit_of(now), catalogue.authority.zone)


def promises_of(
    db: Session,
    catalogue: Catalogue,
    now: datetime,
    sites: Iterable[SiteFacts] | None = None,
    *,
    at_most: int | None = None,
) -> tuple[PromiseView, ...]:
    """The promises of all services, or of those of these sites; those that are broken for longest first. One statement.

    `at_most` is how many figures of each are read, the latest; None means all, which tell how long it is broken.
    """
    known, today = _known(db, catalogue.authority.id, at_most), today_at(catalogue, now)
    offered = None if sites is None else frozenset[int]().union(*(site.service_ids for site in sites))
    views = [
        PromiseView(service, promise, limit, tuple(days[:SHOWN_DAYS]), broken_days(days, limit, today))
        for service in catalogue.services
        if offered is None or service.id in offered
        for promise, limit in promised(service).items()
        for days in [known.get((service.id, promise.value), [])]
    ]
    return tuple(sorted(views, key=lambda view: -view.broken_days))


def broken_promises(
    db: Session, catalogue: Catalogue, now: datetime, sites: Iterable[SiteFacts] | None = None
) -> tuple[PromiseView, ...]:
    """The promises that have been broken for as many days as the service says, or longer."""
    return tuple(view for view in promises_not_kept(db, catalogue, now, sites) if view.is_alarm)


def promises_not_kept(
    db: Session, catalogue: Catalogue, now: datetime, sites: Iterable[SiteFacts] | None = None
) -> tuple[PromiseView, ...]:
    """The promises that were broken when they were measured last, for however long."""
    alarm_days = [service.promise_alarm_days for service in catalogue.services if promised(service)]
    if not alarm_days:
        return ()
    enough = max(SHOWN_DAYS, *alarm_days)
    return tuple(view for view in promises_of(db, catalogue, now, sites, at_most=enough) if view.broken_days)


def third_time_figure(db: Session, catalogue: Catalogue, service: ServiceFacts, now: datetime) -> int | None:
    """The days until the third time at which somebody can be booked, at any site; None where there are not three."""
    query = SlotQuery((service.id,), for_public=service.bookable_online)
    zone = catalogue.authority.zone
    starts = [local_date_of(slot.start_unit, zone) for slot in engine_slots(db, catalogue, query, now, limit=3)]
    return days_to_third(today_at(catalogue, now), starts)


def waits_on(db: Session, authority_id: int, day: date) -> Mapping[int, list[int]]:
    """By service, how many minutes past their time those were seen who had an appointment on `day`."""
    midnight = datetime.combine(day, time.min, UTC)
    statement = (
        select(AppointmentService.service_id, Appointment.starts_at, Appointment.arrived_at, Appointment.seen_at)
        .join(Appointment, Appointment.id == AppointmentService.appointment_id)
        .where(
            Appointment.authority_id == authority_id,
            # A little more than the day in any zone, by the index; the date of the place decides.
            Appointment.starts_at >= midnight - timedelta(days=1),
            Appointment.starts_at < midnight + timedelta(days=2),
            Appointment.local_date == day,
            Appointment.seen_at.is_not(None),
            Appointment.is_walk_in.is_(False),
        )
    )
    waits: defaultdict[int, list[int]] = defaultdict(list)
    for service_id, starts_at, arrived_at, seen_at in db.execute(statement):
        if seen_at is not None:
            waits[service_id].append(minutes_late(starts_at, arrived_at, seen_at))
    return waits


def _known(db: Session, authority_id: int, at_most: int | None) -> Mapping[tuple[int, str], list[Measured]]:
    """What was measured, by service and promise, the latest first."""
    known: defaultdict[tuple[int, str], list[Measured]] = defaultdict(list)
    figures = _FIGURES.where(PromiseDay.authority_id == authority_id)
    statement = figures if at_most is None else _latest(figures, at_most)
    for service_id, promise, day, figure in db.execute(statement.order_by(PromiseDay.date.desc())):
        known[service_id, promise].append(Measured(day, figure))
    return known


def _latest(figures: _Figures, at_most: int) -> _Figures:
    """The latest of them for each promise, found by the index of (service, promise, date): some have one in a week."""
    kinds = union_all(*(select(literal(promise.value).label("promise")) for promise in Promise)).subquery()
    other = aliased(PromiseDay)
    first = (
        select(other.date)
        .where(other.service_id == Service.id, other.promise == kinds.c.promise)
        .order_by(other.date.desc())
        .offset(at_most - 1)
        .limit(1)
        .scalar_subquery()
    )
    return (
        figures.join(Service, Service.id == PromiseDay.service_id)
        .join(kinds, kinds.c.promise == PromiseDay.promise)
        .where(Service.authority_id == PromiseDay.authority_id, PromiseDay.date >= func.coalesce(first, date.min))
    )
