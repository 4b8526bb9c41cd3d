"""Which seats serve a visit: one for each requirement, and alternatives in case another writer claims them first.

The best seat is, in this order: one that is preferred; one that already serves the visit, so that nobody changes
desk; of the resource with the fewest skills to spare, so that the adviser who signs stays free for whoever needs
it; for staff, one that is kept for them; in the tightest gap, so that the day is not cut into pieces too short to use.

The n-th alternative tries the seats of each pool from the n-th one on. `spread` rotates seats of equal rank (equally
preferred, as many skills), so that people who book one start at the same moment begin with different seats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeVar

from booking.availability.bits import Bits, span
from booking.availability.busy import Busy
from booking.availability.free_starts import seat_starts
from booking.availability.releases import has_shares, open_bits, release_stage
from booking.availability.service_openings import Pool, Step, options_by_step
from booking.availability.values import EngineResource, ResourceDay, Search, SeatAllocation, SiteDay

MOST_ALTERNATIVES = 12
T = TypeVar("T")


class Seat(NamedTuple):
    """One seat that is free for a whole step."""

    resource: EngineResource
    number: int


Seats = tuple[Seat, ...]
Pools = Sequence[Sequence[Seat]]


def allocations(
    search: Search,
    steps: tuple[Step, ...],
    site_day: SiteDay,
    busy: Busy,
    tick: int,
    *,
    prefer: frozenset[int],
    spread: int,
    most: int = MOST_ALTERNATIVES,
) -> list[tuple[SeatAllocation, ...]]:
    """Up to `most` different seatings of the visit that begins at `tick`, best first; all are free."""
    finder = _SeatFinder(search, site_day, busy.at(site_day.site_id), tick, prefer, spread)
    pools_by_option = [
        [[finder.free_seats(step, pool) for pool in option.pools] for option in options]
        for step, options in zip(steps, options_by_step(search, steps, site_day), strict=True)
    ]
    turns = max(len(seats) for options in pools_by_option for pools in options for seats in pools)
    found: dict[tuple[SeatAllocation, ...], None] = {}
    for turn in range(min(turns, MOST_ALTERNATIVES)):
        visit = _seat_visit(pools_by_option, turn)
        if visit is not None:
            found[_allocations(steps, visit, site_day.day.base_unit + tick)] = None
        if len(found) == most:
            break
    return list(found)


class _SeatFinder(NamedTuple):
    """Finds the free seats at one start, in order of preference."""

    search: Search
    site_day: SiteDay
    busy: Busy
    tick: int
    prefer: frozenset[int]
    spread: int

    def free_seats(self, step: Step, pool: Pool) -> list[Seat]:
        """The seats of the pool that are free for the step, best first, those of equal rank rotated by `spread`."""
        clear = self.busy.clear(step.blocked_length, self.site_day.day.base_unit)
        plans = {plan.resource.resource_id: plan for plan in self.site_day.resources}
        ranked = [
            (
                self._rank(plans[member.resource.resource_id], number, step),
                self._gap(plans[member.resource.resource_id], number, step),
                member.resource.resource_id,
                number,
                member.resource,
            )
            for member in pool
            for number, starts in enumerate(seat_starts(member, clear))
            if starts >> self.tick + step.offset & 1
        ]
        ranked.sort(key=itemgetter(0, 1, 2, 3))
        equals = (list(group) for _, group in groupby(ranked, itemgetter(0)))
        return [Seat(seat[4], seat[3]) for group in equals for seat in _rotated(group, self.spread)]

    def _rank(self, plan: ResourceDay, number: int, step: Step) -> tuple[bool, int, bool]:
        resource = plan.resource
        return resource.resource_id not in self.prefer, len(resource.skills), self._is_public(plan, number, step)

    def _is_public(self, plan: ResourceDay, number: int, step: Step) -> bool:
        """Whether residents could have this seat as well: staff leave them that, and take what is kept for staff."""
        if self.search.for_public or not has_shares(plan):
            return False
        stage = release_stage(replace(self.search, for_public=True), self.site_day)
        open_to_all = open_bits(plan, step.shape, stage, number) >> self.tick + step.offset
        return open_to_all & span(0, step.length) == span(0, step.length)

    def _gap(self, plan: ResourceDay, number: int, step: Step) -> int:
        """The ticks left idle on both sides of the step, if this seat serves it."""
        is_open = open_bits(plan, step.shape, release_stage(self.search, self.site_day), number)
        free = is_open & ~self.busy.busy_ticks(plan.resource.resource_id, number, self.site_day.day.base_unit)
        begin = self.tick + step.offset
        return run_before(free, begin) + run_from(free, begin + step.blocked_length)


def run_from(free: Bits, tick: int) -> int:
    """How many ticks in a row are free from `tick` on."""
    ahead = ~(free >> tick)
    return (ahead & -ahead).bit_length() - 1


def run_before(free: Bits, tick: int) -> int:
    """How many ticks in a row are free just before `tick`."""
    return tick - (~free & ((1 << tick) - 1)).bit_length()


def _seat_visit(pools_by_option: Sequence[Sequence[Pools]], turn: int) -> list[Seats] | None:
    """Seats for each step of the visit, beginning with the `turn`-th of each pool; None when there are none."""
    visit: list[Seats] = []
    for options in pools_by_option:
        already = {seat for seats in visit for seat in seats}
        matched = next(filter(None, (_match(pools, turn, already) for pools in options)), None)
        if matched is None:
            return None
        visit.append(matched)
    return visit


def _match(pools: Pools, turn: int, already: set[Seat]) -> Seats | None:
    """One seat from each pool, no resource twice, those of `already` first; None when there is no choice."""
    rotated = [sorted(_rotated(seats, turn), key=lambda seat: seat not in already) for seats in pools]
    return next(_choices(rotated, ()), None)


def _rotated(seats: Sequence[T], turn: int) -> list[T]:
    """`seats` from the `turn`-th on, followed by those before it."""
    at = turn % len(seats) if seats else 0
    return [*seats[at:], *seats[:at]]


def _choices(pools: Pools, selected: Seats) -> Iterator[Seats]:
    if len(selected) == len(pools):
        yield selected
        return
    tried = {seat.resource.resource_id for seat in selected}
    for seat in pools[len(selected)]:
        if seat.resource.resource_id not in tried:
            tried.add(seat.resource.resource_id)  # its other seats would fail in the same way
            yield from _choices(pools, (*selected, seat))


def _allocations(steps: tuple[Step, ...], visit: Sequence[Seats], start_unit: int) -> tuple[SeatAllocation, ...]:
    """The allocation of each seat for each step that it serves; no tick of a seat is allocated twice.

    A visit does not wait for its own clearing up: where a seat serves a later step too, it is held for the earlier one
    only until then, and what is left of the earlier turnaround is held at the end.

        step A, turnaround 3    AAAAAAttt     held    AAAAAA
        step B, turnaround 0          BB                    BBt
    """
    allocated: list[SeatAllocation] = []
    held_until: dict[Seat, int] = {}
    for place, (step, seats) in enumerate(zip(steps, visit, strict=True)):
        for seat in seats:
            end = held_until[seat] = max(step.offset + step.blocked_length, held_until.get(seat, 0))
            again = (
                later.offset for later, used in zip(steps[place + 1 :], visit[place + 1 :], strict=True) if seat in used
            )
            first_unit, last_unit = start_unit + step.offset, start_unit + min(end, next(again, end))
            allocated.append(
                SeatAllocation(seat.resource.resource_id, seat.number, first_unit, last_unit, step.shape.service_id)
            )
    return tuple(allocated)
