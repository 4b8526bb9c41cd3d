"""Whom a desk can serve: by the pools that a service draws on, and by the support needs that people have. Pure."""

from __future__ import annotations

from collections.abc import Collection

from booking.availability.needs_met import features_of
from locations.catchment import NAMED_ONLY
from locations.model import PERSON_KINDS, RequirementFacts, ResourceFacts, ServiceFacts, SiteFacts
from people.residents.details import place_needs, spoken_needs


def is_of_pool(resource: ResourceFacts, requirement: RequirementFacts) -> bool:
    """Whether the resource is one of the pool."""
    return requirement.kind == resource.kind and requirement.skills <= resource.skills


def can_serve(resource: ResourceFacts, service: ServiceFacts) -> bool:
    """Whether the resource is of a pool that the service draws on."""
    return any(is_of_pool(resource, requirement) for requirement in service.requirements)


def decides(resource: ResourceFacts, service: ServiceFacts) -> bool:
    """Whether the service waits for this resource: for the adviser, say, and not for the room in which they sit."""
    return any(is_of_pool(resource, requirement) for requirement in service.requirements[:1])


def able_desks(site: SiteFacts, service: ServiceFacts, working: Collection[int]) -> list[ResourceFacts]:
    """The resources that can serve the service and are among those `working` today; else all of the site that can."""
    able = [resource for resource in site.resources if can_serve(resource, service)]
    return [resource for resource in able if resource.id in working] or able


def is_for_desk(
    resource: ResourceFacts,
    service: ServiceFacts,
    needs: frozenset[str],
    site: SiteFacts,
    *,
    working: Collection[int],
    booked_with: Collection[int] = (),
) -> bool:
    """Whether the desk may call somebody with `needs` who comes for the service.

    A need that another able desk meets, and this one does not, keeps them for that desk; one that nobody here meets does not
    make them wait for ever. Where the service is for people who have an adviser, only their own adviser calls them.
    """
    if not can_serve(resource, service):
        return False
    is_of_others = service.named_adviser == NAMED_ONLY and resource.kind in PERSON_KINDS and booked_with
    if is_of_others and resource.id not in booked_with:
        return False
    others = able_desks(site, service, working)
    asked = _asked(needs, site)
    best = max((len(_met(other, service, asked, site)) for other in others), default=0)
    return resource.id in booked_with or len(_met(resource, service, asked, site)) >= best


def _asked(needs: frozenset[str], site: SiteFacts) -> frozenset[str]:
    """The needs that a desk or a person has to meet, because the site as a whole does not."""
    return (place_needs(needs) | spoken_needs(needs)) - features_of(site)


def _met(resource: ResourceFacts, service: ServiceFacts, asked: frozenset[str], site: SiteFacts) -> frozenset[str]:
    """Those of the needs that the resource meets, or what goes with it: the room, say, in which an adviser sits."""
    beside = [pool for pool in service.requirements if pool.kind != resource.kind]
    others = (one.skills for one in site.resources if any(is_of_pool(one, pool) for pool in beside))
    return asked & resource.skills.union(*others)
