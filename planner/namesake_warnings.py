"""Somebody who is in the set-up twice, under one name, and would be open at two places at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from locations.model import PERSON_KINDS, ResourceFacts
from locations.session_tables import PlainSession, overlapping, session_of
from planner.session_context import sessions_by_key
from web.page_context import SiteContext

LOOKED_AT = timedelta(days=366)  # so far ahead sessions are compared


def namesake_warnings(context: SiteContext, edits: Sequence[Edit]) -> list[str]:
    """Who of the edited sessions shares a name with somebody who is open elsewhere at the same time: is it one person?"""
    new = {edit.key: session_of(edit.table) for edit in edits if edit.table is not None}
    people = _people(context)
    if not any(_named(people, key, slug) for key, session in new.items() for slug in session.resources):
        return []
    changed = {edit.key for edit in edits}
    others = {key: one.session for key, one in sessions_by_key(context).items() if key not in changed} | new
    return list(dict.fromkeys(_texts(context, people, new, others)))


def _people(context: SiteContext) -> dict[tuple[str, str], ResourceFacts]:
    """The people of each site by its slug and theirs, and of the council by no site and theirs."""
    own = {
        (site.slug, one.slug): one
        for site in context.catalogue.sites
        for one in site.resources
        if not one.is_council_wide
    }
    everybody = own | {("", one.slug): one for one in context.catalogue.people}
    return {key: one for key, one in everybody.items() if one.kind in PERSON_KINDS}


def _named(people: dict[tuple[str, str], ResourceFacts], key: Key, slug: str) -> ResourceFacts | None:
    return people.get((key.slugs[0], slug)) or people.get(("", slug))


def _texts(
    context: SiteContext,
    people: dict[tuple[str, str], ResourceFacts],
    new: dict[Key, PlainSession],
    others: dict[Key, PlainSession],
) -> Iterator[str]:
    sites = {site.slug: site.name for site in context.catalogue.sites}
    for key, session in new.items():
        for person in filter(None, (_named(people, key, slug) for slug in session.resources)):
            mine = replace(session, resources=(person.slug,))
            for other_key, other in others.items():
                theirs = _of_namesakes(people, other_key, other, person) if other_key != key else []
                if theirs and overlapping(mine, theirs, context.today, context.today + LOOKED_AT) is not None:
                    facts = {"name": person.name, "site": sites[other_key.slugs[0]]}
                    yield str(
                        _(
                            "“%(name)s” is open at %(site)s at the same time, under the same name. If it is one person, "
                            "both places could be booked at once: add them once under “People who work at several sites”, "
                            "and give that one all sessions by “Change several sessions at once”.",
                            **facts,
                        )
                    )


def _of_namesakes(
    people: dict[tuple[str, str], ResourceFacts], key: Key, session: PlainSession, person: ResourceFacts
) -> list[PlainSession]:
    """The session, as if of the person, if somebody else of the same name is in it."""
    found = (_named(people, key, slug) for slug in session.resources)
    is_theirs = any(one and one.id != person.id and _plain(one.name) == _plain(person.name) for one in found)
    return [replace(session, resources=(person.slug,))] if is_theirs else []


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
