"""What a list offers to choose from, when the names alone may not tell people and places apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from flask_babel import gettext as _

from locations.model import ResourceFacts
from web.page_context import SiteContext


def resources_here(context: SiteContext) -> list[ResourceFacts]:
    """What the site has, and the people of the council."""
    return list(
        dict.fromkeys((*(one for one in context.site.resources if not one.is_council_wide), *context.catalogue.people))
    )


def resource_choices(resources: Iterable[ResourceFacts]) -> list[tuple[str, str]]:
    """Slug and name of each; of those who share a name, what tells them apart too."""
    resources = list(resources)
    named = Counter(one.name for one in resources)
    of_site = Counter(one.name for one in resources if not one.is_council_wide)
    return [(one.slug, _told_apart(one, of_site) if named[one.name] > 1 else one.name) for one in resources]


def _told_apart(resource: ResourceFacts, of_site: Mapping[str, int]) -> str:
    if resource.is_council_wide:
        return str(_("%(name)s, who works at several sites", name=resource.name))
    return f"{resource.name} ({resource.slug})" if of_site[resource.name] > 1 else resource.name
