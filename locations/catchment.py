"""For whom a service is, by where people live: outward codes, sectors, whole postcodes and wards. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from locations.model import ServiceFacts
from locations.wards.ward_facts import WardFacts

_INWARD = re.compile("[0-9][A-Z]{2}")
SHORTEST_OUTWARD = 2
RULE, PREFERENCE = "rule", "preference"
CATCHMENT_KINDS = (RULE, PREFERENCE)
EVERYBODY, NAMED_FIRST, NAMED_ONLY = "everybody", "named_first", "named_only"
ADVISER_KINDS = (EVERYBODY, NAMED_FIRST, NAMED_ONLY)
"""Whom a service is for: everybody; everybody, but people with an adviser see their times first; those with a named one."""


@dataclass(frozen=True, slots=True)
class Catchment:
    """Where whoever a service is for lives: in one of the areas, "N12", "N12 0" or "N12 0GA" each, or of the wards.

    As a rule nobody else can book; staff may pass it by with a reason where that is allowed. As a preference everybody can,
    and those who live elsewhere read that others come first.
    """

    areas: tuple[str, ...]
    is_rule: bool
    instead: str
    staff_may_pass: bool
    wards: tuple[WardFacts, ...] = ()

    def has(self, postcode: str) -> bool:
        """Whether somebody with this full postcode lives there, as far as is known."""
        full = as_written(postcode)
        return lies_in(postcode, self.areas) or any(full in ward.postcodes for ward in self.wards)

    def cannot_tell(self, postcode: str) -> bool:
        """Whether the postcode is in none of the areas, and nobody has said in which ward it lies."""
        is_known = any(as_written(postcode) in ward.known for ward in self.wards)
        return bool(postcode and self.wards) and not is_known and not self.has(postcode)

    @property
    def places(self) -> tuple[str, ...]:
        """The areas and the names of the wards."""
        return (*self.areas, *(ward.name for ward in self.wards))


def catchment_of(service: ServiceFacts) -> Catchment | None:
    """For whom the service is; None when it is for everybody."""
    if not service.catchment and not service.wards:
        return None
    is_rule, staff_may_pass = service.catchment_kind == RULE, service.catchment_may_be_passed
    return Catchment(service.catchment, is_rule, service.catchment_instead, staff_may_pass, service.wards)


def refusing_rule(services: Iterable[ServiceFacts], postcode: str) -> Catchment | None:
    """A rule of these services that somebody with this postcode, or with none that we know, does not surely meet.

    Of several it is the one that staff can pass by least: one that is surely not met before one of which nobody can tell.
    """
    rules = (one for one in map(catchment_of, services) if one is not None and one.is_rule)
    unmet = [one for one in rules if not (postcode and one.has(postcode))]
    return min(unmet, key=lambda one: (one.cannot_tell(postcode), one.staff_may_pass), default=None)


def lies_in(postcode: str, areas: Collection[str]) -> bool:
    """Whether a postcode, or a part of one as people write it ("N12", "N12 0"), lies wholly in one of these areas."""
    outward, _, inward = as_written(postcode).partition(" ")
    wider = {outward, f"{outward} {inward[:1]}".strip(), f"{outward} {inward}".strip()}
    return bool(outward) and not wider.isdisjoint(areas)


def own_areas(services: Iterable[ServiceFacts], postcode: str) -> frozenset[str]:
    """The areas in which somebody with this postcode, or part of one, lives, of those whom the services are for first."""
    preferred = [one for one in map(catchment_of, services) if one is not None and not one.is_rule]
    areas = frozenset(area for one in preferred for area in one.areas if lies_in(postcode, (area,)))
    wards = (ward.postcodes for one in preferred for ward in one.wards if as_written(postcode) in ward.postcodes)
    return areas.union(*wards)


def as_written(postcode: str) -> str:
    """A full postcode with its space, "N12 0GA", or what somebody has written of one, in capitals."""
    compact = "".join(postcode.split()).upper()
    if _INWARD.fullmatch(compact[-3:]) and len(compact) > SHORTEST_OUTWARD + 2:
        return f"{compact[:-3]} {compact[-3:]}"
    return postcode.upper().strip()
