"""Services by the words in which people look for them."""

from __future__ import annotations

from collections.abc import Sequence

from locations.model import ServiceFacts


def searchable_text(service: ServiceFacts) -> str:
    """The words by which a service is found: its name, topic and summary, and what else people call it."""
    return " ".join((service.name, service.topic, service.summary, *service.also_called))


def services_named(services: Sequence[ServiceFacts], wanted: str) -> tuple[ServiceFacts, ...]:
    """The services in whose text every word of `wanted` stands."""
    words = wanted.casefold().split()
    return tuple(service for service in services if all(word in searchable_text(service).casefold() for word in words))
