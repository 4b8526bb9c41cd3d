"""What a council that is new has still to be given before anybody can book, in the order in which it is done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.model import Catalogue, SiteFacts
from web.account.home import url_or_none
from web.manage.set_up_context import NEW, address_of


@dataclass(frozen=True)
class Step:
    """One thing to do, where it is done, and whether it is done. Without an address, another step comes first."""

    text: str
    href: str | None
    is_done: bool


def first_steps(catalogue: Catalogue) -> list[Step]:
    """The steps; none once every site has a session."""
    sites = catalogue.sites
    if sites and catalogue.services and all(map(_is_open, sites)):
        return []
    council = catalogue.authority
    return [
        Step(
            _("Say how people reach you: a telephone number or an email address"),
            address_of(Key("council", (council.slug,))),
            bool(council.phone or council.email),
        ),
        Step(_("Add a service: what people come for"), _new("service"), bool(catalogue.services)),
        Step(_("Add a site: where people go, or how they are seen by video or telephone"), _new("site"), bool(sites)),
        *(step for site in sites for step in _steps_at(catalogue, site)),
    ]


def next_step(catalogue: Catalogue) -> Step | None:
    """The first step that is to be done and can be; None when there is none, or its page is not theirs."""
    return next((step for step in first_steps(catalogue) if not step.is_done and step.href), None)


def _steps_at(catalogue: Catalogue, site: SiteFacts) -> tuple[Step, Step]:
    """What a site needs: somebody to see people, and times."""
    # Who works at several sites is of a site only from their first session there on.
    has_somebody = bool(site.resources or catalogue.people)
    page = address_of(Key("site", (site.slug,)))
    week = url_or_none("planner.week", site=site.slug) if has_somebody and catalogue.services else None
    return (
        Step(_("%(site)s: add the desks, rooms or people that are there", site=site.name), page, has_somebody),
        Step(_("%(site)s: say when it is open, by a session in its week", site=site.name), week, _is_open(site)),
    )


def _new(kind: str) -> str:
    return url_for("council.set_up_thing", kind=kind, slug=NEW)


def _is_open(site: SiteFacts) -> bool:
    return bool(site.recurrences or site.dated_sessions) or site.ending is not None
