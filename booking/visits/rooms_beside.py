"""The room or desk in which an adviser sees somebody, where the plan says so: what else their session of now opens. Pure."""

from __future__ import annotations

from datetime import date

from booking.visits.desk_ability import is_of_pool
from core.wall_clock import local_day, tick_at
from locations.model import ResourceFacts, ServiceFacts, SiteFacts
from locations.opening_hours import sessions_on
from locations.session_openings import HeldSession


def rooms_beside(
    site: SiteFacts, desk: ResourceFacts, service: ServiceFacts, today: date, zone: str, tick: int
) -> frozenset[int]:
    """The ids of what the visit takes beside `desk` at `tick` of the day: the one of the session for each other pool.

    A session that opens several of a pool does not say which, and takes none of them.
    """
    pools = [pool for pool in service.requirements if not is_of_pool(desk, pool)]
    if not pools:
        return frozenset()
    known = {one.id: one for one in site.resources}
    found: set[int] = set()
    for session in sessions_on(site, today):
        if (
            desk.id in session.resource_ids
            and service.id in session.service_ids
            and _is_held(session, today, zone, tick)
        ):
            others = [known[id_] for id_ in session.resource_ids if id_ in known and id_ != desk.id]
            for pool in pools:
                of_pool = [one.id for one in others if is_of_pool(one, pool)]
                found |= set(of_pool) if len(of_pool) == 1 else set()
    return frozenset(found)


def _is_held(session: HeldSession, today: date, zone: str, tick: int) -> bool:
    day = local_day(today, zone)
    parts = session.hours.parts if session.hours is not None else ()
    return any(tick_at(day, begins, zone) <= tick < tick_at(day, ends, zone) for begins, ends in parts)
