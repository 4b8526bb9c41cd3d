"""Which triage stands in front of what. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from locations.model import Catalogue, ServiceFacts
from locations.triage.tree import Tree


def triage_before(catalogue: Catalogue, services: Iterable[ServiceFacts]) -> Tree | None:
    """The triage in front of one of these services, or of its topic; None for none."""
    for service in services:
        for tree in catalogue.authority.triages:
            if service.slug in tree.services or (service.topic and service.topic in tree.topics):
                return tree
    return None


def triage_of_front_page(catalogue: Catalogue) -> Tree | None:
    """The triage in front of everything; None for none."""
    return next((tree for tree in catalogue.authority.triages if tree.front_page), None)


def services_behind(catalogue: Catalogue, tree: Tree) -> tuple[ServiceFacts, ...]:
    """The services that the triage stands in front of, and those to which its answers lead; all for the first page."""
    named = {*tree.services, *(slug for one in tree.outcomes.values() for slug in one.services)}
    return tuple(
        one
        for one in catalogue.public_services()
        if tree.front_page or one.slug in named or (one.topic and one.topic in tree.topics)
    )
