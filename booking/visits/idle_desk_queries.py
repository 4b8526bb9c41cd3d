"""The alarm: somebody sits at a desk that is free and open, somebody waits whom it may call, and two minutes have passed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.free_periods import open_ticks, runs
from booking.availability.site_days import site_day
from booking.visits.desk_ability import decides
from booking.visits.desk_sitting_queries import desks_taken
from booking.visits.kept_desk_queries import KeptDesks, kept_desks
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import VisitOfDay, for_desk, visits_of_day, waiting_in_order, working_today
from booking.visits.visit_states import AT_DESK, VisitState
from core.wall_clock import instant_of, local_date_of, local_day, unit_of
from locations.model import Catalogue, ResourceFacts, SiteFacts

IDLE_AT_MOST = timedelta(minutes=2)
"""A free desk and somebody whom it may call never wait for each other longer than that without an alarm."""


@dataclass(frozen=True)
class IdleDesk:
    """A desk that is free, and who waits for it; both since `since`."""

    desk: ResourceFacts
    visit: VisitOfDay
    since: datetime


def idle_desks(
    site: SiteFacts,
    kept: KeptDesks,
    visits: Iterable[VisitOfDay],
    working: frozenset[int],
    taken: Mapping[int, datetime],
) -> list[IdleDesk]:
    """The desks that should have called somebody by `kept.now`, each with another person; `visits` are all of the day.

    `taken` are the desks at which somebody sits, by id, each with when that was seen last.
    """
    known, now = list(visits), kept.now
    waiting = waiting_in_order(known, now)
    found: list[IdleDesk] = []
    for desk, opened_at in _open_desks(site, kept):
        if desk.id not in taken or kept.sitting.get(desk.id, 0) >= desk.seats:
            continue
        left = [one.ended_at or one.changed_at for one in known if _was_at(one, desk)]
        free_since = max([opened_at, taken[desk.id], *left, *filter(None, [kept.released_at(desk)])])
        for one in for_desk(desk, waiting, working):
            since = max(free_since, one.changed_at)
            is_for_it = decides(desk, one.service) and kept.kept_for(desk, one) is None
            if is_for_it and now - since > IDLE_AT_MOST and all(one is not other.visit for other in found):
                found.append(IdleDesk(desk, one, since))
                break
    return found


def idle_desks_at(db: Session, catalogue: Catalogue, site_ids: Collection[int], now: datetime) -> list[IdleDesk]:
    """The alarms of these sites. One statement, and a few more for each site at which somebody waits."""
    today = local_date_of(unit_of(now), catalogue.authority.zone)
    waits = (DayVisit.local_date == today, DayVisit.state == VisitState.WAITING.value)
    somebody = db.scalars(select(DayVisit.site_id).where(DayVisit.site_id.in_(site_ids), *waits).distinct())
    found: list[IdleDesk] = []
    for site_id in sorted(somebody):
        site = catalogue.site_by_id(site_id)
        visits = visits_of_day(db, catalogue, site, today, (*VisitState,))
        working = working_today(site, today, catalogue.authority.zone)
        kept = kept_desks(db, catalogue, site, visits, now)
        found += idle_desks(
            site, kept, visits, working, desks_taken(db, site_id, visits, now, catalogue.authority.zone)
        )
    return found


def _was_at(visit: VisitOfDay, desk: ResourceFacts) -> bool:
    is_there = visit.desk.id == desk.id if visit.desk else desk.id in visit.booked_with
    return visit.state not in AT_DESK and visit.called_at is not None and is_there


def _open_desks(site: SiteFacts, kept: KeptDesks) -> list[tuple[ResourceFacts, datetime]]:
    """The resources of the site that are open now, each with when it opened."""
    zone, unit = kept.catalogue.authority.zone, unit_of(kept.now)
    plan = site_day(site, local_day(local_date_of(unit, zone), zone), zone)
    tick, facts = unit - plan.day.base_unit, {one.id: one for one in site.resources}
    opened = {
        day.resource.resource_id: first
        for day in plan.resources
        for first, last in runs(open_ticks(day))
        if first <= tick < last
    }
    return [(facts[id_], instant_of(plan.day.base_unit + first)) for id_, first in opened.items() if id_ in facts]
