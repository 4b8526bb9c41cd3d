"""What the names in a rota mean: people, desks, sites and services, by slug or as people write them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple, Protocol, TypeVar

from booking.rota.shifts import SERVICES, SITE, WHO, Shift
from core.errors import InvalidValue
from locations.model import Catalogue, SiteFacts

MOST_NAMED = 12


class _Named(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...


One = TypeVar("One", bound=_Named)


class Worker(NamedTuple):
    """Who or what works: its slug, and the slug of its site; None for a person who belongs to the council."""

    site: str | None
    slug: str


class WrongName(Exception):
    """A name that means nothing here: in which column, and why."""

    def __init__(self, column: str, error: InvalidValue) -> None:
        super().__init__(column)
        self.column = column
        self.reason = error.reason


class RotaNames:
    """The names of a council for somebody who manages these `sites`, where a line without a site means `own_site`."""

    def __init__(self, catalogue: Catalogue, sites: Collection[str], own_site: str | None) -> None:
        self._catalogue = catalogue
        self._sites = [site for site in catalogue.sites if site.slug in sites]
        self._own_site = own_site

    def site_of(self, shift: Shift) -> SiteFacts | None:
        """The site of the line; None where a day off names none. Raises: WrongName."""
        if not shift.site:
            own = next((site for site in self._sites if site.slug == self._own_site), None)
            if own is None and shift.hours is not None:
                raise WrongName(SITE, InvalidValue.because("import_value_missing"))
            return own
        found = _found(self._sites, shift.site)
        if isinstance(found, list):
            raise WrongName(SITE, InvalidValue.because("rota_site_unknown", given=shift.site, known=found))
        return found

    def workers_of(self, shift: Shift, site: SiteFacts | None) -> tuple[Worker, ...]:
        """Those of the line. Raises: WrongName."""
        people = self._catalogue.people
        here = [] if site is None else [one for one in site.resources if not one.is_council_wide]
        workers = []
        for name in shift.who:
            one = _found([*people, *here], name)
            if isinstance(one, list):
                raise WrongName(WHO, InvalidValue.because("rota_who_unknown", given=name, known=one))
            own_site = None if one in people or site is None else site.slug
            workers.append(Worker(own_site, one.slug))
        return tuple(dict.fromkeys(workers))

    def services_of(self, shift: Shift) -> tuple[str, ...]:
        """The slugs of the services of the line, in the council's order. Raises: WrongName."""
        named = set()
        for name in shift.services:
            found = _found(self._catalogue.services, name)
            if isinstance(found, list):
                raise WrongName(SERVICES, InvalidValue.because("rota_service_unknown", given=name, known=found))
            named.add(found.slug)
        return in_order(self._catalogue, named)


def in_order(catalogue: Catalogue, services: Collection[str]) -> tuple[str, ...]:
    """These services in the council's order."""
    return tuple(one.slug for one in catalogue.services if one.slug in services)


def _found(known: Sequence[One], text: str) -> One | list[str]:
    """The one that `text` means, by its slug or by a name that no other has; or else the names that may be meant.

    Where several have the name, these are slugs.
    """
    wanted = text.casefold()
    by_slug = [one for one in known if one.slug == wanted]
    by_name = [one for one in known if " ".join(one.name.split()).casefold() == wanted]
    if by_slug or len(by_name) == 1:
        return (by_slug or by_name)[0]
    return [one.slug for one in by_name] or _nearest((one.name for one in known), text)


def _nearest(names: Iterable[str], given: str) -> list[str]:
    """The names that may be meant: all of a few, or else those most like what is given."""
    known = list(dict.fromkeys(names))
    return known if len(known) <= MOST_NAMED else get_close_matches(given, known, 5, 0)
