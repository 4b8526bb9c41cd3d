"""Visits that one person has at two sites, with too little time to travel between them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from booking.availability.values import BookedVisit
from core.wall_clock import TICK_MINUTES
from locations.model import Catalogue
from locations.travel import LONGEST_MINUTES

LONGEST_TICKS = LONGEST_MINUTES // TICK_MINUTES

Pair = tuple[BookedVisit, BookedVisit]
Occupied = tuple[int, int, BookedVisit]
"""The first and last unit for which a visit occupies a person."""


def too_close(catalogue: Catalogue, visits: Iterable[BookedVisit]) -> frozenset[Pair]:
    """Each two visits of a person of the council at two sites that leave less than the travel time between them."""
    by_person: dict[int, list[Occupied]] = defaultdict(list)
    for visit in visits if catalogue.people else ():
        for resource_id, _, first_unit, last_unit in visit.seats:
            if catalogue.is_council_wide(resource_id):
                by_person[resource_id].append((first_unit, last_unit, visit))
    return frozenset(pair for occupied in by_person.values() for pair in _pairs(catalogue, occupied))


def _pairs(catalogue: Catalogue, occupied: list[Occupied]) -> Iterator[Pair]:
    occupied.sort(key=lambda one: one[:2])
    for number, (_, last_unit, one) in enumerate(occupied):
        for first_unit, _, other in occupied[number + 1 :]:
            if first_unit - last_unit >= LONGEST_TICKS:
                break
            sites = (one.slot.site_id, other.slot.site_id)
            if sites[0] != sites[1] and first_unit - last_unit < catalogue.travel.ticks(*sites):
                yield one, other


def who_must_move(pairs: Iterable[Pair], movable: Iterable[BookedVisit]) -> list[BookedVisit]:
    """Those of `movable` that leave no pair too close when they move: of two of them, the one that begins later.

    A visit that is not among `movable` stays, and what is too close to it moves.
    """
    others: dict[BookedVisit, set[BookedVisit]] = defaultdict(set)
    for one, other in pairs:
        others[one].add(other)
        others[other].add(one)
    in_pairs = [visit for visit in movable if visit in others]
    staying, moving = set(others).difference(in_pairs), list[BookedVisit]()
    for visit in sorted(in_pairs, key=lambda visit: (visit.slot.start_unit, visit.owner_id)):
        if others[visit] & staying:
            moving.append(visit)
        else:
            staying.add(visit)
    return moving
