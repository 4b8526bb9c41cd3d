"""What a council is, as plain frozen values. Each is one object for as long as its rows stay as they are.

They compare and hash by identity, so anything worked out from one may be kept under it; `memory` is where the
pure rules of `locations.opening_hours` keep theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from locations.vocabulary import VIRTUAL_SITE, modes_of_site


@dataclass(frozen=True, slots=True, eq=False)
class AuthorityFacts:
    """A council and its policies."""

    id: int
    slug: str
    name: str
    zone: str
    division: str
    brand_colour: str
    phone: str
    email: str
    opening_words: str
    publishes_availability: bool
    closes_on_bank_holidays: bool
    lead_minutes: int
    horizon_days: int
    open_limit: int
    cancel_cutoff_minutes: int
    extra_time_minutes: int
    reminder_plan: tuple[Mapping[str, Any], ...]
    is_demo: bool
    plan_version: int


@dataclass(frozen=True, slots=True)
class RequirementFacts:
    """One pool that a service draws on: any resource of this kind that has all these skills or features."""

    kind: str
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class TriageQuestion:
    """What to ask before booking, and what to say about the answer."""

    ask: str
    say: str


@dataclass(frozen=True, slots=True, eq=False)
class ServiceFacts:
    """What a resident asks for. The policies are resolved: its own, or else the authority's."""

    id: int
    slug: str
    name: str
    topic: str
    summary: str
    duration_minutes: int
    turnaround_minutes: int
    grid_minutes: int
    modes: tuple[str, ...]
    documents: tuple[str, ...]
    triage_questions: tuple[TriageQuestion, ...]
    online_instead: str
    online_url: str
    post_instead: str
    bookable_online: bool
    lead_minutes: int
    horizon_days: int
    open_limit: int
    cancel_cutoff_minutes: int
    reminder_plan: tuple[Mapping[str, Any], ...]
    requirements: tuple[RequirementFacts, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ResourceFacts:
    """What an appointment occupies. `skills` holds skills and features alike.

    `is_council_wide` is true of an adviser or interpreter who belongs to the council and may work at several sites.
    """

    id: int
    slug: str
    name: str
    kind: str
    seats: int
    skills: frozenset[str]
    is_council_wide: bool = False


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Wall-clock hours, and the share reserved for staff: the last `reserved_percent`, until `release_hours` before."""

    starts: time
    ends: time
    reserved_percent: int = 0
    release_hours: int = 0


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """How one date differs from its recurrence: other hours, or (both None) no session."""

    starts: time | None = None
    ends: time | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RecurrenceFacts:
    """A session that recurs by an RRULE on the site's dates. `last_date` is included; None goes on for ever."""

    slug: str
    rrule: str
    first_date: date
    last_date: date | None
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]
    exceptions: Mapping[date, ExceptionFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class DatedSessionFacts:
    """A session on one date only."""

    slug: str
    date: date
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """A half-open period in which one resource or (None) the whole site is shut."""

    starts_at: datetime
    ends_at: datetime
    resource_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """Whose bank holidays count here, and whether the site is shut on them."""

    division: str
    closes: bool


@dataclass(frozen=True, slots=True, eq=False)
class SiteFacts:
    """Where people go, with its resources, sessions and closures.

    `resources` include the people of the council who work here; `closures` include theirs and those of the whole authority.
    """

    id: int
    slug: str
    name: str
    kind: str
    address: str
    postcode: str
    easting: int | None
    northing: int | None
    features: frozenset[str]
    phone: str
    directions: str
    resources: tuple[ResourceFacts, ...]
    recurrences: tuple[RecurrenceFacts, ...]
    dated_sessions: tuple[DatedSessionFacts, ...]
    closures: tuple[ClosureFacts, ...]
    holidays: HolidayRule
    plan_version: int
    memory: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def is_virtual(self) -> bool:
        """Whether people come by video or telephone."""
        return self.kind == VIRTUAL_SITE

    @property
    def modes(self) -> tuple[str, ...]:
        """How people can come here."""
        return modes_of_site(self.kind)

    @property
    def service_ids(self) -> frozenset[int]:
        """The services that any session here offers, whenever that is."""
        if "service_ids" not in self.memory:
            sessions: tuple[RecurrenceFacts | DatedSessionFacts, ...] = (*self.recurrences, *self.dated_sessions)
            self.memory["service_ids"] = frozenset().union(*(session.service_ids for session in sessions))
        known: frozenset[int] = self.memory["service_ids"]
        return known

    def resource(self, resource_id: int) -> ResourceFacts | None:
        """The resource of this id here, or None."""
        if "resources" not in self.memory:
            self.memory["resources"] = {resource.id: resource for resource in self.resources}
        known: ResourceFacts | None = self.memory["resources"].get(resource_id)
        return known

    @property
    def council_wide_ids(self) -> frozenset[int]:
        """The ids of the people who work here and may work at other sites as well."""
        if "council_wide_ids" not in self.memory:
            self.memory["council_wide_ids"] = frozenset(one.id for one in self.resources if one.is_council_wide)
        known: frozenset[int] = self.memory["council_wide_ids"]
        return known
