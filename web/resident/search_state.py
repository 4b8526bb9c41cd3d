"""Where somebody stands in their search, as the query of the address: no cookie, and every step can be redone.

Pure: the query goes in, a `Steps` comes out, and back again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from booking.queries.slots import SlotQuery
from core.errors import InvalidValue, NotFound
from core.tokens import parse_reference
from core.wall_clock import parse_day
from locations.catalogue import Catalogue
from locations.model import ServiceFacts, SiteFacts
from locations.vocabulary import MODES
from people.residents.support_needs import NEEDS

MAX_SERVICES = 2
LONGEST_TEXT, LONGEST_SLUG = 40, 60


Query = Mapping[str, Sequence[str]]
"""A query string as `urllib.parse.parse_qs` reads it."""


@dataclass(frozen=True)
class Steps:
    """What has been chosen so far.

    `visit` names this visit's draft, so that each tab has its own; `moving`
    is the reference of an appointment that is to get another time.
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

    def query(self, **changes: Any) -> str:
        """The query string of these steps with `changes`."""
        steps = replace(self, **changes)
        pairs = [
            *(("service", slug) for slug in steps.services),
            *(("need", code) for code in steps.needs),
            ("language", steps.language),
            ("near", steps.near),
            ("site", steps.site),
            ("mode", steps.mode),
            ("month", steps.month),
            ("day", steps.day),
            ("visit", steps.visit),
            ("moving", steps.moving),
        ]
        return urlencode([pair for pair in pairs if pair[1]])

    def pairs(self, *but: str) -> list[tuple[str, str]]:
        """Name and value of each hidden field that keeps these steps in a form, but for the fields named."""
        return [pair for pair in parse_qsl(self.query()) if pair[0] not in but]


def read_steps(query: Query) -> Steps:
    """The steps that `query` describes; what cannot be understood is left out."""

    def one(name: str, most: int = LONGEST_TEXT) -> str:
        return _short(query.get(name, ("",))[0], most)

    return Steps(
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
    )


def needs_of(codes: Iterable[str], language: str) -> tuple[str, ...]:
    """The known ones of `codes`, in the usual order. Who names a language needs one."""
    wanted = {*codes, "language"} if language else set(codes)
    return tuple(code for code in NEEDS if code in wanted)


def _several(values: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_short(value, LONGEST_SLUG) for value in values if value))[:most]


def _short(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def services_of(catalogue: Catalogue, steps: Steps) -> tuple[ServiceFacts, ...]:
    """The services of the visit. Raises: NotFound for one that is unknown, or cannot be booked online, or for none.

    Who moves an appointment may look for a time even when the service takes no more: there is none, and the page says so.
    """
    services = tuple(
        catalogue.service(slug) if steps.moving else catalogue.public_service(slug) for slug in steps.services
    )
    if not services or not all(service.bookable_online for service in services):
        raise NotFound.because("no_service_chosen")
    return services


def site_of(catalogue: Catalogue, steps: Steps) -> SiteFacts | None:
    """The place that was chosen, or None for any. Raises: NotFound."""
    if not steps.site:
        return None
    return catalogue.site(steps.site) if steps.moving else catalogue.public_site(steps.site)


def ask_of(catalogue: Catalogue, steps: Steps, **more: Any) -> SlotQuery:
    """The search that these steps mean. Raises: NotFound."""
    site = site_of(catalogue, steps)
    return SlotQuery(
        service_ids=tuple(service.id for service in services_of(catalogue, steps)),
        site_ids=(site.id,) if site else None,
        mode=steps.mode or None,
        needs=frozenset(steps.needs),
        **more,
    )


def modes_of(services: Iterable[ServiceFacts]) -> tuple[str, ...]:
    """The modes in which all these services can be had, in the usual order."""
    wanted = list(services)
    return tuple(mode for mode in MODES if all(mode in service.modes for service in wanted))


def day_of(text: str) -> date | None:
    """The date of "2026-11-24", or None."""
    try:
        return parse_day(text)
    except InvalidValue:
        return None


def first_of_month(text: str) -> date | None:
    """The first day of "2026-11", or None."""
    return day_of(f"{text}-01")
