"""Fills a day at a site with visits that the engine would have allowed. Pure.

Visits are within the plan's openings, turnaround is respected, and no seat is allocated twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from booking.availability.bits import span
from core.wall_clock import TICK_MINUTES, LocalDay
from locations.model import RequirementFacts, ResourceFacts, ServiceFacts, SiteFacts
from locations.opening_hours import closed_on, openings_on

Seat = tuple[int, int, int, int]
"""resource_id, seat, first_unit, last_unit (with turnaround)."""

NOBODY_AWAY: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Visit:
    """One service at one start; `seats` has one for each requirement."""

    service: ServiceFacts
    start_unit: int
    end_unit: int
    seats: tuple[Seat, ...]


def seeded(*names: object) -> random.Random:
    """A generator that gives the same numbers on every machine for the same names."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 plausible demo data, not secrets


def fill_day(
    site: SiteFacts,
    day: LocalDay,
    zone: str,
    services: Iterable[ServiceFacts],
    share: float,
    rng: random.Random,
    *,
    away: Mapping[int, int] = NOBODY_AWAY,
) -> Iterator[Visit]:
    """Visits through the day: at each start each free resource gets one with probability `share`.

    `away` holds the ticks, as a bitmap, at which a person who also works elsewhere cannot be here.
    """
    occupancy = _Occupancy(site, day, zone, away)
    by_id = {service.id: service for service in services}
    for tick in range(day.ticks):
        for resource in occupancy.resources:
            possible = [
                service
                for service_id in sorted(occupancy.services_of.get(resource.id, ()))
                if (service := by_id[service_id]) and occupancy.can_begin(resource, service, tick)
            ]
            if possible and rng.random() < share:
                visit = occupancy.seat(rng.choice(possible), resource, tick)
                if visit is not None:
                    yield visit


class _Occupancy:
    """When resources are open and busy, as bitmaps of the day."""

    def __init__(self, site: SiteFacts, day: LocalDay, zone: str, away: Mapping[int, int]) -> None:
        self.day = day
        self.resources: Sequence[ResourceFacts] = site.resources
        self.services_of: dict[int, set[int]] = {}
        self._open: dict[tuple[int, int], int] = {}
        self._busy: dict[tuple[int, int], int] = {(person, 0): bits for person, bits in away.items()}
        closed_periods = {key: _bits(periods) for key, periods in closed_on(site, day, zone).items()}
        for opening in openings_on(site, day, zone):
            closed = closed_periods.get(None, 0) | closed_periods.get(opening.resource_id, 0)
            bits = span(opening.first_tick, opening.last_tick) & ~closed
            self.services_of.setdefault(opening.resource_id, set()).update(opening.service_ids)
            for service_id in opening.service_ids:
                key = (opening.resource_id, service_id)
                self._open[key] = self._open.get(key, 0) | bits

    def can_begin(self, resource: ResourceFacts, service: ServiceFacts, tick: int) -> bool:
        """Whether the service may begin at `tick` with `resource` as the first that it needs."""
        on_grid = tick % (service.grid_minutes // TICK_MINUTES) == 0
        return on_grid and _meets(resource, service.requirements[0]) and self._seat(resource, service, tick) is not None

    def seat(self, service: ServiceFacts, first: ResourceFacts, tick: int) -> Visit | None:
        """The visit, with a seat allocated for each requirement; None when one of them has none free."""
        resources = [first]
        for requirement in service.requirements[1:]:
            other = self._another(requirement, service, tick, resources)
            if other is None:
                return None
            resources.append(other)
        return self._allocate(service, resources, tick)

    def _another(
        self, requirement: RequirementFacts, service: ServiceFacts, tick: int, resources: Sequence[ResourceFacts]
    ) -> ResourceFacts | None:
        fitting = (
            resource for resource in self.resources if _meets(resource, requirement) and resource not in resources
        )
        return next((one for one in fitting if self._seat(one, service, tick) is not None), None)

    def _seat(self, resource: ResourceFacts, service: ServiceFacts, tick: int) -> int | None:
        length, blocked = _lengths(service)
        needed = span(tick, tick + length)
        if self._open.get((resource.id, service.id), 0) & needed != needed:
            return None
        blocked_ticks = span(tick, tick + blocked)
        free = (seat for seat in range(resource.seats) if not self._busy.get((resource.id, seat), 0) & blocked_ticks)
        return next(free, None)

    def _allocate(self, service: ServiceFacts, resources: Sequence[ResourceFacts], tick: int) -> Visit:
        length, blocked = _lengths(service)
        start = self.day.base_unit + tick
        seats = []
        for resource in resources:
            seat = self._seat(resource, service, tick) or 0  # the caller has seen that one is free
            self._busy[resource.id, seat] = self._busy.get((resource.id, seat), 0) | span(tick, tick + blocked)
            seats.append((resource.id, seat, start, start + blocked))
        return Visit(service, start, start + length, tuple(seats))


def _lengths(service: ServiceFacts) -> tuple[int, int]:
    """Ticks of the visit, and of the visit with its turnaround."""
    length = service.duration_minutes // TICK_MINUTES
    return length, length + service.turnaround_minutes // TICK_MINUTES


def _meets(resource: ResourceFacts, requirement: RequirementFacts) -> bool:
    return resource.kind == requirement.kind and requirement.skills <= resource.skills


def _bits(periods: Iterable[tuple[int, int]]) -> int:
    bits = 0
    for first, last in periods:
        bits |= span(first, last)
    return bits
