"""For whom a service is, by where people live: outward codes, sectors and whole postcodes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from locations.model import ServiceFacts

_INWARD = re.compile("[0-9][A-Z]{2}")
SHORTEST_OUTWARD = 2
RULE, PREFERENCE = "rule", "preference"
CATCHMENT_KINDS = (RULE, PREFERENCE)
EVERYBODY, NAMED_FIRST, NAMED_ONLY = "everybody", "named_first", "named_only"
ADVISER_KINDS = (EVERYBODY, NAMED_FIRST, NAMED_ONLY)
"""Whom a service is for: everybody; everybody, but people with an adviser see their times first; those with a named one."""


@dataclass(frozen=True, slots=True)
class Catchment:
    """Where whoever a service is for lives: "N12", "N12 0" or "N12 0GA" each.

    As a rule nobody else can book; staff may pass it by with a reason where that is allowed. As a preference everybody can,
    and those who live elsewhere read that others come first.
    """

    areas: tuple[str, ...]
    is_rule: bool
    instead: str
    staff_may_pass: bool

    def has(self, postcode: str) -> bool:
        """Whether somebody with this full postcode lives there."""
        return lies_in(postcode, self.areas)


def catchment_of(service: ServiceFacts) -> Catchment | None:
    """For whom the service is; None when it is for everybody."""
    if not service.catchment:
        return None
    is_rule = service.catchment_kind == RULE
    return Catchment(service.catchment, is_rule, service.catchment_instead, service.catchment_may_be_passed)


def refusing_rule(services: Iterable[ServiceFacts], postcode: str) -> Catchment | None:
    """The first rule of these services that somebody with this postcode, or with none that we know, does not meet."""
    rules = (one for one in map(catchment_of, services) if one is not None and one.is_rule)
    return next((one for one in rules if not (postcode and one.has(postcode))), None)


def lies_in(postcode: str, areas: Collection[str]) -> bool:
    """Whether a postcode, or a part of one as people write it ("N12", "N12 0"), lies wholly in one of these areas."""
    compact = "".join(postcode.split()).upper()
    outward, _, inward = postcode.upper().strip().partition(" ")
    if _INWARD.fullmatch(compact[-3:]) and len(compact) > SHORTEST_OUTWARD + 2:
        outward, inward = compact[:-3], compact[-3:]
    wider = {outward, f"{outward} {inward[:1]}".strip(), f"{outward} {inward}".strip()}
    return bool(outward) and not wider.isdisjoint(areas)


def own_areas(services: Iterable[ServiceFacts], postcode: str) -> frozenset[str]:
    """The areas in which somebody with this postcode, or part of one, lives, of those whom the services are for first."""
    preferred = (one for one in map(catchment_of, services) if one is not None and not one.is_rule)
    return frozenset(area for one in preferred for area in one.areas if lies_in(postcode, (area,)))
