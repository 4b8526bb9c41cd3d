"""What the public sees of a council: the services that some place offers, and the places that offer some service.

What a council leaves out of its file is kept while its history needs it. No session opens it any more, and so it is
neither listed nor found by name here; staff and appointments still find it in the catalogue.
"""

from __future__ import annotations

from core.errors import NotFound
from locations.catalogue import Catalogue, ServiceFacts, SiteFacts


def public_services(catalogue: Catalogue) -> tuple[ServiceFacts, ...]:
    """The services that a session of some site offers, in the council's own order."""
    offered: frozenset[int] = frozenset().union(*(site.service_ids for site in catalogue.sites))
    return tuple(service for service in catalogue.services if service.id in offered)


def public_service(catalogue: Catalogue, slug: str) -> ServiceFacts:
    """The service of this slug. Raises: NotFound when there is none, or no site offers it."""
    service = catalogue.service(slug)
    if not any(service.id in site.service_ids for site in catalogue.sites):
        raise NotFound(f"{catalogue.authority.name} has no service {slug!r}.")
    return service


def public_site(catalogue: Catalogue, slug: str) -> SiteFacts:
    """The site of this slug. Raises: NotFound when there is none, or it offers nothing."""
    site = catalogue.site(slug)
    if not site.service_ids:
        raise NotFound(f"{catalogue.authority.name} has no site {slug!r}.")
    return site
