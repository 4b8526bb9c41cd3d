"""What two people changed at once in one thing: who was first and what they did, and both changes put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.use_cases.change_set_up import base_of
from locations.importing.difference import Key
from locations.importing.set_up_tables import Table, TableChange
from web.changed_meanwhile import NAMELESS
from web.labels import label_of
from web.manage.set_up_words import WHEN, ValueChange, in_words
from web.page_context import StaffContext
from web.request_language import format_moment_short


@dataclass(frozen=True)
class ConflictInWords:
    """What somebody else has done since: `words` say who and when, `theirs` their values, `both` those that both changed."""

    words: str
    theirs: tuple[ValueChange, ...]
    both: tuple[ValueChange, ...]
    base: Table | None
    is_gone: bool


def conflict_lines(context: StaffContext, key: Key, typed: Table, now: Table | None, seen: str) -> ConflictInWords:
    """What has happened to the thing since the form was made."""
    base, last = base_of(context.db, context.authority.id, key, seen)
    theirs = in_words(TableChange(key, base, now), context.catalogue).values if base and now else ()
    both = _both(context, key, typed, base, now) if base and now else ()
    if last is None:
        words = str(_("Somebody else has changed this since you opened the form."))
    else:
        who = last.actor_name or label_of(NAMELESS, last.actor_kind)
        when = format_moment_short(last.at.astimezone(ZoneInfo(context.zone)))
        words = str(_("%(who)s has changed this since you opened the form: %(when)s.", who=who, when=when))
    return ConflictInWords(words, theirs, both, base, now is None)


def _both(context: StaffContext, key: Key, typed: Table, base: Table, now: Table) -> tuple[ValueChange, ...]:
    """What both have changed, theirs before ours. When a session is held goes together, as plain words say it."""
    names = {*typed, *now, *base}
    ours = {name for name in names if typed.get(name) != base.get(name)}
    theirs = {name for name in names if now.get(name) != base.get(name)}
    double = {name for name in ours & theirs if typed.get(name) != now.get(name)}
    if key.kind == "session" and ours & WHEN and theirs & WHEN:
        double |= WHEN
    mine = {name: value for name, value in now.items() if name not in double}
    mine |= {name: typed[name] for name in double if name in typed}
    return in_words(TableChange(key, now, mine), context.catalogue).values


def merged(typed: Table, base: Table | None, now: Table | None) -> dict[str, Any]:
    """What was typed, with what only the other has changed since `base`."""
    if base is None or now is None:
        return dict(typed)
    table = dict(typed)
    for name in {*typed, *base, *now}:
        if typed.get(name) == base.get(name):
            table.pop(name, None)
            if name in now:
                table[name] = now[name]
    return table
