"""Sessions to come that lack the people or the things that they need: all away, or what a service requires is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.availability.bits import NOTHING, Bits, spans, starts
from booking.availability.site_days import least_ticks, shape_of, site_day
from booking.availability.values import EngineResource, Requirement, SiteDay, Window
from core.wall_clock import LocalDay, instant_of, local_day, tick_at
from locations.model import PERSON_KINDS, Catalogue, ResourceFacts, ServiceFacts, SiteFacts
from locations.opening_hours import closed_on, sessions_on
from locations.session_facts import SessionHours
from locations.session_openings import HeldSession

DAYS_LOOKED_AT = 7


@dataclass(frozen=True)
class UnstaffedSession:
    """A session on a date. `away` are its people, when none is there; `lacking` the services for which one is missing.

    A session without any resource is for nobody: then both are empty.
    """

    site: SiteFacts
    date: date
    slug: str
    hours: SessionHours
    ends_at: datetime
    away: tuple[ResourceFacts, ...]
    lacking: tuple[ServiceFacts, ...]


def days_looked_at(today: date) -> list[date]:
    """The dates on which staff are warned of such sessions: a week, from today on."""
    return [today + timedelta(days=number) for number in range(DAYS_LOOKED_AT)]


def unstaffed_sessions(
    catalogue: Catalogue, sites: Iterable[SiteFacts], dates: Sequence[date], now: datetime
) -> list[UnstaffedSession]:
    """Those of the sites on these dates that are not over, by date. Where the whole site is shut, no session is one."""
    found = [one for site in sites for on in dates for one in _of_day(catalogue, site, on) if one.ends_at > now]
    return sorted(found, key=lambda one: one.date)


def _of_day(catalogue: Catalogue, site: SiteFacts, on: date) -> tuple[UnstaffedSession, ...]:
    """The site's of a date. Worked out once for each version of the council's plan, and kept with the site."""
    version = catalogue.authority.plan_version
    known_version, known = site.memory.get("unstaffed", (None, {}))
    if known_version != version:
        known = {}
        site.memory["unstaffed"] = (version, known)
    if on not in known:
        zone = catalogue.authority.zone
        known[on] = tuple(_unstaffed(catalogue, site, site_day(site, local_day(on, zone), zone)))
    answer: tuple[UnstaffedSession, ...] = known[on]
    return answer


def _unstaffed(catalogue: Catalogue, site: SiteFacts, plan: SiteDay) -> Iterator[UnstaffedSession]:
    zone = catalogue.authority.zone
    closed = {key: spans(pairs) for key, pairs in closed_on(site, plan.day, zone).items()}
    for held in sessions_on(site, plan.day.date) if not plan.holiday else ():
        during = _ticks_of(held, plan.day, zone) & ~closed.get(None, NOTHING)
        if held.hours is None or held.hours.drop_in or not during:
            continue
        resources = [one for id_ in held.resource_ids if (one := site.resource(id_)) is not None]
        people = [one for one in resources if one.kind in PERSON_KINDS]
        are_away = bool(people) and all(not during & ~closed.get(one.id, NOTHING) for one in people)
        services = [catalogue.service_by_id(id_) for id_ in held.service_ids]
        lacking = tuple(one for one in services if _lacks(plan, one, during)) if resources else ()
        if are_away or lacking or not resources:
            ends_at = instant_of(plan.day.base_unit + during.bit_length())
            away = tuple(people) if are_away else ()
            yield UnstaffedSession(site, plan.day.date, held.slug, held.hours, ends_at, away, lacking)


def _ticks_of(held: HeldSession, day: LocalDay, zone: str) -> Bits:
    parts = held.hours.parts if held.hours is not None else ()
    return spans((tick_at(day, begins, zone), tick_at(day, ends, zone)) for begins, ends in parts)


def _lacks(plan: SiteDay, service: ServiceFacts, during: Bits) -> bool:
    """Whether the service is open in these ticks, and yet no visit could begin in them for want of a resource."""
    opened = {one.resource: _open_for(one.windows, service.id) & ~one.closed for one in plan.resources}
    if not any(_open_for(one.windows, service.id) & during for one in plan.resources):
        return False  # what is shut for this service alone lacks nothing
    length, possible = least_ticks(service), during
    for requirement in shape_of(service).requirements:
        pool = NOTHING
        for resource, bits in opened.items():
            if _suits(resource, requirement):
                pool |= starts(bits, length)
        possible &= pool
    return not possible


def _open_for(windows: Iterable[Window], service_id: int) -> Bits:
    return spans((one.first, one.last) for one in windows if service_id in one.service_ids)


def _suits(resource: EngineResource, requirement: Requirement) -> bool:
    return resource.kind == requirement.kind and requirement.skills <= resource.skills
