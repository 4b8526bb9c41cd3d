"""What is shut at sites: closures in force, and the ends of sites and services that end for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from locations.model import AuthorityFacts
from locations.session_facts import FROM_OUTSIDE, ClosureFacts
from locations.shut_for_good import Ending
from locations.tables import Closure, Service, Site

ClosureInForce = tuple[Any, frozenset[int] | None]
"""The row of a closure, with the services that it shuts, or None when it shuts all."""


def closures_in_force(db: Session, authority: AuthorityFacts) -> list[ClosureInForce]:
    """The closures of the authority that are not lifted, by their beginning."""
    in_force = select(Closure).where(Closure.authority_id == authority.id, Closure.lifted_at.is_(None))
    rows = db.scalars(
        in_force.order_by(Closure.starts_at, Closure.id), execution_options={"populate_existing": True}
    ).all()
    topics = {row.topic for row in rows if row.topic}
    by_topic: dict[str, set[int]] = defaultdict(set)
    if topics:
        named = select(Service.topic, Service.id).where(Service.authority_id == authority.id, Service.topic.in_(topics))
        for topic, service_id in db.execute(named):
            by_topic[topic].add(service_id)
    return [(row, _services_shut(row, by_topic)) for row in rows]


def closures_at(site_id: int, people: frozenset[int], closures: Iterable[ClosureInForce]) -> tuple[ClosureFacts, ...]:
    """The closures of the site itself, of its whole authority, and of the authority's people who work here."""
    return tuple(
        ClosureFacts(
            row.starts_at,
            row.ends_at,
            row.resource_id,
            row.reason,
            service_ids,
            row.mode,
            is_busy_elsewhere=row.source == FROM_OUTSIDE,
        )
        for row, service_ids in closures
        if row.site_id == site_id or (row.site_id is None and (row.resource_id is None or row.resource_id in people))
    )


def ending_of(row: Site | Service) -> Ending | None:
    """When the site or service ends for good, and where to go instead; None for most, which go on."""
    return Ending(row.closed_from, row.successor, row.where_to_go) if row.closed_from else None


def ends_of_services(db: Session, authority: AuthorityFacts) -> list[ClosureFacts]:
    """What the services that end for good shut at every site."""
    ending = select(Service).where(Service.authority_id == authority.id, Service.closed_from.is_not(None))
    rows = db.scalars(ending.order_by(Service.id), execution_options={"populate_existing": True})
    ends = ((row.id, ending_of(row)) for row in rows)
    return [ending.closure(authority.zone, [row_id]) for row_id, ending in ends if ending]


def _services_shut(row: Any, by_topic: Mapping[str, set[int]]) -> frozenset[int] | None:
    if row.topic:
        of_topic = by_topic.get(row.topic, set())
        return frozenset(of_topic if row.service_id is None else of_topic & {row.service_id})
    return None if row.service_id is None else frozenset((row.service_id,))
