"""The services to select from, and what the agent asks and says about those that are selected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from booking.counted import minutes_of_one
from locations.catchment import own_areas
from locations.model import ServiceFacts
from locations.triage_questions import TriageQuestion
from web.agent.call_request import CallState
from web.agent.resident_card import ResidentCard
from web.page_context import StaffContext
from web.service_search import searchable_text

LAST_KEY = 9


@dataclass(frozen=True)
class ListedService:
    """A service of the list: the query that selects it, whether the resident had it before, and its key if it has one.

    `is_own_area`: it is first of all for people from where the resident lives.
    """

    service: ServiceFacts
    query: str
    is_recent: bool
    key: str = ""
    is_own_area: bool = False

    @property
    def minutes(self) -> int:
        """How long the shortest visit for it is."""
        return minutes_of_one(self.service)

    @property
    def searchable_text(self) -> str:
        """The text in which the filter searches."""
        return searchable_text(self.service)


def listed_services(context: StaffContext, card: ResidentCard, state: CallState) -> tuple[ListedService, ...]:
    """The services that `state.search_text` leaves: those that this resident had before, for their area, and the others."""
    sites = [site for site in context.catalogue.sites if context.serves(site.id)]
    offered = frozenset[int]().union(*(site.service_ids for site in sites))
    public = [service for service in context.catalogue.public_services() if service.id in offered]
    recent = [service for service in card.recent_services if service in public]
    own = [service for service in public if own_areas((service,), card.resident.postcode)]
    others = sorted((service for service in public if service not in recent), key=lambda one: one not in own)
    search_words = state.search_text.casefold().split()
    found = [
        service
        for service in (*recent, *others)
        if service.slug not in state.services
        and all(word in searchable_text(service).casefold() for word in search_words)
    ]
    return tuple(
        ListedService(
            service,
            state.but(services=(*state.services, service.slug), first_date=None).query,
            service in recent,
            key_of(number),
            service in own,
        )
        for number, service in enumerate(found, 1)
    )


def key_of(number: int) -> str:
    """The key of the entry at this place of a list, from 1; empty for those after the ninth."""
    return str(number) if number <= LAST_KEY else ""


@dataclass(frozen=True)
class Guidance:
    """What the agent asks and says about the selected services."""

    services: tuple[ServiceFacts, ...]

    @cached_property
    def without_visit(self) -> tuple[ServiceFacts, ...]:
        """The services that can be had online or by post."""
        return tuple(service for service in self.services if service.online_instead or service.post_instead)

    @cached_property
    def questions(self) -> tuple[TriageQuestion, ...]:
        """The triage questions of all services."""
        return tuple(question for service in self.services for question in service.triage_questions)

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """What to bring, each document once."""
        return tuple(_unique(document for service in self.services for document in service.papers))

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to ask or to say."""
        return bool(self.without_visit or self.questions or self.documents)


def _unique(documents: Iterator[str]) -> Iterator[str]:
    known: set[str] = set()
    for document in documents:
        if document.casefold() not in known:
            known.add(document.casefold())
            yield document
