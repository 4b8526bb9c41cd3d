"""From which day on a change of the set-up can change free times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from locations.importing import value_checks
from locations.importing.set_up_tables import Table, TableChange
from locations.session_tables import PlainSession, held_dates, session_hours, session_of

YEARS = 2  # so far ahead the days of a session are looked at
WHEN = frozenset({"slug", "days", "rrule", "date", "first_date", "last_date", "exceptions", "school"})
OPENED_BY_SESSIONS = frozenset({"site", "resource", "person"})  # new ones have no times before a session opens them


def first_touched(changes: Iterable[TableChange], today: date, school_days_off: frozenset[date]) -> date:
    """The first day from `today` on whose free times can change; `today` where the change has no first day."""
    found = [day for change in changes for day in _days_of(change, today, school_days_off)]
    return min(found, default=today)


def is_not_open_yet(change: TableChange) -> bool:
    """Whether it is something new that has no times of its own before a session opens it."""
    return change.before is None and change.key.kind in OPENED_BY_SESSIONS


def _days_of(change: TableChange, today: date, off: frozenset[date]) -> Iterator[date]:
    """The first day of a change; none where it opens nothing and shuts nothing by itself."""
    kind, before, after = change.key.kind, change.before, change.after
    if kind == "session":
        sessions = [None if table is None else session_of(table, off) for table in (before, after)]
        day = _first_difference(sessions[0], sessions[1], _others(before) != _others(after), today)
        if day is not None:
            yield day
    elif kind == "ward" or is_not_open_yet(change):
        return
    elif before is not None and after is not None and _is_of_its_end(before, after):
        ends = (table["closed_from"] for table in (before, after) if "closed_from" in table)
        yield max(today, min(map(value_checks.day, ends)))
    else:
        yield today


def _others(table: Table | None) -> dict[str, object]:
    return {key: value for key, value in (table or {}).items() if key not in WHEN}


def _is_of_its_end(before: Table, after: Table) -> bool:
    differs = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return "closed_from" in differs and differs <= {"closed_from", "successor", "where_to_go"}


def _first_difference(
    before: PlainSession | None,
    after: PlainSession | None,
    opens_others: bool,
    today: date,
) -> date | None:
    """The first day on which the two differ; when they open other things, the first on which either is held."""
    last = date(today.year + YEARS, 12, 31)
    sessions = [one for one in (before, after) if one is not None]
    if len(sessions) == 1 or opens_others:
        return min((day for one in sessions for day in held_dates(one, today, last, 1)), default=None)
    old, new = (dict(session_hours(one, today, last)) for one in sessions)
    return min((day for day in old.keys() | new.keys() if old.get(day) != new.get(day)), default=None)
