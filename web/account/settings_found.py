"""The settings of a council by their words: each screen of the set-up, and each field of its forms, for who may open it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from locations.model import SiteFacts
from people.staff.policy import Action
from web.account.home import url_or_none
from web.account.set_up_screens import council_screens, file_screens
from web.manage.field_groups import headings_over
from web.manage.field_texts import BY_KIND, KINDS
from web.manage.thing_form import FIELDS
from web.page_context import StaffContext

ONLY_ONE = ("council", "privacy", "accessibility")  # of these there is one form
MANY = ("site", "resource", "person", "service")
# Words for a field that stand neither in its label nor in its hint.
ALSO: Mapping[str, LazyString] = {
    "quiet_from": _l("quiet hours at night"),
    "quiet_until": _l("quiet hours in the morning"),
    "brand_colour": _l("brand color"),
    "logo": _l("picture, crest"),
    "languages": _l("Welsh, Cymraeg, translations"),
    "lead_minutes": _l("notice"),
    "horizon_days": _l("weeks ahead"),
}


@dataclass(frozen=True)
class Findable:
    """A place that can be found: its name, its address, what else it is found by, and the name of what it belongs to.

    The name of what it belongs to narrows down what is meant; by that alone it is not found.
    """

    text: str
    href: str
    also: str = ""
    whose: str = ""


def settings_of(context: StaffContext) -> Iterator[Findable]:
    """All that somebody may set up: the council's own, and what is done at their sites."""
    if url_or_none("council.set_up") is None:
        return
    if context.staff.may(Action.MANAGE_SET_UP):
        yield from _things(context)
        yield from _screens(context)
        yield from _fields_of_one(context)
        yield from _fields_of_many(context)
    for site in context.catalogue.sites:
        yield from _at_site(context, site)


def _form(kind: str, slug: str, **more: Any) -> str:
    return url_for("council.set_up_thing", kind=kind, slug=slug, **more)


def _things(context: StaffContext) -> Iterator[Findable]:
    """The forms of sites, services and people, and the topics."""
    catalogue = context.catalogue
    for service in catalogue.services:
        yield Findable(_("%(name)s, set-up", name=service.name), _form("service", service.slug))
    for site in catalogue.sites:
        yield Findable(_("%(name)s, set-up", name=site.name), _form("site", site.slug))
        yield Findable(_("Copy the site: %(site)s", site=site.name), url_for("council.copy_site", site=site.slug))
    for person in catalogue.people:
        yield Findable(_("%(name)s, set-up", name=person.name), _form("person", person.slug))
    for topic in dict.fromkeys(service.topic for service in catalogue.services if service.topic):
        yield Findable(_("Topic: %(name)s", name=topic), url_for("council.front_page"))


def _screens(context: StaffContext) -> Iterator[Findable]:
    for one in (*council_screens(context.authority.slug), *file_screens()):
        yield Findable(one.text, one.href, one.hint)
    yield Findable(_("Try two plans of reminders"), url_for("council.reminder_trials"))
    yield Findable(_("Bring in colleagues"), url_for("council.import_colleagues_form"))
    yield Findable(_("Add a site"), _form("site", "new"))
    yield Findable(_("Add a service"), _form("service", "new"))
    yield Findable(_("Add a person who works at several sites"), _form("person", "new"))


def _fields_of_one(context: StaffContext) -> Iterator[Findable]:
    for kind in ONLY_ONE:
        address, headings = _form(kind, context.authority.slug), headings_over(kind, FIELDS[kind])
        for name, text in BY_KIND[kind].items():
            if name not in ("logo", "service_order"):  # they have screens of their own
                hint = f"{text.hint or ''} {headings.get(name, '')}"
                yield _field(name, f"{text.label}: {KINDS[kind]}", f"{address}?part={name}#{name}", hint)


def _fields_of_many(context: StaffContext) -> Iterator[Findable]:
    """The fields of a site, a service or a person: of any of them where the name of none is typed."""
    owners = {
        "site": [(one.name, _form("site", one.slug)) for one in context.catalogue.sites],
        "service": [(one.name, _form("service", one.slug)) for one in context.catalogue.services],
        "person": [(one.name, _form("person", one.slug)) for one in context.catalogue.people],
    }
    home = url_for("council.set_up")
    for kind, things in owners.items():
        headings = headings_over(kind, FIELDS[kind])
        for name, text in BY_KIND[kind].items():
            hint = f"{text.hint or ''} {headings.get(name, '')}"
            yield _field(name, f"{text.label}: {KINDS[kind]}", f"{home}#{kind}", hint)
            for whose, href in things:
                yield _field(name, f"{text.label}: {whose}", f"{href}?part={name}#{name}", hint, whose)


def _field(name: str, text: str, href: str, hint: str, whose: str = "") -> Findable:
    return Findable(text, href, f"{hint} {name.replace('_', ' ')} {ALSO.get(name, '')}", whose)


def _at_site(context: StaffContext, site: SiteFacts) -> Iterator[Findable]:
    """What is done at a site: its resources, who is away, the rota."""
    may, name = context.staff.may, site.name
    if may(Action.MANAGE_RESOURCES, site_id=site.id):
        home = url_for("council.site_resources", site=site.slug)
        yield Findable(_("Desks, rooms and people: %(site)s", site=name), home)
        for resource in site.resources:
            if not resource.is_council_wide:
                href = url_for("council.site_resource", site=site.slug, resource=resource.slug)
                yield Findable(f"{resource.name}: {name}", href, whose=name)
    if may(Action.MANAGE_SESSIONS, site_id=site.id):
        away, moved = (
            _l("ill, sick, absent, on leave, holiday"),
            _l("swap, exchange, another desk, another site, cover"),
        )
        for text, endpoint, also in (
            (_("Somebody is away: %(site)s", site=name), "planner.away", away),
            (_("Move or swap somebody: %(site)s", site=name), "planner.move", moved),
            (_("Bring in a rota: %(site)s", site=name), "planner.rota", ""),
            (_("Copy a day or a week: %(site)s", site=name), "planner.copy_sessions", ""),
            (_("Change several sessions at once: %(site)s", site=name), "planner.several_sessions", ""),
            (_("Add a session: %(site)s", site=name), "planner.new_session", _l("opening hours, open longer")),
        ):
            yield Findable(text, url_for(endpoint, site=site.slug), str(also), name)
