"""A session of the set-up file as one value, and what a manager does to it: end it, split it, change one date. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import count
from typing import Any

from core.wall_clock import ONE_DAY
from locations.importing import value_checks
from locations.importing.recurrence_rules import YEARS_LOOKED_AT
from locations.release_shares import release_tables, releases_of
from locations.school_holidays import suits_school
from locations.session_facts import ExceptionFacts, SessionHours
from locations.session_patterns import Pattern, Repeats, first_dates, keys_of, pattern_of

LONGEST_SLUG = 60
BREAK = ("break_starts", "break_ends")
Exceptions = tuple[tuple[date, ExceptionFacts], ...]


@dataclass(frozen=True)
class PlainSession:
    """A session: when, how long, what it opens by slug, and the dates that differ, ascending.

    `school` says whether it is held in term or in school holidays alone, which are the days in `school_days_off`.
    """

    slug: str
    pattern: Pattern
    hours: SessionHours
    resources: tuple[str, ...]
    services: tuple[str, ...]
    exceptions: Exceptions = ()
    school: str = ""
    school_days_off: frozenset[date] = field(default=frozenset(), compare=False, repr=False)

    @property
    def is_dated(self) -> bool:
        """Whether it is held once."""
        return self.pattern.repeats is Repeats.ONCE


def session_of(table: Mapping[str, Any], school_days_off: frozenset[date] = frozenset()) -> PlainSession:
    """The session that a table says, which the file's own checks have passed, of a council with these school holidays."""
    begins, stops = (value_checks.wall_time(table[name]) if name in table else None for name in BREAK)
    hours = SessionHours(
        value_checks.wall_time(table["starts"]),
        value_checks.wall_time(table["ends"]),
        table.get("reserved_percent", 0),
        table.get("release_hours", 0),
        begins,
        stops,
        table.get("drop_in", False),
        releases_of(table.get("releases", ())),
    )
    changed = {value_checks.day(one["date"]): _exception_of(one) for one in table.get("exceptions", ())}
    return PlainSession(
        slug=table["slug"],
        pattern=pattern_of(table),
        hours=hours,
        resources=tuple(table["resources"]),
        services=tuple(table["services"]),
        exceptions=tuple(sorted(changed.items(), key=lambda item: item[0])),
        school=table.get("school", ""),
        school_days_off=school_days_off,
    )


def table_of_session(session: PlainSession) -> dict[str, Any]:
    """The table of the file that says `session`, without what holds when a key is left out."""
    hours = session.hours
    table: dict[str, Any] = {"slug": session.slug, **keys_of(session.pattern)}
    table |= {"starts": f"{hours.starts:%H:%M}", "ends": f"{hours.ends:%H:%M}"}
    table |= {"resources": list(session.resources), "services": list(session.services)}
    if hours.break_starts is not None and hours.break_ends is not None:
        table |= dict(zip(BREAK, (f"{at:%H:%M}" for at in (hours.break_starts, hours.break_ends)), strict=True))
    if hours.reserved_percent:
        table["reserved_percent"] = hours.reserved_percent
    if hours.release_hours:
        table["release_hours"] = hours.release_hours
    if hours.drop_in:
        table["drop_in"] = True
    if hours.releases:
        table["releases"] = release_tables(hours.releases)
    if session.school and not session.is_dated:
        table["school"] = session.school
    if not session.is_dated:
        table["exceptions"] = [_exception_table(day, one) for day, one in session.exceptions]
    return table


def held_dates(session: PlainSession, after: date, last: date, most: int | None = None) -> tuple[date, ...]:
    """The first dates of the session from `after` to `last`, both included, exceptions left aside; `most` at the most."""
    if not session.school:
        return first_dates(session.pattern, after, last, most or (last - after).days + 1)
    dates = first_dates(session.pattern, after, last, (last - after).days + 1)
    return tuple(day for day in dates if suits_school(session.school, day, session.school_days_off))[:most]


def ended_before(session: PlainSession, day: date) -> PlainSession | None:
    """The session with its dates before `day` alone; None when it has none."""
    last_date = day - ONE_DAY
    if session.pattern.last_date is not None:
        last_date = min(last_date, session.pattern.last_date)
    ended = replace(session, pattern=replace(session.pattern, last_date=last_date))
    if not held_dates(ended, date.min, last_date, 1):
        return None
    return replace(ended, exceptions=tuple(one for one in session.exceptions if one[0] < day))


def continued_from(session: PlainSession, day: date, slug: str) -> PlainSession | None:
    """A session with the dates of this one from `day` on; None when it has none. What comes every second week stays so."""
    last = day.replace(year=day.year + YEARS_LOOKED_AT, day=1)
    dates = held_dates(session, day, last, 1)
    if not dates:
        return None
    pattern = replace(session.pattern, first_date=dates[0], rule=_rule_from(session.pattern, day))
    later = tuple(one for one in session.exceptions if one[0] >= day)
    return replace(session, slug=slug, pattern=pattern, exceptions=later)


def changed_from(
    before: PlainSession, changed: PlainSession, day: date | None, taken: Collection[str]
) -> tuple[PlainSession, ...] | None:
    """The sessions that come of a change that holds from `day` on, the changed one last; None when it is never held then.

    Without a day, or where it is held on none before it, all its days change.
    """
    earlier = None if day is None or before.is_dated else ended_before(before, day)
    if day is None or earlier is None:
        return (changed,)
    later = continued_from(changed, day, new_slug(changed.pattern, changed.hours.starts, taken))
    return None if later is None else (earlier, later)


def with_exception(session: PlainSession, day: date, changed: ExceptionFacts) -> PlainSession:
    """The session, which differs on `day`."""
    others = [one for one in session.exceptions if one[0] != day]
    return replace(session, exceptions=tuple(sorted([*others, (day, changed)], key=lambda one: one[0])))


def without_exception(session: PlainSession, day: date) -> PlainSession:
    """The session, which is on `day` as on its other dates."""
    return replace(session, exceptions=tuple(one for one in session.exceptions if one[0] != day))


def once_on(session: PlainSession, day: date, hours: SessionHours, slug: str) -> PlainSession:
    """A session of one date that opens the same."""
    return replace(
        session, slug=slug, pattern=Pattern(Repeats.ONCE, first_date=day), hours=hours, exceptions=(), school=""
    )


def overlapping(session: PlainSession, others: Iterable[PlainSession], after: date, last: date) -> PlainSession | None:
    """The first of `others` that opens one of its resources at a time of `session`, on a date between these; or None."""
    dates = dict(session_hours(session, after, last))
    for other in others:
        if not set(session.resources).isdisjoint(other.resources):
            for day, hours in session_hours(other, after, last):
                if day in dates and hours.starts < dates[day].ends and dates[day].starts < hours.ends:
                    return other
    return None


def held_on(sessions: Iterable[PlainSession], day: date) -> list[tuple[PlainSession, SessionHours]]:
    """Those of the sessions that are held on `day`, each with its hours then."""
    return [(session, hours) for session in sessions for _, hours in session_hours(session, day, day)]


def copies(sessions: Sequence[PlainSession], days: Iterable[tuple[date, date]]) -> tuple[PlainSession, ...]:
    """Sessions of one date that repeat, for each pair of days, on the second what is held on the first.

    What is open at such a time already is left out, so that copying twice adds nothing.
    """
    made: list[PlainSession] = []
    taken = {session.slug for session in sessions}
    for source, target in days:
        there = held_on(sessions, target) + held_on(made, target)
        for session, hours in held_on(sessions, source):
            open_then = {
                slug
                for other, others_hours in there
                if others_hours.starts < hours.ends and hours.starts < others_hours.ends
                for slug in other.resources
            }
            resources = tuple(slug for slug in session.resources if slug not in open_then)
            if resources:
                slug = new_slug(Pattern(Repeats.ONCE, first_date=target), hours.starts, taken)
                copy = replace(once_on(session, target, hours, slug), resources=resources)
                made.append(copy)
                there.append((copy, hours))
                taken.add(slug)
    return tuple(made)


def new_slug(pattern: Pattern, starts: time, taken: Collection[str]) -> str:
    """A slug for a session that nobody has yet: "tuesday-thursday-0900"."""
    day = pattern.first_date.isoformat() if pattern.repeats is Repeats.ONCE and pattern.first_date else ""
    words = [day] if day else [*pattern.weekdays] or [pattern.repeats.value.replace("_", "-")]
    base = f"{'-'.join(words if len(words) < 4 else [words[0], 'to', words[-1]])}-{starts:%H%M}"[: LONGEST_SLUG - 5]
    numbered = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in numbered if slug not in taken)


def _rule_from(pattern: Pattern, day: date) -> str:
    """The rule of the pattern, whose COUNT is of the dates from `day` on."""
    counted = re.search("COUNT=([0-9]+)", pattern.rule)
    if counted is None:
        return pattern.rule
    number = int(counted[1])
    before = len(first_dates(pattern, date.min, day - ONE_DAY, number))
    return pattern.rule.replace(counted[0], f"COUNT={number - before}")


def session_hours(session: PlainSession, after: date, last: date) -> Iterable[tuple[date, SessionHours]]:
    """The dates from `after` to `last` on which the session is held, each with its hours then."""
    changed = dict(session.exceptions)
    for day in held_dates(session, after, last):
        exception = changed.get(day)
        if exception is None:
            yield day, session.hours
        elif exception.starts is not None and exception.ends is not None:
            yield day, session.hours.at(exception.starts, exception.ends)


def _exception_of(table: Mapping[str, Any]) -> ExceptionFacts:
    starts, ends = (value_checks.wall_time(table[key]) if key in table else None for key in ("starts", "ends"))
    return ExceptionFacts(starts, ends, table.get("reason", ""))


def _exception_table(day: date, changed: ExceptionFacts) -> dict[str, Any]:
    table: dict[str, Any] = {"date": day.isoformat()}
    if changed.starts is not None and changed.ends is not None:
        table |= {"starts": f"{changed.starts:%H:%M}", "ends": f"{changed.ends:%H:%M}"}
    return table | ({"reason": changed.reason} if changed.reason else {})
