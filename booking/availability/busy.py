"""The seats that are occupied: one long bitmap for each seat, over the whole period searched.

A search needs the opposite for one day: the starts that meet no booking. They are worked out for all the days of a
seat together (28 days are 8,064 bits, one kilobyte), and a day is then cut out by a single shift.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, TypeVar, cast

from booking.availability.bits import Bits, blocked

BusyRow = tuple[int, int, int, int]
"""resource_id, seat, first_unit, last_unit."""

AwayRow = tuple[int, int, int, int, int]
"""site_id, resource_id, seat, first_unit, last_unit: when a person cannot be at the site because of a visit elsewhere."""

SeatMaps = dict[int, dict[int, Bits]]
"""For each resource and each of its seats that has bookings, a bitmap; nothing for the others."""

MARGIN = 600
"""Two of the longest days. No visit is longer, so no start before the first row's margin can meet a booking."""

MOST_ANSWERS = 16
Answer = TypeVar("Answer")

DAY_AND_MARGIN: Bits = (1 << MARGIN) - 1
WHOLE_DAY: Bits = (1 << 300) - 1
"""The ticks of the longest day."""


class Busy:
    """The seats occupied by the rows given to `busy_index`. It remembers what was worked out of them."""

    __slots__ = ("_answers", "_away", "_base", "_blocked", "_busy", "_clear", "_origin_unit")

    def __init__(self, origin_unit: int, busy: SeatMaps, *, base: Busy | None = None) -> None:
        self._origin_unit = origin_unit
        self._busy = busy
        self._base = base
        self._away: dict[int, Busy] = {}
        self._blocked: dict[int, SeatMaps] = {}
        self._clear: dict[tuple[int, int], SeatMaps] = {}
        self._answers: dict[Hashable, tuple[Any]] = {}

    def answer(self, question: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """What `work_out` gives for `question`; of the same occupied seats it is worked out once. Not to be changed."""
        known = self._answers.get(question)
        if known is not None:
            return cast(Answer, known[0])
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()  # while other threads read: each of them has its own answer in hand
        answer = work_out()
        self._answers[question] = (answer,)
        return answer

    def add_away(self, site_id: int, away: SeatMaps) -> None:
        """Count `away` as occupied as well, as seen from the site `site_id`."""
        self._away[site_id] = Busy(self._origin_unit, _joined(self._busy, away), base=self)

    def at(self, site_id: int) -> Busy:
        """What is occupied as seen from one site: people are busy there, too, while they travel to it or from it."""
        return self._away.get(site_id, self)

    def busy_ticks(self, resource_id: int, seat: int, base_unit: int) -> Bits:
        """The ticks, from `base_unit` on and into the days that follow, at which the seat is occupied."""
        if self._base is not None and resource_id not in self._busy:
            return self._base.busy_ticks(resource_id, seat, base_unit)
        return _shifted(self._busy.get(resource_id, {}).get(seat, 0), base_unit - self._origin_unit)

    def pattern(self, resource_ids: Iterable[int], base_unit: int) -> Hashable:
        """The seats of these resources that are occupied in the day from `base_unit` on, or in the margin after it.

        What can be found free in the day depends on nothing else of what is occupied.
        """
        later = base_unit - self._origin_unit
        return tuple(
            seats and tuple([(seat, _shifted(bits, later) & DAY_AND_MARGIN) for seat, bits in seats.items()])
            for seats in map(self.seats_of, resource_ids)
        )

    def seats_of(self, resource_id: int) -> dict[int, Bits] | None:
        """The bitmap of each seat of the resource, None when none is occupied."""
        seats = self._busy.get(resource_id)
        return self._base.seats_of(resource_id) if seats is None and self._base is not None else seats

    def clear(self, length: int, base_unit: int) -> SeatMaps:
        """The starts, in the day from `base_unit` on, at which `length` ticks in a row meet no booking."""
        if not self._busy:
            return {}
        clear = self._clear.get((length, base_unit))
        if clear is None:
            later = base_unit - self._origin_unit
            own = {
                resource_id: {seat: ~_shifted(bits, later) & WHOLE_DAY for seat, bits in seats.items()}
                for resource_id, seats in self._blocked_starts(length).items()
            }
            clear = self._base.clear(length, base_unit) | own if self._base is not None else own
            self._clear[length, base_unit] = clear
        return clear

    def _blocked_starts(self, length: int) -> SeatMaps:
        """The starts, over the whole period, at which `length` ticks in a row meet a booking."""
        if length not in self._blocked:
            self._blocked[length] = {
                resource_id: {seat: blocked(bits, length) for seat, bits in seats.items()}
                for resource_id, seats in self._busy.items()
            }
        return self._blocked[length]


def busy_index(rows: Iterable[BusyRow], since_unit: int | None = None, away: Iterable[AwayRow] = ()) -> Busy:
    """The seats occupied by `rows` (resource_id, seat, first_unit, last_unit), in any order; rows may overlap.

    `since_unit`, where the caller knows it, is a unit before which no row begins: it saves looking for one. `away` is
    what counts at one site only.
    """
    rows, away = list(rows), list(away)
    if since_unit is None:
        since_unit = min((*(row[2] for row in rows), *(row[3] for row in away)), default=0)
    origin_unit = since_unit - MARGIN
    busy = Busy(origin_unit, _seat_maps(rows, origin_unit))
    for site_id in {row[0] for row in away}:
        busy.add_away(site_id, _seat_maps((row[1:] for row in away if row[0] == site_id), origin_unit))
    return busy


def away_rows(
    rows: Iterable[tuple[int, BusyRow]], site_ids: Collection[int], travel_ticks: Callable[[int, int], int]
) -> list[AwayRow]:
    """When the people of `rows`, each with the site where it is, cannot be at each of `site_ids`.

    Somebody who is elsewhere cannot be at the site while they travel either: their time there is widened on both sides by
    `travel_ticks` between the two sites.
    """
    return [
        (site_id, resource_id, seat, first_unit - ticks, last_unit + ticks)
        for where, (resource_id, seat, first_unit, last_unit) in rows
        for site_id in site_ids
        if site_id != where
        for ticks in (travel_ticks(where, site_id),)
    ]


def _seat_maps(rows: Iterable[BusyRow], origin_unit: int) -> SeatMaps:
    maps: SeatMaps = {}
    for resource_id, seat, first_unit, last_unit in rows:
        run = (1 << last_unit - first_unit) - 1 << first_unit - origin_unit  # written out: this runs for every row
        try:
            maps[resource_id][seat] |= run
        except KeyError:
            maps.setdefault(resource_id, {})[seat] = run
    return maps


def _joined(busy: SeatMaps, away: SeatMaps) -> SeatMaps:
    """All seats of the resources in `away`, occupied by either."""
    joined: SeatMaps = {}
    for resource_id, seats in away.items():
        known = busy.get(resource_id, {})
        joined[resource_id] = known | {seat: known.get(seat, 0) | bits for seat, bits in seats.items()}
    return joined


NOTHING_BUSY = busy_index([])


def _shifted(bits: Bits, ticks: int) -> Bits:
    return bits >> ticks if ticks >= 0 else bits << -ticks
