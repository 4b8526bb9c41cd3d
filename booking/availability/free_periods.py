"""The free periods of a day: when a resource is open and which of its seats are not occupied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from booking.availability.bits import NOTHING, Bits, first_tick, span, spans
from booking.availability.busy import Busy
from booking.availability.values import ResourceDay, SiteDay


@dataclass(frozen=True, slots=True)
class FreeStretch:
    """A resource with `seats` free throughout `first_unit <= unit < last_unit`, in a window for `service_ids`."""

    resource_id: int
    first_unit: int
    last_unit: int
    seats: int
    service_ids: frozenset[int]


class SeatTicks(NamedTuple):
    """How many ticks the seats of a site are open in a day, and during how many of those they are occupied."""

    opened: int
    occupied: int


def seat_ticks(site_day: SiteDay, busy: Busy) -> SeatTicks:
    """The open and the occupied ticks of a day, added up over all seats of the site's resources."""
    base_unit, here = site_day.day.base_unit, busy.at(site_day.site_id)
    opened = occupied = 0
    for plan in site_day.resources:
        ticks = open_ticks(plan)
        seats = range(plan.resource.seats)
        opened += len(seats) * ticks.bit_count()
        busy_by_seat = (here.busy_ticks(plan.resource.resource_id, seat, base_unit) for seat in seats)
        occupied += sum((ticks & busy_ticks).bit_count() for busy_ticks in busy_by_seat)
    return SeatTicks(opened, occupied)


def is_open(plan: ResourceDay) -> bool:
    """Whether the resource is open at all on its day."""
    return bool(open_ticks(plan))


def open_ticks(plan: ResourceDay) -> Bits:
    """The ticks of its day at which the resource is open."""
    return spans((window.first, window.last) for window in plan.windows) & ~plan.closed


def free_stretches(site_day: SiteDay, busy: Busy, from_unit: int = 0) -> list[FreeStretch]:
    """The free stretches of every resource from `from_unit` on, by start and then in the plan's order."""
    found = [stretch for resource in site_day.resources for stretch in _stretches(resource, site_day, busy, from_unit)]
    return sorted(found, key=lambda stretch: stretch.first_unit)


def runs(bits: Bits) -> Iterator[tuple[int, int]]:
    """The half-open runs of ticks that are set, ascending: 0b0110 gives (1, 3)."""
    while bits:
        first = first_tick(bits)
        last = first_tick(~(bits >> first)) + first
        yield first, last
        bits &= ~span(first, last)


def _stretches(plan: ResourceDay, site_day: SiteDay, busy: Busy, from_unit: int) -> Iterator[FreeStretch]:
    base_unit = site_day.day.base_unit
    to_come = ~span(0, max(0, from_unit - base_unit))
    opened = open_ticks(plan) & to_come
    here = busy.at(site_day.site_id)
    busy_by_seat = [here.busy_ticks(plan.resource.resource_id, seat, base_unit) for seat in range(plan.resource.seats)]
    for seats, bits in _by_free_seats(opened, busy_by_seat):
        for first, last in runs(bits):
            services = frozenset().union(*(w.service_ids for w in plan.windows if w.first < last and first < w.last))
            yield FreeStretch(plan.resource.resource_id, base_unit + first, base_unit + last, seats, services)


def _by_free_seats(opened: Bits, busy_by_seat: list[Bits]) -> Iterator[tuple[int, Bits]]:
    """For each number of free seats from one up, the open ticks at which exactly so many are free."""
    exactly = {0: opened}
    for busy_ticks in busy_by_seat:
        counted: dict[int, Bits] = {}
        for seats, bits in exactly.items():
            counted[seats] = counted.get(seats, NOTHING) | bits & busy_ticks
            counted[seats + 1] = counted.get(seats + 1, NOTHING) | bits & ~busy_ticks
        exactly = counted
    yield from ((seats, bits) for seats, bits in sorted(exactly.items()) if seats and bits)
