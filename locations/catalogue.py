"""A council with its places and services, as one plain value. Pure.

What a council leaves out of its file is kept while its history needs it. No session opens it any more, so the
`public_` methods do not find it; staff and appointments still do, with the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.errors import NotFound
from locations.model import AuthorityFacts, ResourceFacts, ServiceFacts, SiteFacts
from locations.travel import TravelTimes


@dataclass(frozen=True, eq=False)
class Catalogue:
    """An authority with all its services and sites, each in the order in which people read them.

    `people` are the advisers and interpreters who belong to the council, wherever they work; `travel` is between sites.
    """

    authority: AuthorityFacts
    services: tuple[ServiceFacts, ...]
    sites: tuple[SiteFacts, ...]
    people: tuple[ResourceFacts, ...]
    travel: TravelTimes
    _by: dict[tuple[str, int | str], Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for kind, facts in (("service", self.services), ("site", self.sites), ("person", self.people)):
            for fact in facts:
                self._by[kind, fact.id] = self._by[kind, fact.slug] = fact

    def service(self, slug: str) -> ServiceFacts:
        """The service of this slug. Raises: NotFound."""
        found: ServiceFacts = self._find("service", slug)
        return found

    def service_by_id(self, service_id: int) -> ServiceFacts:
        """The service of this id. Raises: NotFound."""
        found: ServiceFacts = self._find("service", service_id)
        return found

    def site(self, slug: str) -> SiteFacts:
        """The site of this slug. Raises: NotFound."""
        found: SiteFacts = self._find("site", slug)
        return found

    def site_by_id(self, site_id: int) -> SiteFacts:
        """The site of this id. Raises: NotFound."""
        found: SiteFacts = self._find("site", site_id)
        return found

    def public_services(self) -> tuple[ServiceFacts, ...]:
        """The services that a session of some site opens, in the council's own order: what residents can choose from."""
        opened: frozenset[int] = frozenset().union(*(site.service_ids for site in self.sites))
        return tuple(service for service in self.services if service.id in opened)

    def public_service(self, slug: str) -> ServiceFacts:
        """The service of this slug. Raises: NotFound when there is none, or no session opens it."""
        service = self.service(slug)
        if not any(service.id in site.service_ids for site in self.sites):
            raise NotFound.because("service_unknown", authority=self.authority.name, key=slug)
        return service

    def public_site(self, slug: str) -> SiteFacts:
        """The site of this slug. Raises: NotFound when there is none, or it has no session."""
        site = self.site(slug)
        if not site.service_ids:
            raise NotFound.because("site_unknown", authority=self.authority.name, key=slug)
        return site

    def resource_at(self, site: SiteFacts, resource_id: int) -> ResourceFacts | None:
        """The resource of this id at the site, or the person who once worked there; None when there is neither."""
        person: ResourceFacts | None = self._by.get(("person", resource_id))
        return site.resource(resource_id) or person

    def is_council_wide(self, resource_id: int) -> bool:
        """Whether this is a person who belongs to the council and may work at several sites."""
        return ("person", resource_id) in self._by

    def version_of(self, site_id: int) -> int | None:
        """The plan version of the site of this id, or None when it is not here."""
        site: SiteFacts | None = self._by.get(("site", site_id))
        return site.plan_version if site else None

    def _find(self, kind: str, key: int | str) -> Any:
        try:
            return self._by[kind, key]
        except KeyError as error:
            raise NotFound.because(
                "service_unknown" if kind == "service" else "site_unknown", authority=self.authority.name, key=key
            ) from error
