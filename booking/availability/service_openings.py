"""What is open: for one service in one site day, who could serve it and at which starts, before any booking.

An `Option` is one pool of resources for each requirement of the service, which together meet the support needs as well.
Needs that the site's own features do not meet must be met by a resource; where there are several requirements, each choice
of which requirement's resource meets which need is an option of its own. Most services have one option with one pool.
Where one adviser is wanted, each pool that has them is an option in which it has nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import combinations, product
from operator import or_
from typing import NamedTuple

from booking.availability.bits import NOTHING, Bits, starts
from booking.availability.releases import Stage, has_shares, open_bits, release_stage
from booking.availability.values import EngineResource, Requirement, Search, ServiceShape, SiteDay

MEMORY_LIMIT = 64
"""Answers remembered in one site day: services times the moments at which something is released to residents."""


class Member(NamedTuple):
    """A resource of a pool, and the starts at which it is open for the whole service; `by_seat` where seats differ."""

    resource: EngineResource
    open_starts: Bits
    by_seat: tuple[Bits, ...] = ()


Pool = tuple[Member, ...]


class Option(NamedTuple):
    """One pool for each requirement; `shared` says whether a resource is in two of them."""

    pools: tuple[Pool, ...]
    shared: bool


class Step(NamedTuple):
    """One service of a visit: `offset` ticks after its start, for `length` ticks, then `clear_up` ticks."""

    shape: ServiceShape
    offset: int
    length: int
    clear_up: int
    needs: frozenset[str]
    adviser: int = 0

    @property
    def blocked_length(self) -> int:
        """Ticks in a row that bookings must leave free."""
        return self.length + self.clear_up


@lru_cache(maxsize=1024)
def steps_of(
    visit: tuple[ServiceShape, ...], extra_ticks: int, needs: frozenset[str], adviser: int = 0
) -> tuple[Step, ...]:
    """The services of a visit, one after the other; the same object for the same question."""
    steps, offset = [], 0
    for shape in visit:
        length = shape.duration_ticks + extra_ticks
        steps.append(Step(shape, offset, length, shape.turnaround_ticks, needs, adviser))
        offset += length
    return tuple(steps)


def options_by_step(search: Search, steps: tuple[Step, ...], site_day: SiteDay) -> tuple[tuple[Option, ...], ...]:
    """For each step of the visit, the options to serve it at this site on this day."""
    stage = release_stage(search, site_day)
    # `steps` is kept by its cache and here, so its identity is a valid key and saves hashing it.
    key = (id(steps), stage)
    known = site_day.memory.get(key)
    if known is None:
        if len(site_day.memory) >= MEMORY_LIMIT:
            site_day.memory.clear()
        known = site_day.memory[key] = (steps, _options_of_visit(steps, site_day, stage))
    answer: tuple[tuple[Option, ...], ...] = known[1]
    return answer


def _options_of_visit(
    steps: tuple[Step, ...], site_day: SiteDay, stage: Stage | None
) -> tuple[tuple[Option, ...], ...]:
    options = tuple(_options(step, site_day, stage) for step in steps)
    if not steps[0].adviser:
        return options
    theirs = [_is_for_adviser(step, site_day) for step in steps]
    if not any(theirs):
        return tuple(() for _ in steps)
    of_both = zip(steps, options, theirs, strict=True)
    return tuple(_with_adviser(step.adviser, found) if is_theirs else found for step, found, is_theirs in of_both)


def _is_for_adviser(step: Step, site_day: SiteDay) -> bool:
    """Whether the adviser who is wanted is there that day, and has the kind and the skills for a requirement."""
    adviser = next((day.resource for day in site_day.resources if day.resource.resource_id == step.adviser), None)
    return adviser is not None and any(
        one.kind == adviser.kind and one.skills <= adviser.skills for one in step.shape.requirements
    )


def _with_adviser(adviser: int, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The options in which one of the pools is the adviser alone."""
    found = []
    for option in options:
        for place, pool in enumerate(option.pools):
            alone = tuple(member for member in pool if member.resource.resource_id == adviser)
            if alone:
                pools = (*option.pools[:place], alone, *option.pools[place + 1 :])
                found.append(Option(pools, _is_shared(pools)))
    return tuple(found)


def _members(step: Step, site_day: SiteDay, stage: Stage | None) -> Iterator[Member]:
    for resource_day in site_day.resources:
        if stage is not None and has_shares(resource_day):
            seats = range(resource_day.resource.seats)
            by_seat = tuple(starts(open_bits(resource_day, step.shape, stage, seat), step.length) for seat in seats)
            open_starts = reduce(or_, by_seat, NOTHING)
        else:
            by_seat, open_starts = (), starts(open_bits(resource_day, step.shape, stage), step.length)
        if open_starts:
            yield Member(resource_day.resource, open_starts, by_seat)


def _options(step: Step, site_day: SiteDay, stage: Stage | None) -> tuple[Option, ...]:
    members = tuple(_members(step, site_day, stage))
    unmet = sorted(step.needs - site_day.features)
    requirements = step.shape.requirements
    options = []
    for meets in product(range(len(requirements)), repeat=len(unmet)) if members else ():
        needs_of = [{need for need, by in zip(unmet, meets, strict=True) if by == n} for n in range(len(requirements))]
        pools = tuple(_pool(members, *needed) for needed in zip(requirements, needs_of, strict=True))
        if pools and all(pools):
            options.append(Option(pools, _is_shared(pools)))
    return tuple(options)


def _pool(members: tuple[Member, ...], requirement: Requirement, needs: set[str]) -> Pool:
    kind, skills = requirement.kind, requirement.skills | needs
    return tuple(m for m in members if m.resource.kind == kind and skills <= m.resource.skills)


def _is_shared(pools: tuple[Pool, ...]) -> bool:
    return any(member in other for one, other in combinations(pools, 2) for member in one)
