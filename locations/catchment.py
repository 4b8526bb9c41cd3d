"""For whom a service is, by where people live: outward codes, sectors and whole postcodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from locations.model import ServiceFacts

RULE, PREFERENCE = "rule", "preference"
CATCHMENT_KINDS = (RULE, PREFERENCE)


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
        compact = "".join(postcode.split()).upper()
        outward, inward = compact[:-3], compact[-3:]
        return not {outward, f"{outward} {inward[:1]}", f"{outward} {inward}"}.isdisjoint(self.areas)


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
