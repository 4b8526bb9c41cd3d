"""A new site from one that is there: what it has and when it is open, as edits of the set-up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from locations.importing.difference import Key, session_key
from locations.importing.recurrence_rules import YEARS_LOOKED_AT
from locations.importing.set_up_tables import Edit, Table, Thing
from locations.model import ROOM
from locations.session_tables import PlainSession, continued_from, held_dates, session_of, table_of_session

# Of the site itself. Name, address, where residents join by video and how one finds it are the new site's own.
COPIED = ("kind", "features", "rings_from", "ring_minutes", "closes_on_bank_holidays")
JOINING = "joining_address"
Things = Mapping[Key, Thing]


def joining_address_of(table: Table) -> str:
    """Where residents of the copy join by video: at the same address if each visit has its own room there; or nowhere yet.

    In one fixed room the visits of two places would meet.
    """
    address = str(table.get(JOINING, ""))
    return address if ROOM in address else ""


def opened_at(things: Things, site: str) -> list[str]:
    """The slugs of what stands at the site and of whoever else its sessions open, each once."""
    own = [key.slugs[1] for key in things if key.kind == "resource" and key.slugs[0] == site]
    opened = (slug for _, table in _sessions_at(things, site) for slug in table["resources"])
    return list(dict.fromkeys((*own, *opened)))


def site_copy(
    things: Things,
    site: str,
    own: Table,
    resources: Collection[str],
    *,
    from_day: date | None,
    today: date,
    school_days_off: frozenset[date],
) -> tuple[Edit, ...]:
    """The edits that make a site with its `own` values, which has these resources of `site`, and its sessions with them.

    The sessions are held from `from_day` on, where there is one. Those that are over, or open none of the resources, are
    left out.
    """
    slug = str(own["slug"])
    table = things[Key("site", (site,))].table
    edits = [
        Edit(Key("site", (slug,)), {name: table[name] for name in COPIED if name in table} | dict(own), is_new=True)
    ]
    for key, thing in things.items():
        if key.kind == "resource" and key.slugs[0] == site and key.slugs[1] in resources:
            others = {name: value for name, value in thing.table.items() if name != JOINING}
            joining = joining_address_of(thing.table)
            copy = others | ({JOINING: joining} if joining else {})
            edits.append(Edit(Key("resource", (slug, key.slugs[1])), copy, is_new=True))
    for session_slug, found in _sessions_at(things, site):
        session = _session_copy(session_of(found, school_days_off), session_slug, resources, from_day, today)
        if session is not None:
            key = session_key(slug, session_slug, is_dated=session.is_dated)
            edits.append(Edit(key, table_of_session(session), is_new=True))
    return tuple(edits)


def _sessions_at(things: Things, site: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, thing in things.items():
        if key.kind == "session" and key.slugs[0] == site:
            yield key.slugs[-1], thing.table


def _session_copy(
    session: PlainSession, slug: str, resources: Collection[str], from_day: date | None, today: date
) -> PlainSession | None:
    """The session as the new site holds it; None when it does not."""
    opened = tuple(one for one in session.resources if one in resources)
    if not opened:
        return None
    if from_day is not None and from_day > today:
        later = continued_from(session, from_day, slug)
        return None if later is None else replace(later, resources=opened)
    if not held_dates(session, today, today.replace(year=today.year + YEARS_LOOKED_AT, day=1), 1):
        return None
    to_come = tuple(one for one in session.exceptions if one[0] >= today)
    return replace(session, resources=opened, exceptions=to_come)
