"""The names of services, sites or people in a list to choose from, when a name alone may stand for two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from locations.model import ResourceFacts, ServiceFacts, SiteFacts


def names_apart(things: Iterable[ServiceFacts | SiteFacts | ResourceFacts]) -> dict[str, str]:
    """The name of each by its slug; of those that share a name, with the slug that tells them apart."""
    things = list(things)
    named = Counter(one.name for one in things)
    return {one.slug: f"{one.name} ({one.slug})" if named[one.name] > 1 else one.name for one in things}
