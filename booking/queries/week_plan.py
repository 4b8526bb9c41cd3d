"""Days of a site as its manager plans them: each resource with its sessions, and what is booked, held, free, shut.

A constant number of statements, however many days and resources there are; of other sites only what their own people do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.availability.bits import NOTHING, Bits, span, spans
from booking.availability.busy import Busy
from booking.availability.free_periods import free_stretches
from booking.availability.site_days import site_day
from booking.availability.values import ResourceDay, SiteDay
from booking.capacity.occupancy import busy_of
from booking.tables import Allocation
from core.database import connection_of, table_of
from core.wall_clock import TICK_MINUTES, instant_of, local_day, unit_after
from locations.model import Catalogue, ResourceFacts, SiteFacts
from locations.opening_hours import closures_between, sessions_on
from locations.session_facts import ClosureFacts
from locations.session_openings import HeldSession

_allocations = table_of(Allocation).c


class TakenSeat(NamedTuple):
    """A seat that an appointment, or (`is_held`) a hold, occupies; its owner's id, and its half-open ticks of the day."""

    is_held: bool
    owner_id: int
    seat: int
    first_tick: int
    last_tick: int


@dataclass(frozen=True)
class ResourcePlan:
    """A resource on a day. All minutes are of one seat: a room of 12 seats that is open for an hour has 720.

    `free_minutes` are those in which nobody is booked, without those in which a person is at another site; in
    `left_minutes` of them somebody still can be: the others are over.
    """

    resource: ResourceFacts
    sessions: tuple[HeldSession, ...]
    open_ticks: Bits
    shut_ticks: Bits
    free_ticks: Bits
    taken: tuple[TakenSeat, ...]
    open_minutes: int
    free_minutes: int
    left_minutes: int
    shut_minutes: int

    @property
    def booked(self) -> int:
        """How many appointments there are."""
        return len({seat.owner_id for seat in self.taken if not seat.is_held})

    @property
    def held(self) -> int:
        """How many holds there are."""
        return len({seat.owner_id for seat in self.taken if seat.is_held})

    @property
    def fill_percent(self) -> int | None:
        """How much of what is open is not free, or was not; None when nothing is open."""
        if not self.open_minutes:
            return None
        return round(100 * (self.open_minutes - self.free_minutes) / self.open_minutes)


@dataclass(frozen=True)
class DayPlan:
    """A day of the site: what shuts it, and its resources in the order of the plan. `base_unit` is of its midnight."""

    date: date
    base_unit: int
    holiday: str
    closures: tuple[ClosureFacts, ...]
    resources: tuple[ResourcePlan, ...]


def days_of(
    db: Session, catalogue: Catalogue, site: SiteFacts, dates: Sequence[date], now: datetime
) -> tuple[DayPlan, ...]:
    """The plan of the site on each of these dates, which follow each other. Two statements, three where people work."""
    zone = catalogue.authority.zone
    plans = [site_day(site, local_day(day, zone), zone) for day in dates]
    busy = busy_of(db, catalogue, plans, now)
    taken = _taken(db, site.id, plans, now)
    return tuple(_day(site, plan, busy, taken, unit_after(now)) for plan in plans)


def _taken(
    db: Session, site_id: int, plans: Sequence[SiteDay], now: datetime
) -> Mapping[tuple[int, date], list[TakenSeat]]:
    """What is occupied at the site, by resource and day."""
    rows = connection_of(db).execute(
        select(
            _allocations.resource_id,
            _allocations.seat,
            _allocations.first_unit,
            _allocations.last_unit,
            _allocations.appointment_id,
            _allocations.hold_id,
            _allocations.visit_id,
        ).where(
            _allocations.site_id == site_id,
            _allocations.first_unit >= plans[0].day.base_unit,
            _allocations.first_unit < plans[-1].day.end_unit,
            or_(_allocations.expires_at.is_(None), _allocations.expires_at > now),
        )
    )
    taken: dict[tuple[int, date], list[TakenSeat]] = defaultdict(list)
    for resource_id, seat, first, last, appointment_id, hold_id, visit_id in rows:
        day = next(plan.day for plan in reversed(plans) if plan.day.base_unit <= first)
        is_held = hold_id is not None
        # A visit without an appointment has a number of its own, below zero, beside those of appointments.
        owner_id = hold_id or appointment_id or -visit_id
        occupied = TakenSeat(is_held, owner_id, seat, first - day.base_unit, last - day.base_unit)
        taken[resource_id, day.date].append(occupied)
    return taken


def _day(
    site: SiteFacts, plan: SiteDay, busy: Busy, taken: Mapping[tuple[int, date], list[TakenSeat]], now_unit: int
) -> DayPlan:
    day = plan.day
    starts_at, ends_at = instant_of(day.base_unit), instant_of(day.end_unit)
    held = tuple(sessions_on(site, day.date))
    resource_days = {one.resource.resource_id: one for one in plan.resources}
    free: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for one in free_stretches(plan, busy):
        free[one.resource_id].append((one.first_unit - day.base_unit, one.last_unit - day.base_unit, one.seats))
    resources = (
        _resource(
            resource,
            tuple(session for session in held if resource.id in session.resource_ids),
            resource_days.get(resource.id),
            free[resource.id],
            tuple(taken.get((resource.id, day.date), ())),
            now_unit - day.base_unit,
        )
        for resource in site.resources
    )
    return DayPlan(
        date=day.date,
        base_unit=day.base_unit,
        holiday=plan.holiday,
        closures=closures_between(site, starts_at, ends_at),
        resources=tuple(resources),
    )


def _resource(
    resource: ResourceFacts,
    sessions: tuple[HeldSession, ...],
    plan: ResourceDay | None,
    free: Sequence[tuple[int, int, int]],
    taken: tuple[TakenSeat, ...],
    now_tick: int,
) -> ResourcePlan:
    windows = NOTHING if plan is None else spans((window.first, window.last) for window in plan.windows)
    closed = NOTHING if plan is None else plan.closed
    free_ticks = NOTHING
    for first, last, _ in free:
        free_ticks |= span(first, last)
    return ResourcePlan(
        resource=resource,
        sessions=sessions,
        open_ticks=windows & ~closed,
        shut_ticks=windows & closed,
        free_ticks=free_ticks,
        taken=taken,
        open_minutes=(windows & ~closed).bit_count() * resource.seats * TICK_MINUTES,
        free_minutes=sum((last - first) * seats for first, last, seats in free) * TICK_MINUTES,
        left_minutes=sum(max(0, last - max(first, now_tick)) * seats for first, last, seats in free) * TICK_MINUTES,
        shut_minutes=(windows & closed).bit_count() * resource.seats * TICK_MINUTES,
    )
