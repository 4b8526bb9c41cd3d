"""Why a thing of the set-up cannot be removed: the sessions that need it."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.session_tables import session_of
from web.manage.set_up_context import Things
from web.request_language import all_of
from web.session_texts import session_text

MOST_NAMED = 5


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


def _using(things: Things, key: Key) -> Iterator[Key]:
    for other, thing in things.items():
        if other.kind != "session":
            continue
        is_here = key.kind != "resource" or other.slugs[0] == key.slugs[0]
        if is_here and key.slugs[-1] in thing.table.get("services" if key.kind == "service" else "resources", ()):
            yield other


def _words(things: Things, key: Key) -> str:
    return session_text(session_of(things[key].table), closes_on_holidays=False)
