"""What the forms of a site's sessions start from: the sessions of the site as they are, and one that an address means."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, cast

from flask import url_for
from flask_babel import gettext as _

from booking.use_cases.change_set_up import current_tables
from core.errors import NotFound
from core.wall_clock import TICK, days_between, wall_instant
from locations.importing.difference import Key, session_key
from locations.importing.set_up_tables import Edit, Table, things_in
from locations.school_holidays import school_days_off
from locations.session_tables import PlainSession, held_dates, held_on, overlapping, session_of, table_of_session
from people.staff.policy import Action
from web.names_apart import names_apart
from web.page_context import SiteContext
from web.request_language import all_of, format_day
from web.session_texts import session_text

LOOKED_AT = timedelta(days=366)  # so far ahead sessions are compared
HELD_WITHIN = 5 * LOOKED_AT  # a new session is held within so many years after its first day, or it is over
TICKS_OF_A_DAY = timedelta(days=1) // TICK  # of one on which the clocks do not change
PATTERN_KEYS = ("days", "rrule", "date", "first_date", "last_date")


@dataclass(frozen=True)
class StoredSession:
    """A session as it stands: its key, its own table, and what that says."""

    key: Key
    table: Table
    session: PlainSession


def managed_sites(context: SiteContext) -> frozenset[str]:
    """The slugs of the sites whose sessions they manage."""
    may = partial(context.staff.may, Action.MANAGE_SESSIONS)
    return frozenset(site.slug for site in context.catalogue.sites if may(site_id=site.id))


def is_managed(context: SiteContext, edits: Iterable[Edit], form: str) -> bool:
    """Whether these are edits of a form of this site, and of sessions at sites whose sessions they manage."""
    sites, pages = managed_sites(context), url_for("planner.week", site=context.site.slug).removesuffix("week")
    return form.startswith(pages) and all(edit.key.kind == "session" and edit.key.slugs[0] in sites for edit in edits)


def key_of_session(context: SiteContext, session: PlainSession) -> Key:
    """The key of a session of the site."""
    return session_key(context.site.slug, session.slug, is_dated=session.is_dated)


def sessions_by_key(context: SiteContext) -> dict[Key, StoredSession]:
    """The sessions of every site of the council."""
    things = things_in(cast("Mapping[str, Any]", current_tables(context.db, context.authority.id)))
    off = school_days_off(context.authority.school_holidays)
    return {
        key: StoredSession(key, thing.table, session_of(thing.table, off))
        for key, thing in things.items()
        if key.kind == "session"
    }


def sessions_of(context: SiteContext) -> dict[str, StoredSession]:
    """The sessions of the site, by slug."""
    sessions = sessions_by_key(context)
    return {key.slugs[-1]: one for key, one in sessions.items() if key.slugs[0] == context.site.slug}


def stored_session(sessions: Mapping[str, StoredSession], slug: str) -> StoredSession:
    """The session of this slug. Raises: NotFound."""
    if slug not in sessions:
        raise NotFound
    return sessions[slug]


def edits_of(context: SiteContext, stored: StoredSession | None, *after: PlainSession) -> tuple[Edit, ...]:
    """The edits that put these sessions in the place of a stored one, or of none."""
    edits = []
    keys = {key_of_session(context, one): one for one in after}
    if stored is not None and stored.key not in keys:
        edits.append(Edit(stored.key, None))
    for key, session in keys.items():
        is_new = stored is None or key != stored.key
        edits.append(Edit(key, table_of_session(session), is_new))
    return tuple(edits)


def words_of(context: SiteContext, session: PlainSession) -> str:
    """The session in plain words."""
    return session_text(session, closes_on_holidays=context.site.holidays.closes)


def names_of(context: SiteContext, session: PlainSession) -> tuple[str, str]:
    """The names of what the session opens, and of its services."""
    resources = {one.slug: one.name for one in (*context.catalogue.people, *context.site.resources)}
    services = names_apart(context.catalogue.services)
    return _named(resources, session.resources), _named(services, session.services)


def _named(names: Mapping[str, str], slugs: Iterable[str]) -> str:
    return all_of([names.get(slug, slug) for slug in slugs])


def overlap_warnings(
    context: SiteContext, sessions: Mapping[str, StoredSession], after: Sequence[PlainSession], exclude: str = ""
) -> list[str]:
    """What is open twice at a time, of the sessions that are new or changed beside the others."""
    others = [one.session for slug, one in sessions.items() if slug != exclude and slug not in {x.slug for x in after}]
    first, last = context.today, context.today + LOOKED_AT
    warnings = []
    for session in after:
        other = overlapping(session, others, first, last)
        if other is not None:
            both = [slug for slug in session.resources if slug in other.resources]
            resources, _services = names_of(context, PlainSession("", other.pattern, other.hours, tuple(both), ()))
            facts = {"resources": resources, "words": words_of(context, other)}
            warnings.append(
                str(_("%(resources)s would be open twice at the same time. The other session: %(words)s", **facts))
            )
    return list(dict.fromkeys(warnings))


def elsewhere_warnings(context: SiteContext, edits: Sequence[Edit]) -> list[str]:
    """Who of the council would work here while they work at another site: they are booked at one of them only."""
    people = {one.slug: one.name for one in context.catalogue.people}
    sessions = [(edit.key.slugs[0], session_of(edit.table)) for edit in edits if edit.table is not None]
    here = [_of_these(one, people) for site, one in sessions if site == context.site.slug]
    if not any(one.resources for one in here):
        return []
    changed = {edit.key for edit in edits}
    others = [(key, one.session) for key, one in sessions_by_key(context).items() if key not in changed]
    elsewhere = [*((key.slugs[0], one) for key, one in others), *sessions]
    first, last, warnings = context.today, context.today + LOOKED_AT, []
    for site in context.catalogue.sites:
        there = [_of_these(one, people) for slug, one in elsewhere if slug == site.slug != context.site.slug]
        for session in here:
            other = overlapping(session, there, first, last)
            if other is not None:
                both = [people[slug] for slug in session.resources if slug in other.resources]
                facts = {"who": all_of(both), "site": site.name}
                text = _("%(who)s would be at %(site)s at the same time, and can be booked at one of the two", **facts)
                warnings.append(str(text))
    return list(dict.fromkeys(warnings))


def _of_these(session: PlainSession, people: Container[str]) -> PlainSession:
    """The session of these people alone: what belongs to a site has a slug of that site."""
    return replace(session, resources=tuple(slug for slug in session.resources if slug in people))


def past_warnings(context: SiteContext, edits: Sequence[Edit]) -> list[str]:
    """Which sessions are new, and over already: their dates were typed with a wrong year, say."""
    new = [session_of(edit.table) for edit in edits if edit.is_new and edit.table is not None]
    begin = ((one, max(context.today, one.pattern.first_date or context.today)) for one in new)
    over = [one for one, first in begin if not held_dates(one, first, first + HELD_WITHIN, 1)]
    return [
        _("This session is over: no date of it is to come. %(words)s", words=words_of(context, one)) for one in over
    ]


def skipped_warnings(context: SiteContext, edits: Sequence[Edit]) -> list[str]:
    """On which days a session is not held because the clocks go forward over all of it."""
    sessions = [session_of(edit.table) for edit in edits if edit.table is not None]
    days = days_between(context.today, context.today + LOOKED_AT, context.zone)
    short = [day.date for day in days if day.ticks < TICKS_OF_A_DAY]
    held = ((day, hours) for day in short for _session, hours in held_on(sessions, day))
    skipped = [
        day
        for day, hours in held
        if wall_instant(day, hours.starts, context.zone) == wall_instant(day, hours.ends, context.zone)
    ]
    return [
        _("On %(day)s the clocks go forward over this session: nothing is open then", day=format_day(day))
        for day in dict.fromkeys(skipped)
    ]


def week_address(context: SiteContext, day: date | None) -> str:
    """The address of the week of a day, or of this week."""
    return url_for("planner.week", site=context.site.slug, date=day.isoformat() if day else None)
