"""A day at a site, filled with visits that the engine would have allowed. Pure.

Only the openings of the plan are filled, turnaround is respected, and no seat is taken twice.
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
    """A generator that gives the same on every machine for the same names."""
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
    """Visits through the day: at each start each free resource takes one with probability `share`.

    `away` holds the ticks, as a bitmap, at which a person who also works elsewhere cannot be here.
    """
    diary = _Diary(site, day, zone, away)
    by_id = {service.id: service for service in services}
    for tick in range(day.ticks):
        for resource in diary.resources:
            possible = [
                service
                for service_id in sorted(diary.offered.get(resource.id, ()))
                if (service := by_id[service_id]) and diary.could_begin(resource, service, tick)
            ]
            if possible and rng.random() < share:
                visit = diary.seat(rng.choice(possible), resource, tick)
                if visit is not None:
                    yield visit


class _Diary:
    """What is open and what is taken, as bitmaps of the day."""

    def __init__(self, site: SiteFacts, day: LocalDay, zone: str, away: Mapping[int, int]) -> None:
        self.day = day
        self.resources: Sequence[ResourceFacts] = site.resources
        self.offered: dict[int, set[int]] = {}
        self._open: dict[tuple[int, int], int] = {}
        self._taken: dict[tuple[int, int], int] = {(person, 0): bits for person, bits in away.items()}
        shut = {key: _bits(stretches) for key, stretches in closed_on(site, day, zone).items()}
        for opening in openings_on(site, day, zone):
            closed = shut.get(None, 0) | shut.get(opening.resource_id, 0)
            bits = span(opening.first_tick, opening.last_tick) & ~closed
            self.offered.setdefault(opening.resource_id, set()).update(opening.service_ids)
            for service_id in opening.service_ids:
                key = (opening.resource_id, service_id)
                self._open[key] = self._open.get(key, 0) | bits

    def could_begin(self, resource: ResourceFacts, service: ServiceFacts, tick: int) -> bool:
        """Whether the service may begin at `tick` with `resource` as the first that it needs."""
        on_grid = tick % (service.grid_minutes // TICK_MINUTES) == 0
        return on_grid and _meets(resource, service.requirements[0]) and self._seat(resource, service, tick) is not None

    def seat(self, service: ServiceFacts, first: ResourceFacts, tick: int) -> Visit | None:
        """The visit, with a free seat for each requirement now taken; None when one of them has none left."""
        chosen = [first]
        for requirement in service.requirements[1:]:
            other = self._another(requirement, service, tick, chosen)
            if other is None:
                return None
            chosen.append(other)
        return self._take(service, chosen, tick)

    def _another(
        self, requirement: RequirementFacts, service: ServiceFacts, tick: int, chosen: Sequence[ResourceFacts]
    ) -> ResourceFacts | None:
        fitting = (resource for resource in self.resources if _meets(resource, requirement) and resource not in chosen)
        return next((one for one in fitting if self._seat(one, service, tick) is not None), None)

    def _seat(self, resource: ResourceFacts, service: ServiceFacts, tick: int) -> int | None:
        length, blocked = _lengths(service)
        needed = span(tick, tick + length)
        if self._open.get((resource.id, service.id), 0) & needed != needed:
            return None
        wanted = span(tick, tick + blocked)
        free = (seat for seat in range(resource.seats) if not self._taken.get((resource.id, seat), 0) & wanted)
        return next(free, None)

    def _take(self, service: ServiceFacts, chosen: Sequence[ResourceFacts], tick: int) -> Visit:
        length, blocked = _lengths(service)
        start = self.day.base_unit + tick
        seats = []
        for resource in chosen:
            seat = self._seat(resource, service, tick) or 0  # the caller has seen that one is free
            self._taken[resource.id, seat] = self._taken.get((resource.id, seat), 0) | span(tick, tick + blocked)
            seats.append((resource.id, seat, start, start + blocked))
        return Visit(service, start, start + length, tuple(seats))


def _lengths(service: ServiceFacts) -> tuple[int, int]:
    """Ticks of the visit, and with the clearing up after it."""
    length = service.duration_minutes // TICK_MINUTES
    return length, length + service.turnaround_minutes // TICK_MINUTES


def _meets(resource: ResourceFacts, requirement: RequirementFacts) -> bool:
    return resource.kind == requirement.kind and requirement.skills <= resource.skills


def _bits(stretches: Iterable[tuple[int, int]]) -> int:
    bits = 0
    for first, last in stretches:
        bits |= span(first, last)
    return bits
