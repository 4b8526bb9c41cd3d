"""What a council is, as one plain frozen value: the catalogue, with its services, sites and resources. Pure.

Each value is one object while its rows stay as they are. What is left out of the file `public_` methods do not find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, cast

from core.errors import NotFound
from locations.council_terms import CouncilTerms
from locations.logos import Logo
from locations.service_terms import ServiceTerms
from locations.session_facts import ClosureFacts, DatedSessionFacts, HolidayRule, RecurrenceFacts
from locations.shut_for_good import Ending
from locations.site_terms import SiteTerms
from locations.travel import TravelTimes
from locations.triage_questions import TriageQuestion

IN_PERSON_MODES, VIRTUAL_MODES = ("in_person",), ("video", "phone")
ROOM = "{room}"  # stands in a joining address for the name of the appointment's own room
MODES = (*IN_PERSON_MODES, *VIRTUAL_MODES)  # how an appointment is held
VIRTUAL_SITE = "virtual"
SITE_KINDS = ("library", "hub", "office", VIRTUAL_SITE)
PERSON_KINDS = ("adviser", "interpreter")  # of resources that may belong to the council instead of a site
RESOURCE_KINDS = ("desk", "room", *PERSON_KINDS, "virtual_room", "equipment")


def modes_of_site(kind: str) -> tuple[str, ...]:
    """How people can come to a site of this kind."""
    return VIRTUAL_MODES if kind == VIRTUAL_SITE else IN_PERSON_MODES


@dataclass(frozen=True, slots=True, eq=False)
class AuthorityFacts(CouncilTerms):
    """A council and its policies."""

    id: int
    slug: str
    name: str
    zone: str
    division: str
    brand_colour: str
    logo: Logo | None
    service_order: tuple[str, ...]
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
    interpreter_lead_days: int
    bsl_contact: str
    reminder_plan: tuple[Mapping[str, Any], ...]
    privacy: Mapping[str, Any]
    accessibility: Mapping[str, Any]
    is_demo: bool
    plan_version: int
    school_holidays: tuple[Mapping[str, Any], ...] = ()
    message_channels: tuple[Mapping[str, str], ...] = ()
    languages: tuple[str, ...] = ("en",)
    first_language: str = "en"
    translations: Mapping[str, Any] = field(default_factory=dict)
    text_number: str = ""
    text_sender_id: str = ""
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    missed_message_hours: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementFacts:
    """One pool that a service draws on: any resource of this kind that has all these skills or features."""

    kind: str
    skills: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class ServiceFacts(ServiceTerms):
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
    also_called: tuple[str, ...] = ()
    message_name: str = ""
    ending: Ending | None = None
    translations: Mapping[str, Any] = field(default_factory=dict)
    opens_same_day_early: bool = False
    catchment: tuple[str, ...] = ()  # see locations.catchment
    catchment_kind: str = "rule"
    catchment_instead: str = ""
    catchment_may_be_passed: bool = True
    named_adviser: str = "everybody"
    is_same_day_open: bool = False  # what is kept for the day itself is for everybody now
    same_day_opened_at: datetime | None = None

    @property
    def papers(self) -> tuple[str, ...]:
        """What people bring, a line each: what everybody does, then each case with its documents, and each rule."""
        by_case = (one.line for one in self.documents_by_case)
        return (*self.documents, *by_case, *(rule.line for rule in self.documents_by_rule))

    @property
    def counting_question(self) -> TriageQuestion | None:
        """The question whose answer is a number that makes the visit longer; None when it always takes the same time."""
        return next((question for question in self.triage_questions if question.minutes_each), None)


@dataclass(frozen=True, slots=True, eq=False)
class ResourceFacts:
    """What an appointment occupies, with its skills and features. A person `is_council_wide` may work at several sites."""

    id: int
    slug: str
    name: str
    kind: str
    seats: int
    skills: frozenset[str]
    is_council_wide: bool = False
    joining_address: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SiteFacts(SiteTerms):
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
    ending: Ending | None = None
    translations: Mapping[str, Any] = field(default_factory=dict)
    opening_words: str = ""
    wait_seed: int = 0  # what draws how long everybody waits for what comes up, where the waiting list comes first
    memory: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def is_virtual(self) -> bool:
        """Whether people come by video or telephone."""
        return self.kind == VIRTUAL_SITE

    def join_url(self, mode: str, resources: Iterable[ResourceFacts], room: str) -> str:
        """Where a video appointment is joined; empty for another mode, and where the council has given no address.

        The address of what the appointment occupies comes before that of its site. `room` is the appointment's own.
        """
        addresses = (*(resource.joining_address for resource in resources), self.joining_address)
        return next((address.replace(ROOM, room) for address in addresses if address), "") if mode == "video" else ""

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
        return cast("frozenset[int]", self.memory["service_ids"])

    def resource(self, resource_id: int) -> ResourceFacts | None:
        """The resource of this id here, or None."""
        if "resources" not in self.memory:
            self.memory["resources"] = {resource.id: resource for resource in self.resources}
        return cast("ResourceFacts | None", self.memory["resources"].get(resource_id))

    @property
    def council_wide_ids(self) -> frozenset[int]:
        """The ids of the people who work here and may work at other sites as well."""
        if "council_wide_ids" not in self.memory:
            self.memory["council_wide_ids"] = frozenset(one.id for one in self.resources if one.is_council_wide)
        return cast("frozenset[int]", self.memory["council_wide_ids"])


@dataclass(frozen=True, eq=False)
class Catalogue:
    """An authority with all its services and sites, each in the order in which people read them.

    `people` are the advisers and interpreters who belong to the council, wherever they work; `travel` is between sites.
    """

    authority: AuthorityFacts
    services: tuple[ServiceFacts, ...]
    sites: tuple[SiteFacts, ...]
    people: tuple[ResourceFacts, ...]
    travel: TravelTimes
    memory: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)
    _by: dict[tuple[str, int | str], Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for kind, facts in (("service", self.services), ("site", self.sites), ("person", self.people)):
            for fact in facts:
                self._by[kind, fact.id] = self._by[kind, fact.slug] = fact

    def service(self, slug: str) -> ServiceFacts:
        """The service of this slug. Raises: NotFound."""
        found: ServiceFacts = self._find("service", slug)
        return found

    def service_by_id(self, service_id: int) -> ServiceFacts:
        """The service of this id. Raises: NotFound."""
        found: ServiceFacts = self._find("service", service_id)
        return found

    def site(self, slug: str) -> SiteFacts:
        """The site of this slug. Raises: NotFound."""
        found: SiteFacts = self._find("site", slug)
        return found

    def site_by_id(self, site_id: int) -> SiteFacts:
        """The site of this id. Raises: NotFound."""
        found: SiteFacts = self._find("site", site_id)
        return found

    def public_services(self) -> tuple[ServiceFacts, ...]:
        """The services that a session of some site opens, in the council's own order: what residents can choose from."""
        opened: frozenset[int] = frozenset().union(*(site.service_ids for site in self.sites))
        return tuple(service for service in self.services if service.id in opened)

    def public_service(self, slug: str) -> ServiceFacts:
        """The service of this slug. Raises: NotFound when there is none, or no session opens it."""
        service = self.service(slug)
        if not any(service.id in site.service_ids for site in self.sites):
            raise NotFound.because("service_unknown", authority=self.authority.name, key=slug)
        return service

    def public_site(self, slug: str) -> SiteFacts:
        """The site of this slug. Raises: NotFound when there is none, or it has no session."""
        site = self.site(slug)
        if not site.service_ids:
            raise NotFound.because("site_unknown", authority=self.authority.name, key=slug)
        return site

    def resource_at(self, site: SiteFacts, resource_id: int) -> ResourceFacts | None:
        """The resource of this id at the site, or the person who once worked there; None when there is neither."""
        return site.resource(resource_id) or cast("ResourceFacts | None", self._by.get(("person", resource_id)))

    def is_council_wide(self, resource_id: int) -> bool:
        """Whether this is a person who belongs to the council and may work at several sites."""
        return ("person", resource_id) in self._by

    def version_of(self, site_id: int) -> int | None:
        """The plan version of the site of this id, or None when it is not here."""
        site: SiteFacts | None = self._by.get(("site", site_id))
        return site.plan_version if site else None

    def _find(self, kind: str, key: int | str) -> Any:
        if (kind, key) not in self._by and kind == "service":
            raise NotFound.because("service_unknown", authority=self.authority.name, key=key)
        if (kind, key) not in self._by:
            raise NotFound.because("site_unknown", authority=self.authority.name, key=key)
        return self._by[kind, key]
