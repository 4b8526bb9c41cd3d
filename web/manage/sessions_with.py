"""The sessions that need a thing of the set-up: those to come keep it from being removed, those that are over go with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from locations.session_tables import held_dates, session_of
from web.manage.set_up_context import Things
from web.request_language import all_of
from web.session_texts import session_text

MOST_NAMED = 5
LISTED_IN = {"service": "services", "resource": "resources", "person": "resources"}  # of a session
LOOKED_AT = timedelta(days=5 * 366)  # a session without a date in so many years is over


def sessions_with(things: Things, key: Key) -> str:
    """That sessions open the resource, or are for the service, and what is to be done first; empty where none does."""
    used = [f"{things[Key('site', one.slugs[:1])].table['name']}: {_words(things, one)}" for one in _using(things, key)]
    others = len(used) - MOST_NAMED
    named = [*used[:MOST_NAMED], _("%(num)s more", num=others)] if others > 0 else used
    if not used:
        return ""
    return str(
        _("It cannot be removed while sessions need it. Change or end them first: %(sessions)s", sessions=all_of(named))
    )


def sessions_over(things: Things, key: Key, today: date) -> tuple[Edit, ...]:
    """The removal of each session that needs the thing and has no date to come."""
    return tuple(Edit(other, None) for other in _using(things, key) if _is_over(things, other, today))


def _is_over(things: Things, key: Key, today: date) -> bool:
    """Whether it has no date to come, whatever is known of school holidays by now."""
    session = replace(session_of(things[key].table), school="")
    first = max(today, session.pattern.first_date or today)
    return not held_dates(session, first, first + LOOKED_AT, 1)


def _using(things: Things, key: Key) -> Iterator[Key]:
    for other, thing in things.items():
        if other.kind != "session":
            continue
        is_here = key.kind != "resource" or other.slugs[0] == key.slugs[0]
        if is_here and key.slugs[-1] in thing.table.get(LISTED_IN.get(key.kind, ""), ()):
            yield other


def _words(things: Things, key: Key) -> str:
    return session_text(session_of(things[key].table), closes_on_holidays=False)
