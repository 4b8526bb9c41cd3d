"""How long visits take: as they were measured, and as they are planned while too few were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.site_days import least_ticks
from booking.visits.tables import DayVisit
from booking.visits.wait_estimate import duration_samples
from core.wall_clock import TICK_MINUTES
from locations.model import Catalogue, ServiceFacts
from people.residents.details import wants_extra_time

MEASURED_DAYS, MOST_MEASURED = 60, 1000
SHORTEST_VISIT, LONGEST_VISIT = 1.0, 180.0  # minutes; what is outside was recorded later, or forgotten


def visit_lengths(
    db: Session, catalogue: Catalogue, service_ids: Collection[int], now: datetime
) -> dict[int, tuple[float, ...]]:
    """The minutes that visits for each of the services took in the last 60 days, or take as a rule. One statement."""
    measured: defaultdict[int, list[float]] = defaultdict(list)
    rows = db.execute(
        select(DayVisit.service_id, DayVisit.started_at, DayVisit.ended_at)
        .where(
            DayVisit.authority_id == catalogue.authority.id,
            DayVisit.service_id.in_(service_ids),
            DayVisit.started_at.is_not(None),
            DayVisit.ended_at > now - timedelta(days=MEASURED_DAYS),
        )
        .order_by(DayVisit.ended_at.desc())
        .limit(MOST_MEASURED)
    )
    for service_id, started_at, ended_at in rows:
        minutes = ((ended_at or now) - (started_at or now)).total_seconds() / 60
        if SHORTEST_VISIT <= minutes <= LONGEST_VISIT:
            measured[service_id].append(minutes)
    services = map(catalogue.service_by_id, service_ids)
    return {one.id: duration_samples(least_ticks(one) * TICK_MINUTES, measured[one.id]) for one in services}


def expected_lengths(
    db: Session, catalogue: Catalogue, services: Collection[ServiceFacts], now: datetime
) -> dict[int, float]:
    """The minutes that a visit for each of the services, by id, is expected to take: their average."""
    lengths = visit_lengths(db, catalogue, {one.id for one in services}, now) if services else {}
    return {service_id: sum(minutes) / len(minutes) for service_id, minutes in lengths.items()}


def extra_minutes(catalogue: Catalogue, support_needs: Collection[str]) -> int:
    """By how much the visit of somebody with these needs is longer."""
    return catalogue.authority.extra_time_minutes if wants_extra_time(frozenset(support_needs)) else 0
