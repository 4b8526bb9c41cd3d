"""The slots of one week at all sites for the agent's grid, and why a site has none on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.availability.bits import Bits
from booking.availability.site_days import last_bookable_date, site_day
from booking.queries.advisers import ADVISER
from booking.queries.slots import FreeSlot, SlotQuery, next_slot, starts_by_day
from core.wall_clock import local_day
from locations.model import Catalogue, SiteFacts
from people.residents.details import place_needs

Starts = dict[tuple[int, date], tuple[int, Bits]]


class NoneFree(StrEnum):
    """Why a place has nothing free on a day."""

    FULL = "full"
    CLOSED = "closed"
    NOT_OFFERED = "not_offered"
    NEED_NOT_MET = "need_not_met"
    OVER = "over"
    ADVISER_AWAY = "adviser_away"


@dataclass(frozen=True)
class Dropped:
    """A filter without which there would be something: its kind, its value, and the soonest slot without it."""

    kind: str
    value: str
    slot: FreeSlot


def starts_between(db: Session, catalogue: Catalogue, query: SlotQuery, days: list[date], now: datetime) -> Starts:
    """The starts of `days` at each site. One or two statements."""
    return starts_by_day(db, catalogue, replace(query, first_date=days[0], last_date=days[-1]), now)


def last_date(catalogue: Catalogue, query: SlotQuery, now: datetime) -> date:
    """The last date on which the visit can be booked."""
    services = [catalogue.service_by_id(service_id) for service_id in query.service_ids]
    return last_bookable_date(services, now, catalogue.authority.zone)


def why_none(site: SiteFacts, day: date, zone: str, query: SlotQuery, from_unit: int) -> tuple[NoneFree, str]:
    """Why nothing is free at `site` on `day`, with the first support need that is not met or nothing.

    What ends before `from_unit` is over: the end of the shortest visit that could begin now.
    """
    plan = site_day(site, local_day(day, zone), zone)
    if all(_is_shut(resource.closed, plan.day.ticks) for resource in plan.resources):
        return NoneFree.CLOSED, ""
    windows = [window for resource in plan.resources for window in resource.windows]
    offered = frozenset[int]().union(*(window.service_ids for window in windows))
    if not offered.issuperset(query.service_ids):
        return NoneFree.NOT_OFFERED, ""
    asked = [window for window in windows if not window.service_ids.isdisjoint(query.service_ids)]
    if all(plan.day.base_unit + window.last < from_unit for window in asked):
        return NoneFree.OVER, ""
    there = (one.resource.resource_id for one in plan.resources if any(window in asked for window in one.windows))
    if query.adviser and query.adviser not in there:
        return NoneFree.ADVISER_AWAY, ""
    unmet = place_needs(query.needs).difference(plan.features, *(one.resource.skills for one in plan.resources))
    return (NoneFree.NEED_NOT_MET, min(unmet)) if unmet else (NoneFree.FULL, "")


def _is_shut(closed: int, ticks: int) -> bool:
    return closed.bit_count() >= ticks


def filters_that_exclude(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> list[Dropped]:
    """The filters of `query` of which dropping one alone would leave a slot, for a grid that is empty."""
    looser: list[tuple[str, str, SlotQuery]] = [
        ("need", need, replace(query, needs=query.needs - {need}, extra_time=False)) for need in sorted(query.needs)
    ]
    if query.mode:
        looser.append(("mode", query.mode, replace(query, mode=None)))
    if len(query.service_ids) > 1:
        looser += [
            (
                "service",
                str(service_id),
                replace(query, service_ids=tuple(x for x in query.service_ids if x != service_id)),
            )
            for service_id in query.service_ids
        ]
    if query.adviser:
        looser.append((ADVISER, str(query.adviser), replace(query, adviser=0)))
    found = ((kind, value, next_slot(db, catalogue, looser_query, now)) for kind, value, looser_query in looser)
    return [Dropped(kind, value, slot) for kind, value, slot in found if slot is not None]
