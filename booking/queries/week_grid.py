"""The slots of one week at all sites for the agent's grid, and why a site has none on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.availability.bits import Bits
from booking.availability.site_days import last_bookable_date, site_day
from booking.queries.slots import Ask, FreeSlot, next_slot, starts_by_day
from core.wall_clock import local_day
from locations.catalogue import Catalogue
from locations.model import SiteFacts
from people.residents.support_needs import place_needs

Starts = dict[tuple[int, date], tuple[int, Bits]]


class NoneFree(StrEnum):
    """Why a place has nothing free on a day."""

    FULL = "full"
    CLOSED = "closed"
    NOT_OFFERED = "not_offered"
    NEED_NOT_MET = "need_not_met"


@dataclass(frozen=True)
class Dropped:
    """A filter without which there would be something: its kind, its value, and the soonest slot without it."""

    kind: str
    value: str
    slot: FreeSlot


def starts_between(db: Session, catalogue: Catalogue, ask: Ask, days: list[date], now: datetime) -> Starts:
    """The starts of `days` at each site. One or two statements."""
    return starts_by_day(db, catalogue, replace(ask, first_date=days[0], last_date=days[-1]), now)


def last_date(catalogue: Catalogue, ask: Ask, now: datetime) -> date:
    """The last date on which the visit can be booked."""
    services = [catalogue.service_by_id(service_id) for service_id in ask.service_ids]
    return last_bookable_date(services, now, catalogue.authority.zone)


def why_none(site: SiteFacts, day: date, zone: str, ask: Ask) -> tuple[NoneFree, str]:
    """Why nothing is free at `site` on `day`, with the first support need that is not met or nothing."""
    plan = site_day(site, local_day(day, zone), zone)
    if all(_is_shut(resource.closed, plan.day.ticks) for resource in plan.resources):
        return NoneFree.CLOSED, ""
    windows = (window for resource in plan.resources for window in resource.windows)
    offered = frozenset[int]().union(*(window.service_ids for window in windows))
    if not offered.issuperset(ask.service_ids):
        return NoneFree.NOT_OFFERED, ""
    unmet = place_needs(ask.needs).difference(plan.features, *(one.resource.skills for one in plan.resources))
    return (NoneFree.NEED_NOT_MET, min(unmet)) if unmet else (NoneFree.FULL, "")


def _is_shut(closed: int, ticks: int) -> bool:
    return closed.bit_count() >= ticks


def filters_that_exclude(db: Session, catalogue: Catalogue, ask: Ask, now: datetime) -> list[Dropped]:
    """Those filters of `ask` that, each dropped alone, would leave something. For a grid that is empty."""
    looser: list[tuple[str, str, Ask]] = [
        ("need", need, replace(ask, needs=ask.needs - {need}, extra_time=False)) for need in sorted(ask.needs)
    ]
    if ask.mode:
        looser.append(("mode", ask.mode, replace(ask, mode=None)))
    if len(ask.service_ids) > 1:
        looser += [
            ("service", str(service_id), replace(ask, service_ids=tuple(x for x in ask.service_ids if x != service_id)))
            for service_id in ask.service_ids
        ]
    found = ((kind, value, next_slot(db, catalogue, wider, now)) for kind, value, wider in looser)
    return [Dropped(kind, value, slot) for kind, value, slot in found if slot is not None]
