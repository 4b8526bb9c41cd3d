"""The sessions of a council in a period as a board on which people and desks are moved: what changes becomes edits. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from locations.importing.difference import Key, session_key
from locations.importing.recurrence_rules import YEARS_LOOKED_AT
from locations.importing.set_up_tables import Edit
from locations.school_holidays import suits_school
from locations.session_facts import ExceptionFacts, SessionHours
from locations.session_patterns import Pattern, Repeats, first_dates
from locations.session_tables import (
    PlainSession,
    continued_from,
    ended_before,
    held_dates,
    new_slug,
    table_of_session,
    with_exception,
)


class SessionPlace(NamedTuple):
    """Where a session stands: its site's slug and its own, and whether it is held once."""

    site: str
    slug: str
    is_dated: bool

    @property
    def key(self) -> Key:
        """Its key in the set-up."""
        return session_key(self.site, self.slug, is_dated=self.is_dated)


class SessionOnDay(NamedTuple):
    """A session that is held on a day, and its hours then."""

    place: SessionPlace
    session: PlainSession
    hours: SessionHours


@dataclass(frozen=True)
class Stretch:
    """What somebody does on a day: at which site, with which hours, for which services."""

    site: str
    day: date
    hours: SessionHours
    services: tuple[str, ...]


class SessionBoard:
    """Sessions by site. Every change is of whole days; the days before it stay as they are."""

    def __init__(self, sessions: Iterable[tuple[str, PlainSession]], first: date, last: date) -> None:
        self._first, self._last = first, last
        self._before = {SessionPlace(site, session.slug, session.is_dated): session for site, session in sessions}
        self._now = dict(self._before)
        self._slugs: dict[str, set[str]] = defaultdict(set)
        self._by_resource: dict[str, dict[SessionPlace, None]] = defaultdict(dict)
        self._made: dict[Stretch, SessionPlace] = {}
        for place, session in self._before.items():
            self._slugs[place.site].add(place.slug)
            self._index(place, session)

    def held(self, resource: str, day: date, sites: Iterable[str] | None = None) -> list[SessionOnDay]:
        """The sessions that open the resource on the day, at these sites or (None) anywhere, by their start."""
        chosen = None if sites is None else set(sites)
        found = []
        for place in self._by_resource[resource]:
            session = self._now.get(place)
            if session is not None and resource in session.resources and (chosen is None or place.site in chosen):
                hours = self._hours_on(session, day)
                if hours is not None:
                    found.append(SessionOnDay(place, session, hours))
        return sorted(found, key=lambda one: (one.hours.starts, one.place))

    def held_from(self, resource: str, day: date, sites: Iterable[str]) -> list[SessionOnDay]:
        """The sessions at these sites that open the resource on some day from `day` on."""
        chosen, last = set(sites), date(day.year + YEARS_LOOKED_AT, 1, 1)
        found = (place for place in self._by_resource[resource] if place.site in chosen and place in self._now)
        held = (SessionOnDay(place, self._now[place], self._now[place].hours) for place in found)
        return [one for one in held if resource in one.session.resources and held_dates(one.session, day, last, 1)]

    def bookable_services_of(self, resource: str, sites: Iterable[str] | None = None) -> tuple[str, ...]:
        """The services for which sessions that open the resource can be booked, at these sites or anywhere."""
        chosen = None if sites is None else set(sites)
        places = (place for place in self._by_resource[resource] if chosen is None or place.site in chosen)
        sessions = (self._now[place] for place in places if place in self._now)
        found = (service for session in sessions if not session.hours.drop_in for service in session.services)
        return tuple(dict.fromkeys(found))

    def take_off(self, held: SessionOnDay, day: date, resources: Sequence[str]) -> None:
        """Let the session open these resources no longer on `day`."""
        self.substitute_on(held, day, dict.fromkeys(resources))

    def substitute_on(self, held: SessionOnDay, day: date, others: Mapping[str, str | None]) -> None:
        """Let the session open, on `day` alone, others in the place of some resources; None for nobody."""
        place, session = held.place, held.session
        resources = substituted(session.resources, others)
        if place.is_dated:
            self._put(place, replace(session, resources=resources) if resources else None)
            return
        self._put(place, with_exception(session, day, ExceptionFacts()))
        if resources:
            self._put_new(self._once(Stretch(place.site, day, held.hours, session.services), resources), place.site)

    def substitute_from(self, held: SessionOnDay, day: date, others: Mapping[str, str | None]) -> None:
        """Let the session open others in the place of some resources, from `day` on."""
        place, session = held.place, held.session
        resources = substituted(session.resources, others)
        before = None if place.is_dated else ended_before(session, day)
        if before is None:
            self._put(place, replace(session, resources=resources) if resources else None)
            return
        self._put(place, before)
        slug = new_slug(session.pattern, session.hours.starts, self._slugs[place.site])
        after = continued_from(session, day, slug) if resources else None
        if after is not None:
            self._put_new(replace(after, resources=resources), place.site)

    def move_on(self, held: SessionOnDay, day: date, out: Iterable[str], site: str, resources: Sequence[str]) -> None:
        """Let the session open `out` no longer on `day`, and these resources be open at the site in its hours."""
        self.substitute_on(held, day, dict.fromkeys(out))
        self.open(Stretch(site, day, held.hours, held.session.services), resources)

    def move_from(self, held: SessionOnDay, day: date, out: Iterable[str], site: str, resources: Sequence[str]) -> None:
        """Let the session open `out` no longer from `day` on, and another one open these resources as often."""
        self.substitute_from(held, day, dict.fromkeys(out))
        session = held.session
        slug = new_slug(session.pattern, session.hours.starts, self._slugs[site])
        after = session if held.place.is_dated else continued_from(session, day, slug)
        if after is not None:
            self._put_new(replace(after, slug=slug, resources=tuple(resources)), site)

    def open(self, stretch: Stretch, resources: Sequence[str]) -> SessionPlace:
        """Open these resources then; a session that was made here for the same opens them too."""
        place = self._made.get(stretch)
        if place is not None and place in self._now:
            session = self._now[place]
            self._put(place, replace(session, resources=tuple(dict.fromkeys((*session.resources, *resources)))))
            return place
        place = self._put_new(self._once(stretch, resources), stretch.site)
        self._made[stretch] = place
        return place

    def edits(self) -> tuple[Edit, ...]:
        """What has changed, as edits of the set-up."""
        places = dict.fromkeys((*self._before, *self._now))
        changed = [place for place in places if self._before.get(place) != self._now.get(place)]
        return tuple(self._edit(place) for place in changed)

    def _edit(self, place: SessionPlace) -> Edit:
        session = self._now.get(place)
        table = None if session is None else table_of_session(session)
        return Edit(place.key, table, place not in self._before)

    def _once(self, stretch: Stretch, resources: Sequence[str]) -> PlainSession:
        pattern = Pattern(Repeats.ONCE, first_date=stretch.day)
        slug = new_slug(pattern, stretch.hours.starts, self._slugs[stretch.site])
        return PlainSession(slug, pattern, stretch.hours, tuple(resources), stretch.services)

    def _put_new(self, session: PlainSession, site: str) -> SessionPlace:
        place = SessionPlace(site, session.slug, session.is_dated)
        self._slugs[site].add(session.slug)
        self._put(place, session)
        return place

    def _put(self, place: SessionPlace, session: PlainSession | None) -> None:
        if session is None:
            self._now.pop(place, None)
            return
        self._now[place] = session
        self._index(place, session)

    def _index(self, place: SessionPlace, session: PlainSession) -> None:
        for resource in session.resources:
            self._by_resource[resource][place] = None

    def _hours_on(self, session: PlainSession, day: date) -> SessionHours | None:
        if day not in _dates(session.pattern, self._first, self._last):
            return None
        if not suits_school(session.school, day, session.school_days_off):
            return None
        changed = dict(session.exceptions).get(day)
        if changed is None:
            return session.hours
        if changed.starts is None or changed.ends is None:
            return None
        return session.hours.at(changed.starts, changed.ends)


def substituted(resources: Sequence[str], others: Mapping[str, str | None]) -> tuple[str, ...]:
    """The resources with others in the place of some; each once."""
    found = (others.get(resource, resource) for resource in resources)
    return tuple(dict.fromkeys(resource for resource in found if resource is not None))


@lru_cache(maxsize=4096)
def _dates(pattern: Pattern, first: date, last: date) -> frozenset[date]:
    return frozenset(first_dates(pattern, first, last, (last - first).days + 1))
