"""Who serves a visit: seats for every requirement, and other choices should somebody else be quicker.

The best seat is, in this order: one that was asked for; one that already serves the visit, so that nobody changes
desk; of the resource with the fewest skills to spare, so that the adviser who signs stays free for whoever needs
it; in the tightest gap, so that the day is not cut into pieces too short to use.

Each further alternative begins with the next seat of every pool, and `spread` turns the pools once more, so those
who book one start together begin with different seats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from booking.availability.bits import Bits
from booking.availability.busy import Busy
from booking.availability.free import seat_starts
from booking.availability.plan import Step, Way, open_bits, released_tick, ways_by_step
from booking.availability.values import Allocation, ResourceFacts, Search, SiteDay

MOST_ALTERNATIVES = 12


class Seat(NamedTuple):
    """One seat that is free for a whole step."""

    resource: ResourceFacts
    number: int


Seats = tuple[Seat, ...]


def allocations(
    search: Search,
    steps: tuple[Step, ...],
    site_day: SiteDay,
    busy: Busy,
    tick: int,
    *,
    prefer: frozenset[int],
    spread: int,
) -> list[tuple[Allocation, ...]]:
    """Up to 12 different ways to seat the visit that begins at `tick`, best first; all are free."""
    desk = _Desk(search, steps, site_day, busy, tick, prefer)
    found: dict[tuple[Allocation, ...], None] = {}
    for turn in range(desk.turns()):
        chosen = desk.seats_of_visit(turn + spread)
        if chosen is not None:
            found[_allocations(steps, chosen, site_day.day.base_unit + tick)] = None
    return list(found)


class _Desk:
    """The free seats of one start, pool by pool, in order of preference."""

    def __init__(
        self, search: Search, steps: tuple[Step, ...], site_day: SiteDay, busy: Busy, tick: int, prefer: frozenset[int]
    ) -> None:
        self.site_day, self.busy, self.tick, self.prefer = site_day, busy, tick, prefer
        self.steps = steps
        self.released = released_tick(search, site_day)
        self.ways = [
            [self._free_seats(step, way) for way in ways]
            for step, ways in zip(steps, ways_by_step(search, steps, site_day), strict=True)
        ]

    def turns(self) -> int:
        """How many alternatives are worth trying: one for each seat of the largest pool, 12 at most."""
        return min(MOST_ALTERNATIVES, max(len(seats) for ways in self.ways for pools in ways for seats in pools))

    def seats_of_visit(self, turn: int) -> list[Seats] | None:
        """Seats for each step, beginning with the `turn`-th choice; None when there are none."""
        visit: list[Seats] = []
        for ways in self.ways:
            chosen = next(filter(None, (_match(_turned(pools, turn, visit)) for pools in ways)), None)
            if chosen is None:
                return None
            visit.append(chosen)
        return visit

    def _free_seats(self, step: Step, way: Way) -> list[list[Seat]]:
        blocked = self.busy.blocked(step.blocked_length)
        later = self.site_day.day.base_unit - self.busy.origin_unit
        begin = self.tick + step.offset
        pools = []
        for pool in way.pools:
            seats = [
                Seat(member.resource, number)
                for member in pool
                for number, free in enumerate(seat_starts(member, blocked, later))
                if free >> begin & 1
            ]
            pools.append(sorted(seats, key=lambda seat: self._cost(seat, step)))
        return pools

    def _cost(self, seat: Seat, step: Step) -> tuple[bool, int, int, int, int]:
        resource, number = seat
        return (
            resource.resource_id not in self.prefer,
            len(resource.skills),
            self._gap(seat, step),
            resource.resource_id,
            number,
        )

    def _gap(self, seat: Seat, step: Step) -> int:
        """The ticks left idle on both sides of the step, if this seat takes it."""
        day = self.site_day.day
        plan = next(r for r in self.site_day.resources if r.resource is seat.resource)
        taken = self.busy.taken(seat.resource.resource_id, day.base_unit).get(seat.number, 0)
        free = open_bits(plan, step.shape.service_id, self.released) & ~taken
        begin = self.tick + step.offset
        return run_before(free, begin) + run_from(free, begin + step.blocked_length)


def run_from(free: Bits, tick: int) -> int:
    """How many ticks in a row are free from `tick` on."""
    ahead = ~(free >> tick)
    return (ahead & -ahead).bit_length() - 1


def run_before(free: Bits, tick: int) -> int:
    """How many ticks in a row are free just before `tick`."""
    return tick - (~free & ((1 << tick) - 1)).bit_length()


def _turned(pools: Sequence[Sequence[Seat]], turn: int, visit: Sequence[Seats]) -> list[list[Seat]]:
    """The pools, each begun at its `turn`-th seat, those that already serve the visit before all others."""
    already = {seat for seats in visit for seat in seats}
    turned = []
    for seats in pools:
        at = turn % len(seats) if seats else 0
        turned.append(sorted([*seats[at:], *seats[:at]], key=lambda seat: seat not in already))
    return turned


def _match(pools: Sequence[Sequence[Seat]]) -> Seats | None:
    """One seat from each pool, no resource twice, the first in order; None when there is no such choice."""
    return next(_choices(pools, ()), None)


def _choices(pools: Sequence[Sequence[Seat]], chosen: Seats) -> Iterator[Seats]:
    if len(chosen) == len(pools):
        yield chosen
        return
    tried = {seat.resource.resource_id for seat in chosen}
    for seat in pools[len(chosen)]:
        if seat.resource.resource_id not in tried:
            tried.add(seat.resource.resource_id)  # its other seats would fail in the same way
            yield from _choices(pools, (*chosen, seat))


def _allocations(steps: tuple[Step, ...], visit: Sequence[Seats], start_unit: int) -> tuple[Allocation, ...]:
    """What each seat is taken for. A seat that serves the visit again is not held twice: the clearing up after the
    earlier service moves behind the later one, as far as it reaches."""
    held: dict[Seat, int] = {}
    last_start = {seat: step.offset for step, seats in zip(steps, visit, strict=True) for seat in seats}
    taken: list[Allocation] = []
    for place, (step, seats) in enumerate(zip(steps, visit, strict=True)):
        for seat in seats:
            end = max(step.offset + step.blocked_length, held.get(seat, 0))
            held[seat] = end
            if last_start[seat] != step.offset:
                again = next(s.offset for s, used in zip(steps[place + 1 :], visit[place + 1 :], strict=True) if seat in used)
                end = min(end, again)
            first, last = start_unit + step.offset, start_unit + end
            taken.append(Allocation(seat.resource.resource_id, seat.number, first, last, step.shape.service_id))
    return tuple(taken)
