"""What is taken: one long bitmap for each seat, over the whole period searched.

Blocked starts are worked out once for a resource and a length over all its days together (28 days are 8,064
bits, one kilobyte), and each day then costs a single shift.
"""

from __future__ import annotations

from collections.abc import Iterable

from booking.availability.bits import Bits, blocked, span

BusyRow = tuple[int, int, int, int]
"""resource_id, seat, first_unit, last_unit."""

MARGIN = 2016
"""A week of ticks below the first row, so that starts before it see it coming. No visit is as long as that."""


class Busy:
    """The seats taken, as told by `busy_index`."""

    __slots__ = ("_blocked", "_seats", "origin_unit")

    def __init__(self, origin_unit: int, seats: dict[int, dict[int, Bits]]) -> None:
        self.origin_unit = origin_unit
        self._seats = seats
        self._blocked: dict[int, dict[int, dict[int, Bits]]] = {}

    def taken(self, resource_id: int, base_unit: int) -> dict[int, Bits]:
        """For each seat with bookings, the ticks taken from `base_unit` on, into the days that follow."""
        return {seat: shifted(bits, base_unit - self.origin_unit) for seat, bits in self.seats(resource_id).items()}

    def seats(self, resource_id: int) -> dict[int, Bits]:
        """For each seat with bookings, the ticks taken since `origin_unit`."""
        return self._seats.get(resource_id, {})

    def blocked(self, length: int) -> dict[int, dict[int, Bits]]:
        """For each resource and seat with bookings, the starts since `origin_unit` at which `length` ticks meet one."""
        known = self._blocked.get(length)
        if known is None:
            known = self._blocked[length] = {
                resource_id: {seat: blocked(bits, length) for seat, bits in seats.items()}
                for resource_id, seats in self._seats.items()
            }
        return known


def busy_index(rows: Iterable[BusyRow]) -> Busy:
    """The seats taken by `rows` (resource_id, seat, first_unit, last_unit), in any order; rows may overlap."""
    rows = rows if isinstance(rows, list) else list(rows)
    origin_unit = min((row[2] for row in rows), default=0) - MARGIN
    seats: dict[int, dict[int, Bits]] = {}
    for resource_id, seat, first_unit, last_unit in rows:
        taken = seats.setdefault(resource_id, {})
        taken[seat] = taken.get(seat, 0) | span(first_unit - origin_unit, last_unit - origin_unit)
    return Busy(origin_unit, seats)


NOTHING_BUSY = busy_index([])


def shifted(bits: Bits, ticks: int) -> Bits:
    """`bits` as seen `ticks` later."""
    return bits >> ticks if ticks >= 0 else bits << -ticks
