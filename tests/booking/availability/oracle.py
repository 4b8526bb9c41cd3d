"""The slow, obvious answer: one tick, one seat and one choice at a time, without any code of the engine.

Only the values that go in and out are shared. Everything here is written to be believed, not to be quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from booking.availability.values import (
    ResourceDay,
    Search,
    SeatAllocation,
    ServiceShape,
    SiteDay,
    Window,
)

BusyRow = tuple[int, int, int, int]
SeatOf = tuple[ResourceDay, int]


def slots(search: Search, site_days: Sequence[SiteDay], rows: Sequence[BusyRow]) -> list[tuple[int, int, int]]:
    """(start_unit, site_id, end_unit) of every slot, ascending."""
    length = sum(shape.duration_ticks + search.extra_ticks for shape in search.visit)
    return sorted(
        (site_day.day.base_unit + tick, site_day.site_id, site_day.day.base_unit + tick + length)
        for site_day in site_days
        for tick in start_ticks(search, site_day, rows)
    )


def start_ticks(search: Search, site_day: SiteDay, rows: Sequence[BusyRow]) -> list[int]:
    return [tick for tick in range(site_day.day.ticks) if can_start(search, site_day, rows, tick)]


def can_start(search: Search, site_day: SiteDay, rows: Sequence[BusyRow], tick: int) -> bool:
    unit = site_day.day.base_unit + tick
    if not search.earliest_unit <= unit < search.latest_unit:
        return False
    if tick % search.visit[0].grid_ticks != 0:
        return False
    if search.adviser and not any(can_serve(search, site_day, shape) for shape in search.visit):
        return False
    return all(
        next(choices(search, site_day, rows, shape, begin), None) is not None
        for shape, begin in services_at(search, tick)
    )


def services_at(search: Search, tick: int) -> Iterator[tuple[ServiceShape, int]]:
    """Each service of the visit with the tick at which it begins."""
    for shape in search.visit:
        yield shape, tick
        tick += shape.duration_ticks + search.extra_ticks


def choices(
    search: Search, site_day: SiteDay, rows: Sequence[BusyRow], shape: ServiceShape, tick: int
) -> Iterator[tuple[SeatOf, ...]]:
    """Every assignment that gives each requirement a free seat of its own resource, the support needs met."""
    seats = [seat for seat in seats_of(site_day) if seat_is_free(search, site_day, rows, shape, tick, seat)]
    if not seats:
        return
    pools = [
        [
            seat
            for seat in seats
            if seat[0].resource.kind == requirement.kind and requirement.skills <= seat[0].resource.skills
        ]
        for requirement in shape.requirements
    ]
    for selected in product(*pools):
        ids = [plan.resource.resource_id for plan, _ in selected]
        skills = {skill for plan, _ in selected for skill in plan.resource.skills}
        if search.adviser and can_serve(search, site_day, shape) and search.adviser not in ids:
            continue
        if len(set(ids)) == len(ids) and all(n in site_day.features or n in skills for n in search.needs):
            yield selected


def can_serve(search: Search, site_day: SiteDay, shape: ServiceShape) -> bool:
    """Whether the adviser who is wanted is there, and is what some requirement of the service asks for."""
    return any(
        plan.resource.resource_id == search.adviser
        and plan.resource.kind == requirement.kind
        and requirement.skills <= plan.resource.skills
        for plan in site_day.resources
        for requirement in shape.requirements
    )


def seats_of(site_day: SiteDay) -> list[SeatOf]:
    return [(plan, seat) for plan in site_day.resources for seat in range(plan.resource.seats)]


def seat_is_free(
    search: Search, site_day: SiteDay, rows: Sequence[BusyRow], shape: ServiceShape, tick: int, seat: SeatOf
) -> bool:
    plan, number = seat
    end = tick + shape.duration_ticks + search.extra_ticks
    return all(is_open(search, site_day, seat, shape, t) for t in range(tick, end)) and not any(
        is_busy(rows, plan, number, site_day.day.base_unit + t) for t in range(tick, end + shape.turnaround_ticks)
    )


def is_open(search: Search, site_day: SiteDay, seat: SeatOf, shape: ServiceShape, tick: int) -> bool:
    plan, number = seat
    if plan.closed & 2**tick:
        return False
    return any(
        window.first <= tick < window.last
        and shape.service_id in window.service_ids
        and not (search.for_public and is_kept(search, site_day, shape, window, tick, number))
        for window in plan.windows
    )


def is_kept(search: Search, site_day: SiteDay, shape: ServiceShape, window: Window, tick: int, seat: int) -> bool:
    """Whether a tick of the window is kept for staff, for later, or for the waiting list, and its release is to come."""
    now, at = search.now_unit, site_day.day.base_unit + tick
    waits = shape.list_comes_first and not search.for_list
    if waits and now < window.new_until:
        return True
    if tick >= window.reserved_from and now < at - window.release_ticks + window.wait_ticks * waits:
        return True
    for share in window.kept:
        if not share.seats[seat] >> tick & 1 or (share.is_same_day and shape.is_same_day_open):
            continue
        release = at - share.release_ticks if share.from_unit is None else share.from_unit
        if now < release + share.wait_ticks * waits:
            return True
    return False


def is_busy(rows: Sequence[BusyRow], plan: ResourceDay, number: int, unit: int) -> bool:
    return any(
        resource_id == plan.resource.resource_id and seat == number and first <= unit < last
        for resource_id, seat, first, last in rows
    )


def side_by_side(search: Search, site_day: SiteDay, rows: Sequence[BusyRow], tick: int) -> int:
    """How many such visits fit at one start: for each service the most choices that share no seat; the least counts."""
    return min(
        most_apart([frozenset((p.resource.resource_id, s) for p, s in c) for c in found])
        for found in (list(choices(search, site_day, rows, shape, begin)) for shape, begin in services_at(search, tick))
    )


def most_apart(sets: Iterable[frozenset[tuple[int, int]]]) -> int:
    """The largest number of `sets` of which no two share a member: without the first seat, or with each set that has it."""
    sets = set(sets)
    if not sets:
        return 0
    seat = min(min(one) for one in sets)
    without = {one for one in sets if seat not in one}
    using = [1 + most_apart({other for other in without if not other & one}) for one in sets - without]
    return max([most_apart(without), *using])


def fault_of(
    search: Search, site_day: SiteDay, rows: Sequence[BusyRow], tick: int, allocations: Sequence[SeatAllocation]
) -> str | None:
    """What is wrong with a proposed seating of a visit; None when nothing is."""
    base = site_day.day.base_unit
    left = list(allocations)
    used: dict[tuple[int, int], set[int]] = {}
    for shape, begin in services_at(search, tick):
        mine, left = left[: len(shape.requirements)], left[len(shape.requirements) :]
        allocated = {(a.resource_id, a.seat) for a in mine}
        expected = (
            {(plan.resource.resource_id, seat) for plan, seat in choice}
            for choice in choices(search, site_day, rows, shape, begin)
        )
        if len(mine) != len(shape.requirements) or allocated not in expected:
            return f"service {shape.service_id} is not served by {mine}"
        end = begin + shape.duration_ticks + search.extra_ticks
        if any(
            a.service_id != shape.service_id or a.first_unit != base + begin or a.last_unit < base + end for a in mine
        ):
            return f"{mine} do not cover service {shape.service_id}"
        for seat in allocated:
            used.setdefault(seat, set()).update(range(base + begin, base + end + shape.turnaround_ticks))
    held = [(a.resource_id, a.seat, unit) for a in allocations for unit in range(a.first_unit, a.last_unit)]
    if len(held) != len(set(held)):
        return "a seat is held twice"
    if set(held) != {(*seat, unit) for seat, units in used.items() for unit in units}:
        return "what is held is not the services with their turnaround"
    return f"{left} serve nothing" if left else None
