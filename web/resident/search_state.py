"""The state of a search, as the query of the address: no cookie is needed, and every page can be opened again.

Pure: the query goes in, a `SearchState` comes out, and back again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from booking.counted import counts_asked
from booking.queries.slots import SlotQuery
from core.errors import InvalidValue, NotFound
from core.text import small_numbers
from core.tokens import parse_reference
from core.wall_clock import parse_day
from locations.catchment import NAMED_ONLY, refusing_rule
from locations.model import MODES, Catalogue, ServiceFacts, SiteFacts
from locations.postcodes import parse_postcode
from locations.triage_questions import TriageQuestion
from people.residents.details import NEEDS

MAX_SERVICES = 2
REMOTE_MODES = ("phone", "video")
LONGEST_TEXT, LONGEST_SLUG = 40, 60
AS_LIST, ASKED = "list", "1"
OWN, ANY = "own", "any"
LINK = "link-"  # before the number of the link of somebody's own adviser
INVITED = "invite-"  # before that of an invitation
LARGEST_LINK = 18  # figures, of what every database can look up


Query = Mapping[str, Sequence[str]]
"""A query string as `urllib.parse.parse_qs` reads it."""


@dataclass(frozen=True)
class SearchState:
    """What has been selected so far.

    `visit` names this visit's draft, so that each tab has its own; `moving`
    is the reference of an appointment that is to get another time; `days` says how the days of a month are shown; `asked`
    that the questions of the services have been answered; `numbers` are the answers to those that make the visit longer;
    `home` is the postcode where they live, which a service may ask for. `known` is the reference of an appointment
    or the link of whoever searches, and `adviser` whether times with their own adviser
    alone are shown, or with any.
    """

    services: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    language: str = ""
    near: str = ""
    site: str = ""
    mode: str = ""
    month: str = ""
    day: str = ""
    visit: str = ""
    moving: str = ""
    days: str = ""
    asked: str = ""
    numbers: tuple[int, ...] = ()
    home: str = ""
    known: str = ""
    adviser: str = ""

    @property
    def invitation(self) -> int | None:
        """The number of the invitation by which the search came about; the address alone proves nothing."""
        return int(self.known.removeprefix(INVITED)) if self.known.startswith(INVITED) else None

    @property
    def is_by_invitation(self) -> bool:
        """Whether the search is for a first time by an invitation."""
        return self.invitation is not None and not self.moving

    def query(self, **changes: Any) -> str:
        """The query string of this search with `changes`."""
        search = replace(self, **changes)
        pairs = [
            *(("service", slug) for slug in search.services),
            *(("need", code) for code in search.needs),
            ("language", search.language),
            ("near", search.near),
            ("site", search.site),
            ("mode", search.mode),
            ("month", search.month),
            ("day", search.day),
            ("visit", search.visit),
            ("moving", search.moving),
            ("days", search.days),
            ("asked", search.asked),
            *(("number", str(number)) for number in search.numbers),
            ("home", search.home),
            ("known", search.known),
            ("adviser", search.adviser),
        ]
        return urlencode([pair for pair in pairs if pair[1]])

    def pairs(self, *exclude: str) -> list[tuple[str, str]]:
        """Name and value of each hidden field that keeps this search in a form, except for the fields in `exclude`."""
        return [pair for pair in parse_qsl(self.query()) if pair[0] not in exclude]


def read_search_state(query: Query) -> SearchState:
    """The search that `query` describes; what cannot be understood is left out."""

    def one(name: str, most: int = LONGEST_TEXT) -> str:
        return _short(query.get(name, ("",))[0], most)

    return SearchState(
        services=_several(query.get("service", ()), MAX_SERVICES),
        needs=needs_of(query.get("need", ()), one("language")),
        language=one("language"),
        near=one("near"),
        site=one("site", LONGEST_SLUG),
        mode=one("mode") if one("mode") in MODES else "",
        month=one("month"),
        day=one("day"),
        visit="".join(character for character in one("visit") if character.isalnum()),
        moving=parse_reference(one("moving")) or "",
        days=one("days") if one("days") == AS_LIST else "",
        asked=one("asked") if one("asked") == ASKED else "",
        home=parse_or_empty_postcode(one("home")) if one("home") else "",
        numbers=small_numbers(query.get("number", ()), most=MAX_SERVICES),
        known=_known(one("known")),
        adviser=one("adviser") if one("adviser") in (OWN, ANY) else "",
    )


def is_for_people_with_adviser(catalogue: Catalogue, search: SearchState) -> bool:
    """Whether a service of the search is for people with an adviser alone. Raises: NotFound."""
    return bool(search.services) and any(one.named_adviser == NAMED_ONLY for one in services_of(catalogue, search))


def _known(text: str) -> str:
    """The number of a link or an invitation, or the reference of an appointment; empty for anything else."""
    number = text.removeprefix(LINK).removeprefix(INVITED)
    if number != text:
        return text if number.isascii() and number.isdecimal() and len(number) <= LARGEST_LINK else ""
    return parse_reference(text) or ""


def parse_search_state(query: str) -> SearchState:
    """The search that a query string describes, for one that a form or a draft keeps."""
    return read_search_state(parse_qs(query))


def needs_of(codes: Iterable[str], language: str) -> tuple[str, ...]:
    """The known ones of `codes`, in the usual order. Who names a language needs one."""
    selected = {*codes, "language"} if language else set(codes)
    return tuple(code for code in NEEDS if code in selected)


def _several(values: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_short(value, LONGEST_SLUG) for value in values if value))[:most]


def parse_or_empty_postcode(text: str) -> str:
    """The full postcode, or nothing where it is none."""
    try:
        return parse_postcode(text)
    except InvalidValue:
        return ""


def _short(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def services_of(catalogue: Catalogue, search: SearchState) -> tuple[ServiceFacts, ...]:
    """The services of the visit. Raises: NotFound for one that is unknown, or cannot be booked online, or for none.

    Whoever is invited may book what is for staff alone otherwise: pages look first whether the invitation is open here.
    Who moves an appointment may look for a time even when the service takes no more: there is none, and the page says so.
    """
    services = tuple(
        catalogue.service(slug) if search.moving else catalogue.public_service(slug) for slug in search.services
    )
    if not services or not (search.is_by_invitation or all(service.bookable_online for service in services)):
        raise NotFound.because("no_service_chosen")
    return services


def site_of(catalogue: Catalogue, search: SearchState) -> SiteFacts | None:
    """The selected place, or None for any. Raises: NotFound."""
    if not search.site:
        return None
    return catalogue.site(search.site) if search.moving else catalogue.public_site(search.site)


def ended_in(catalogue: Catalogue, search: SearchState, today: date) -> ServiceFacts | SiteFacts | None:
    """What the search names that is shut for good by `today`.

    Whoever moves an appointment may look for another time of a service that is given no more: there is none.
    """
    named: list[ServiceFacts | SiteFacts] = []
    if not search.moving:
        named += [service for slug in search.services for service in catalogue.services if service.slug == slug]
    named += [site for site in catalogue.sites if site.slug == search.site]
    return next((one for one in named if has_ended(one, today)), None)


def has_ended(named: ServiceFacts | SiteFacts, today: date) -> bool:
    """Whether a service or site is shut for good by `today`; most never are."""
    return named.ending is not None and named.ending.is_over(today)


def slot_query_of(catalogue: Catalogue, search: SearchState) -> SlotQuery:
    """The query of free slots for this search. Raises: NotFound."""
    site, services = site_of(catalogue, search), services_of(catalogue, search)
    return SlotQuery(
        service_ids=tuple(service.id for service in services),
        site_ids=(site.id,) if site else None,
        mode=search.mode or None,
        needs=frozenset(search.needs),
        counts=counts_asked(services, search.numbers) if search.numbers else None,
    )


def modes_of(services: Iterable[ServiceFacts]) -> tuple[str, ...]:
    """The modes in which all these services can be had, in the usual order."""
    every = list(services)
    return tuple(mode for mode in MODES if all(mode in service.modes for service in every))


def day_of(text: str) -> date | None:
    """The date of "2026-11-24", or None."""
    try:
        return parse_day(text)
    except InvalidValue:
        return None


def first_of_month(text: str) -> date | None:
    """The first day of "2026-11", or None."""
    return day_of(f"{text}-01")


def deciding_questions(services: Sequence[ServiceFacts]) -> list[TriageQuestion]:
    """The questions of these services of which one answer means that it is not the right service, each once."""
    questions = (question for service in services for question in service.triage_questions if question.wrong_answer)
    return list({question.ask: question for question in questions}.values())


def must_answer(catalogue: Catalogue, search: SearchState) -> bool:
    """Whether questions of the services are to be answered first; not by who moves or is invited. Raises: NotFound."""
    if search.moving or search.invitation is not None or not search.services:
        return False
    services = services_of(catalogue, search)
    if any(one.catchment or one.wards for one in services) and refusing_rule(services, search.home):
        return True
    if any(service.counting_question for service in services) and counts_asked(services, search.numbers) is None:
        return True
    return not search.asked and bool(deciding_questions(services))
