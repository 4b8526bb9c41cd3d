"""The order of topics and services on a council's first page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from locations.model import ServiceFacts


def by_topic(services: Iterable[ServiceFacts], order: Sequence[str] = ()) -> dict[str, list[ServiceFacts]]:
    """The services under their topics, as `order` names them by slug, each topic where the first of its services is.

    What it does not name follows in alphabetical order; services without a topic come last.
    """
    services = list(services)
    place = {slug: number for number, slug in enumerate(order)}
    last = len(place)
    topics: dict[str, int] = {}
    for service in services:
        topics[service.topic] = min(topics.get(service.topic, last), place.get(service.slug, last))

    def in_turn(service: ServiceFacts) -> tuple[object, ...]:
        topic = service.topic
        return topics[topic], not topic, topic, place.get(service.slug, last), service.name

    return in_order(sorted(services, key=in_turn))


def in_order(services: Iterable[ServiceFacts]) -> dict[str, list[ServiceFacts]]:
    """The services under their topics; topics and services come as the first of them does."""
    topics: dict[str, list[ServiceFacts]] = {}
    for service in services:
        topics.setdefault(service.topic, []).append(service)
    return topics


def with_topic_moved(topics: dict[str, list[ServiceFacts]], topic: str, steps: int) -> list[str]:
    """The order by slugs when a topic moves up (-1) or down (1) by one; as it is when that leads nowhere."""
    names = _moved(list(topics), topic, steps)
    return [service.slug for name in names for service in topics[name]]


def with_service_moved(topics: dict[str, list[ServiceFacts]], slug: str, steps: int) -> list[str]:
    """The order by slugs when a service moves up or down by one within its topic."""
    order: list[str] = []
    for services in topics.values():
        order += _moved([service.slug for service in services], slug, steps)
    return order


def _moved(names: list[str], name: str, steps: int) -> list[str]:
    if name not in names or not 0 <= names.index(name) + steps < len(names):
        return names
    at = names.index(name)
    names[at], names[at + steps] = names[at + steps], names[at]
    return names
