"""When people can come to a site without an appointment: the sessions that say so, without what is shut. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.stretches import rest_of
from core.wall_clock import instant_of, local_day, tick_at
from locations.model import SiteFacts
from locations.opening_hours import closed_on, closures_between, holiday_on, sessions_on, shuts_every_mode
from locations.release_shares import Stretches

DAYS_AHEAD = 14


class DropIn(NamedTuple):
    """A stretch of a day in which people come for these services without an appointment."""

    starts_at: datetime
    ends_at: datetime
    service_ids: frozenset[int]


def has_drop_ins(site: SiteFacts) -> bool:
    """Whether any session of the site is for people without an appointment."""
    hours = (*(one.hours for one in site.recurrences), *(one.hours for one in site.dated_sessions))
    return any(one.drop_in for one in hours)


def drop_ins(site: SiteFacts, service_ids: Collection[int], now: datetime, zone: str) -> list[DropIn]:
    """Those of the days ahead that are for all of these services and not over, by their start."""
    if not has_drop_ins(site):
        return []
    today = now.astimezone(ZoneInfo(zone)).date()
    found = {
        one
        for number in range(DAYS_AHEAD)
        for one in _of_day(site, frozenset(service_ids), today + timedelta(days=number), zone)
        if one.ends_at > now
    }
    return sorted(found, key=lambda one: (one.starts_at, one.ends_at))


def _of_day(site: SiteFacts, service_ids: frozenset[int], day: date, zone: str) -> Iterator[DropIn]:
    if holiday_on(site, day):
        return
    at = local_day(day, zone)
    shut = closed_on(site, at, zone)
    for session in sessions_on(site, day):
        if session.hours is None or not session.hours.drop_in or not service_ids <= session.service_ids:
            continue
        closures = _closed_for(shut, session.resource_ids)
        for begins, ends in session.hours.parts:
            for first, last in rest_of((tick_at(at, begins, zone), tick_at(at, ends, zone)), closures):
                starts_at, ends_at = (
                    instant_of(at.base_unit + tick).astimezone(ZoneInfo(zone)) for tick in (first, last)
                )
                left = session.service_ids - _shut_services(site, starts_at, ends_at)
                if left and service_ids <= left:
                    yield DropIn(starts_at, ends_at, left)


def _closed_for(shut: Mapping[int | None, Stretches], resource_ids: tuple[int, ...]) -> Stretches:
    """When the site is shut, or all that the session opens is shut at the same times."""
    own = [shut.get(resource_id, ()) for resource_id in resource_ids]
    everything = own[0] if own and all(one == own[0] for one in own) else ()
    return (*shut.get(None, ()), *everything)


def _shut_services(site: SiteFacts, starts_at: datetime, ends_at: datetime) -> frozenset[int]:
    """The services that are shut by themselves in a part of this time."""
    shut = (one for one in closures_between(site, starts_at, ends_at) if shuts_every_mode(site, one))
    return frozenset().union(*(one.service_ids for one in shut if one.service_ids is not None))
