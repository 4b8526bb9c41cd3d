"""The queue of a site as it is now, for the estimate of waits: its desks, who is ahead, and how long visits really took."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.bits import Bits, spans
from booking.availability.free_periods import runs
from booking.availability.site_days import site_day
from booking.states import CANCELLED, State
from booking.tables import Appointment, AppointmentService
from booking.visits.booked_first import STILL_COMES_MINUTES
from booking.visits.desk_ability import decides, is_for_desk
from booking.visits.visit_length_queries import visit_lengths
from booking.visits.visit_queries import (
    VisitOfDay,
    booked_resources,
    minutes_of_instant,
    visits_of_day,
    waiting_in_order,
)
from booking.visits.visit_states import AT_DESK, NewWalkIn, VisitState
from booking.visits.wait_estimate import (
    LONGEST,
    STRANGER,
    DeskDay,
    Expected,
    Newcomer,
    QueueState,
    WaitRange,
    estimate_wait,
    expected_arrival,
)
from booking.visits.waiting_order import Waiting
from core.wall_clock import TICK_MINUTES, local_day
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts

# One in ten does not come, until today says otherwise: as if 20 people had been seen to.
USUAL_NO_SHOWS, USUAL_SEEN = 2, 20
Seats = Sequence[tuple[ResourceFacts, frozenset[int]]]
"""A line for each seat: the desk, and the services for which it is who decides."""


@dataclass(frozen=True)
class SiteWaits:
    """How many wait at a site, and how long somebody waits who comes now."""

    waiting: int
    range: WaitRange


def site_waits(
    db: Session, catalogue: Catalogue, site: SiteFacts, now: datetime, *, service: ServiceFacts | None = None
) -> SiteWaits:
    """The waits of the site now: for one service, or for anybody who comes."""
    queue = _Queue(db, catalogue, site, now)
    waiting = sum(one.state is VisitState.WAITING for one in queue.visits)
    return SiteWaits(waiting, estimate_wait(queue.state((service,) if service else ())))


def services_today(catalogue: Catalogue, site: SiteFacts, now: datetime) -> list[ServiceFacts]:
    """The services for which somebody who comes now may wait: a desk that decides for it is open now or later today."""
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    open_still = open_periods(site, today, catalogue.authority.zone, minutes_of_instant(now))
    desks = [resource for resource in site.resources if resource.id in open_still]
    return [
        one
        for one in catalogue.services
        if one.id in site.service_ids and any(decides(resource, one) for resource in desks)
    ]


@dataclass(frozen=True)
class OpenWaits:
    """How many wait at a site that is open, and how long somebody waits who comes now, by what they come for."""

    waiting: int
    ranges: tuple[tuple[ServiceFacts, WaitRange], ...]


def waits_while_open(db: Session, catalogue: Catalogue, site: SiteFacts, now: datetime) -> OpenWaits | None:
    """The waits for what is done now at a site to which people come; None while no desk of it is open."""
    if site.is_virtual or not site.service_ids:
        return None
    queue = _Queue(db, catalogue, site, now)
    is_open = {number for number, periods in queue.periods.items() if any(start <= 0 for start, _ in periods)}
    desks = [resource for resource in site.resources if resource.id in is_open]
    services = [
        one
        for one in catalogue.services
        if one.id in site.service_ids and any(decides(resource, one) for resource in desks)
    ]
    if not services:
        return None
    waiting = sum(one.state is VisitState.WAITING for one in queue.visits)
    return OpenWaits(waiting, tuple((one, estimate_wait(queue.state((one,)))) for one in services))


def wait_of_walk_in(
    db: Session, catalogue: Catalogue, site: SiteFacts, service: ServiceFacts, new: NewWalkIn, now: datetime
) -> WaitRange:
    """How long somebody will wait who comes now for the service, without an appointment."""
    queue = _Queue(db, catalogue, site, now)
    return estimate_wait(
        queue.state(
            (service,), _Known(replace(STRANGER, is_urgent=new.is_urgent), service, frozenset(new.support_needs))
        )
    )


def wait_of_visit(db: Session, catalogue: Catalogue, site: SiteFacts, visit: VisitOfDay, now: datetime) -> WaitRange:
    """How long somebody will still wait who waits already."""
    queue = _Queue(db, catalogue, site, now)
    known = _Known(queue.from_now(visit.waiting), visit.service, frozenset(visit.support_needs), visit.booked_with)
    return estimate_wait(queue.state((visit.service,), known))


@dataclass(frozen=True)
class _Known:
    """Whose wait it is, where that is known: as the order knows them, in minutes from now, and which desks may call them."""

    waiting: Waiting
    service: ServiceFacts
    needs: frozenset[str]
    booked_with: frozenset[int] = frozenset()


class _Queue:
    """The rows of the day, read once."""

    def __init__(self, db: Session, catalogue: Catalogue, site: SiteFacts, now: datetime) -> None:
        self.db, self.catalogue, self.site, self.now = db, catalogue, site, now
        self.minute, self.today = minutes_of_instant(now), now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
        self.visits = visits_of_day(db, catalogue, site, self.today)
        self.periods = open_periods(site, self.today, catalogue.authority.zone, self.minute)

    def state(self, services: Sequence[ServiceFacts], newcomer: _Known | None = None) -> QueueState:
        """The state with somebody who wants one of `services`, or anything that is done here."""
        seats = self._seats(services)
        done_here = {one for _, served in seats for one in served}
        services = services or [one for one in self.catalogue.services if one.id in self.site.service_ids & done_here]
        people = [*self._waiting(seats, newcomer), *self._still_to_come(seats)]
        wanted = (
            {one.service_id for one in people} | {one.id for one in services} | {one.service.id for one in self.visits}
        )
        ids = tuple(one.id for one in services) or tuple(wanted)
        return QueueState(
            desks=self._desks(seats),
            people=tuple(people),
            durations=visit_lengths(self.db, self.catalogue, wanted, self.now),
            newcomer=self._newcomer(seats, ids, newcomer),
        )

    def _seats(self, services: Sequence[ServiceFacts]) -> Seats:
        """A line for each seat of each desk that is open today still, or that could do `services` if it were."""
        found: list[tuple[ResourceFacts, frozenset[int]]] = []
        for resource in self.site.resources:
            served = {one.id for one in self.catalogue.services if decides(resource, one)}
            found += [(resource, frozenset(served))] * resource.seats if served else []
        is_open = any(
            self.periods.get(resource.id) and (not services or served & {one.id for one in services})
            for resource, served in found
        )
        if not is_open:  # nobody works any more today: as if all who can did so now
            self.periods = {resource.id: ((0.0, LONGEST),) for resource, _ in found}
        return [(resource, served) for resource, served in found if self.periods.get(resource.id)]

    def _desks(self, seats: Seats) -> tuple[DeskDay, ...]:
        busy = [one for one in self.visits if one.state in AT_DESK]
        desks = []
        for resource, served in seats:
            sits = next((one for one in busy if _sits_at(one, resource)), None)
            sits = sits or next((one for one in busy if not one.desk and one.service.id in served), None)
            if sits is not None:
                busy.remove(sits)
            desks.append(DeskDay(served, self.periods[resource.id], self._occupied(sits)))
        return tuple(desks)

    def _occupied(self, visit: VisitOfDay | None) -> tuple[int, float] | None:
        if visit is None:
            return None
        return visit.service.id, self.minute - minutes_of_instant(visit.started_at or visit.called_at or self.now)

    def _newcomer(self, seats: Seats, service_ids: tuple[int, ...], known: _Known | None) -> Newcomer:
        if known is None:
            return Newcomer(STRANGER, service_ids)
        return Newcomer(known.waiting, service_ids, self._desks_for(seats, known))

    def _waiting(self, seats: Seats, newcomer: _Known | None) -> Iterable[Expected]:
        for one in waiting_in_order(self.visits, self.now):
            if newcomer is None or one.id != newcomer.waiting.key:
                known = _Known(self.from_now(one.waiting), one.service, frozenset(one.support_needs), one.booked_with)
                desk = _booked_desk(seats, one.booked_with, one.id)
                yield Expected(known.waiting, one.service.id, desks=self._desks_for(seats, known), booked_desk=desk)

    def from_now(self, waiting: Waiting) -> Waiting:
        """The person, with times in minutes from now."""
        booked_at = None if waiting.booked_at is None else waiting.booked_at - self.minute
        return Waiting(waiting.key, waiting.ticket, waiting.arrived_at - self.minute, booked_at, waiting.is_urgent)

    def _desks_for(self, seats: Seats, known: _Known) -> frozenset[int]:
        how = {"working": self.periods.keys(), "booked_with": known.booked_with}
        return frozenset(
            number
            for number, (desk, _) in enumerate(seats)
            if is_for_desk(desk, known.service, known.needs, self.site, **how)
        )

    def _still_to_come(self, seats: Seats) -> Iterable[Expected]:
        """Who is booked today and has not come, each as likely to come as today's people so far."""
        rows = self.db.execute(
            select(Appointment.id, Appointment.state, Appointment.starts_at, AppointmentService.service_id)
            .join(AppointmentService, AppointmentService.appointment_id == Appointment.id)
            .where(
                Appointment.site_id == self.site.id,
                Appointment.local_date == self.today,
                Appointment.state.not_in([state.value for state in CANCELLED]),
                AppointmentService.position == 0,
            )
        ).all()
        due = [row for row in rows if (self.now - row.starts_at) > timedelta(minutes=STILL_COMES_MINUTES)]
        missed = sum(row.state in (State.BOOKED, State.DID_NOT_ATTEND) for row in due)
        comes = 1 - (missed + USUAL_NO_SHOWS) / (len(due) + USUAL_SEEN)
        booked_with = booked_resources(self.db, [row.id for row in rows if row.state == State.BOOKED])
        for row in rows:
            booked_at = minutes_of_instant(row.starts_at) - self.minute
            if row.state == State.BOOKED and booked_at >= -STILL_COMES_MINUTES:
                there = expected_arrival(booked_at)
                waiting = Waiting(-2 - row.id, 0, there, booked_at)
                desk = _booked_desk(seats, booked_with.get(row.id, ()), row.id)
                yield Expected(waiting, row.service_id, comes if booked_at >= 0 else comes / 2, booked_desk=desk)


def _booked_desk(seats: Seats, booked_with: Collection[int], key: int) -> int | None:
    """The number of a seat of the desk that is booked; of several seats, `key` says which."""
    numbers = [number for number, (desk, _) in enumerate(seats) if desk.id in booked_with]
    return numbers[key % len(numbers)] if numbers else None


def _sits_at(visit: VisitOfDay, resource: ResourceFacts) -> bool:
    return visit.desk.id == resource.id if visit.desk else resource.id in visit.booked_with


def open_periods(site: SiteFacts, today: date, zone: str, minute: float) -> dict[int, tuple[tuple[float, float], ...]]:
    """When each resource is open from now on, in minutes from now; none of those that are not any more."""
    plan = site_day(site, local_day(today, zone), zone)
    found = {}
    for day in plan.resources:
        ticks: Bits = spans((window.first, window.last) for window in day.windows) & ~day.closed
        base = plan.day.base_unit
        periods = (((base + a) * TICK_MINUTES - minute, (base + b) * TICK_MINUTES - minute) for a, b in runs(ticks))
        ahead = tuple((max(0.0, start), end) for start, end in periods if end > 0)
        if ahead:
            found[day.resource.resource_id] = ahead
    return found
