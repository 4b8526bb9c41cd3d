"""What is taken: one long bitmap for each seat, over the whole period searched.

A search needs the opposite for one day: the starts that meet no booking. They are worked out for all the days of a
seat together (28 days are 8,064 bits, one kilobyte), and a day is then cut out by a single shift.
"""

from __future__ import annotations

from collections.abc import Iterable

from booking.availability.bits import Bits, blocked

BusyRow = tuple[int, int, int, int]
"""resource_id, seat, first_unit, last_unit."""

SeatMaps = dict[int, dict[int, Bits]]
"""For each resource and each of its seats that has bookings, a bitmap; nothing for the others."""

MARGIN = 600
"""Two of the longest days. No visit is longer, so no start before the first row's margin can meet a booking."""

WHOLE_DAY: Bits = (1 << 300) - 1
"""The ticks of the longest day."""


class Busy:
    """The seats taken, as told by `busy_index`. What it worked out it remembers: make one for each search."""

    __slots__ = ("_blocked", "_clear", "_origin_unit", "_taken")

    def __init__(self, origin_unit: int, taken: SeatMaps) -> None:
        self._origin_unit = origin_unit
        self._taken = taken
        self._blocked: dict[int, SeatMaps] = {}
        self._clear: dict[tuple[int, int], SeatMaps] = {}

    def taken(self, resource_id: int, seat: int, base_unit: int) -> Bits:
        """The ticks, from `base_unit` on and into the days that follow, at which the seat is taken."""
        return _shifted(self._taken.get(resource_id, {}).get(seat, 0), base_unit - self._origin_unit)

    def clear(self, length: int, base_unit: int) -> SeatMaps:
        """The starts, in the day from `base_unit` on, at which `length` ticks in a row meet no booking."""
        if not self._taken:
            return {}
        clear = self._clear.get((length, base_unit))
        if clear is None:
            later = base_unit - self._origin_unit
            clear = self._clear[length, base_unit] = {
                resource_id: {seat: ~_shifted(bits, later) & WHOLE_DAY for seat, bits in seats.items()}
                for resource_id, seats in self._blocked_starts(length).items()
            }
        return clear

    def _blocked_starts(self, length: int) -> SeatMaps:
        """The starts, over the whole period, at which `length` ticks in a row meet a booking."""
        if length not in self._blocked:
            self._blocked[length] = {
                resource_id: {seat: blocked(bits, length) for seat, bits in seats.items()}
                for resource_id, seats in self._taken.items()
            }
        return self._blocked[length]


def busy_index(rows: Iterable[BusyRow], since_unit: int | None = None) -> Busy:
    """The seats taken by `rows` (resource_id, seat, first_unit, last_unit), in any order; rows may overlap.

    `since_unit`, where the caller knows it, is a unit before which no row begins: it saves looking for one.
    """
    rows = list(rows)
    if since_unit is None:
        since_unit = min((row[2] for row in rows), default=0)
    origin_unit = since_unit - MARGIN
    taken: SeatMaps = {}
    for resource_id, seat, first_unit, last_unit in rows:
        run = (1 << last_unit - first_unit) - 1 << first_unit - origin_unit  # spelt out: this runs for every row
        try:
            taken[resource_id][seat] |= run
        except KeyError:
            taken.setdefault(resource_id, {})[seat] = run
    return Busy(origin_unit, taken)


NOTHING_BUSY = busy_index([])


def _shifted(bits: Bits, ticks: int) -> Bits:
    return bits >> ticks if ticks >= 0 else bits << -ticks
