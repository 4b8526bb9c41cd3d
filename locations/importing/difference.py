"""The difference between two set-ups of a council: what is to be added, changed and removed. Pure; nothing is written.

A set-up holds, for everything by kind and slugs, its columns; what it refers to is named by slugs too, so that a plan that
nobody has written yet compares with rows that have ids. The difference keeps both sides, so its reverse is known as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from locations.importing.council_plan import ClosurePlan, Plan, SessionPlan, SitePlan
from locations.postcodes import point_of
from locations.session_facts import FROM_FILE

Kind = Literal[
    "council", "ward", "triage", "service", "site", "person", "resource", "travel time", "session", "closure"
]
POINT = ("easting", "northing")
RECURRING, DATED = "recurring", "dated"
# Nothing is removed before what refers to it.
REMOVAL_ORDER: tuple[Kind, ...] = (
    *("session", "closure", "travel time", "resource", "person", "triage", "site", "service", "ward"),
)


class Key(NamedTuple):
    """What a thing is known by: its kind and slugs, those of what it belongs to first."""

    kind: Kind
    slugs: tuple[str, ...]

    def __str__(self) -> str:
        if self.kind == "resource":
            return f'resource "{self.slugs[1]}" of site "{self.slugs[0]}"'
        if self.kind == "travel time":
            return f'travel time between "{self.slugs[0]}" and "{self.slugs[1]}"'
        return f'{self.kind} "{self.slugs[-1]}"'


Values = Mapping[str, Any]
SetUp = Mapping[Key, Values]


@dataclass(frozen=True)
class Change:
    """One thing that is to be added (`before` is None), changed, or removed (`after` is None)."""

    key: Key
    before: Values | None
    after: Values | None

    @property
    def kind(self) -> Kind:
        """What kind of thing it is."""
        return self.key.kind

    @property
    def new_values(self) -> Values:
        """The values that differ; all of them when the thing is added, none when it is removed."""
        before, after = self.before, self.after or {}
        if before is None:
            return after
        return {name: value for name, value in after.items() if not _is_same(before.get(name), value)}


@dataclass(frozen=True)
class Difference:
    """All changes, in an order in which they can be written."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def to_write(self, kind: Kind) -> Iterator[Change]:
        """The things of this kind that are to be added or changed."""
        return (change for change in self.changes if change.kind == kind and change.after is not None)

    def to_remove(self, *kinds: Kind) -> Iterator[Change]:
        """The things of these kinds that are to be removed, in the given order of kinds."""
        removed = [change for change in self.changes if change.after is None]
        return (change for kind in kinds for change in removed if change.kind == kind)


def difference_between(current: SetUp, planned: SetUp, now: datetime) -> Difference:
    """What turns `current` into `planned`.

    Closures that are over at `now` stay as the record, planned or not; those that somebody made outside the file stay too.
    """
    written = (Change(key, current.get(key), after) for key, after in planned.items())
    removed = (Change(key, before, None) for key, before in current.items() if key not in planned)
    return Difference(
        (
            *(change for change in written if change.before is None or change.new_values),
            *(change for change in removed if change.kind != "closure" or _may_go(change, now)),
        )
    )


def _may_go(change: Change, now: datetime) -> bool:
    before = change.before or {}
    ends_at: datetime = before["ends_at"]
    return ends_at > now and before.get("source", FROM_FILE) == FROM_FILE


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values say the same. The order in which a session names what it opens says nothing."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    return bool(one == other)


def planned_set_up(plan: Plan) -> SetUp:
    """The set-up that a plan describes."""
    people = frozenset(person.values["slug"] for person in plan.people)
    set_up: dict[Key, Values] = {Key("council", (plan.authority["slug"],)): plan.authority}
    set_up |= {Key("ward", (values["slug"],)): values for values in plan.wards}
    set_up |= {Key("service", (values["slug"],)): values for values in plan.services}
    set_up |= {Key("person", (person.values["slug"],)): person.values for person in plan.people}
    set_up |= {Key("triage", (values["slug"],)): values for values in plan.triages}
    for site in plan.sites:
        set_up |= dict(_site(site, people))
    set_up |= {travel_key(travel.sites): {"minutes": travel.minutes} for travel in plan.travel}
    for closure in plan.closures:
        away = None if closure.resource is None else resource_key(None, closure.resource)
        set_up[Key("closure", (str(closure.slug),))] = _closure(closure, None, away)
    return set_up


def _site(plan: SitePlan, people: Collection[str]) -> Iterator[tuple[Key, Values]]:
    slug = plan.values["slug"]
    given = {axis: plan.values[axis] for axis in POINT}
    point = dict(zip(POINT, point_of(plan.values["postcode"]), strict=True)) if None in given.values() else given
    yield Key("site", (slug,)), dict(plan.values) | point
    for values in plan.resources:
        yield Key("resource", (slug, values["slug"])), values
    for session in plan.sessions:
        opened = tuple(resource_key(None if name in people else slug, name) for name in session.resources)
        yield session_key(slug, str(session.slug), is_dated=session.is_dated), _session(session, opened)
    for closure in plan.closures:
        at = None if closure.resource in people else slug
        shut = None if closure.resource is None else resource_key(at, closure.resource)
        yield Key("closure", (str(closure.slug),)), _closure(closure, slug, shut)


def resource_key(site: str | None, slug: str) -> Key:
    """The key of a resource of the site, or (None) of a person of the council."""
    return Key("person", (slug,)) if site is None else Key("resource", (site, slug))


def travel_key(sites: Iterable[str]) -> Key:
    """A travel time is known by its two sites, in the order of their slugs."""
    return Key("travel time", tuple(sorted(sites)))


def session_key(site: str, slug: str, *, is_dated: bool) -> Key:
    """A session is known by its site, by whether it recurs, and by its slug."""
    return Key("session", (site, DATED if is_dated else RECURRING, slug))


def _session(plan: SessionPlan, resources: tuple[Key, ...]) -> Values:
    values = dict(plan.values) | {"resources": resources, "services": plan.services}
    return values if plan.is_dated else values | {"exceptions": dict(plan.exceptions)}


def _closure(plan: ClosurePlan, site: str | None, resource: Key | None) -> Values:
    return {
        "slug": plan.slug,
        "site": site,
        "resource": resource,
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "service": plan.service,
        "topic": plan.topic,
        "mode": plan.mode,
        "reason": plan.reason,
    }
