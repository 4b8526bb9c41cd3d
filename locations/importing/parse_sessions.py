"""A session of the file: weekday words, an RRULE or one date; its hours, what it opens, and its exceptions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from locations.importing import toml_fields
from locations.importing.council_plan import SessionPlan
from locations.importing.parse_releases import read_releases
from locations.importing.recurrence_rules import check_dates, is_shut_always
from locations.importing.table_reader import Reader
from locations.importing.toml_lines import Path
from locations.importing.value_checks import WrongValueError, did_you_mean
from locations.opening_hours import is_session_date
from locations.session_facts import ExceptionFacts, HolidayRule, RecurrenceFacts, SessionHours

MIDNIGHT = time.min
HOURS = ("slug", "starts", "ends", "break_starts", "break_ends", "reserved_percent", "release_hours", "drop_in")
Exceptions = dict[date, tuple[ExceptionFacts, Path]]
SINCE = date(2020, 1, 1)
"""From when weekday words hold that say no first date: the same on every import."""


def read_session(
    reader: Reader, found: Any, path: Path, name: str, groups: Mapping[str, Sequence[str]], holidays: HolidayRule
) -> SessionPlan:
    """The session in a table. `groups` says which resources of the site each word means, `holidays` when it is shut."""
    row = reader.table(found, toml_fields.SESSION, path, name, also=("exceptions", "releases"))
    _note_hours(reader, row, path, name)
    exceptions = _exceptions(reader, found, path, name)
    hours = {key: row[key] for key in HOURS} | {"releases": read_releases(reader, found, row, path, name)}
    dates = _dates(reader, found, row, path, name)
    if row["school"] and "date" in dates:
        reader.note((*path, "school"), f"{name} is on one date: remove school.")
    if dates.get("rrule"):
        _note_idle(reader, _facts(dates, exceptions), exceptions, holidays, path, name)
    return SessionPlan(
        slug=row["slug"],
        is_dated="date" in dates,
        values=hours | dates | ({} if "date" in dates else {"school": row["school"] or ""}),
        resources=_resources(reader, row["resources"] or (), groups, path, name),
        services=tuple(row["services"] or ()),
        exceptions={day: facts for day, (facts, _) in exceptions.items()},
        path=path,
    )


def _dates(reader: Reader, found: Any, row: Mapping[str, Any], path: Path, name: str) -> dict[str, Any]:
    """The columns that say when: a date, or a rule with its first and last dates."""
    given = [key for key in ("days", "rrule", "date") if isinstance(found, dict) and key in found]
    if len(given) != 1:
        reader.note(path, f'{name} needs exactly one of days (such as ["monday"]), rrule, or date.')
    if len(given) != 1 or row[given[0]] is None:
        return {"rrule": "", "first_date": SINCE, "last_date": None}
    if given == ["date"]:
        if row["first_date"] or row["last_date"]:
            reader.note(path, f"{name} is on one date: remove first_date and last_date.")
        return {"date": row["date"]}
    return _recurring(reader, row, given[0], path, name)


def _recurring(reader: Reader, row: Mapping[str, Any], key: str, path: Path, name: str) -> dict[str, Any]:
    first_date, last_date = row["first_date"], row["last_date"]
    if key == "rrule" and first_date is None:
        reader.note(path, f"{name} needs first_date: an rrule is counted from there.")
    first_date = first_date or SINCE
    dates = {"rrule": row[key], "first_date": first_date, "last_date": last_date}
    if last_date is not None and last_date < first_date:
        reader.note((*path, "last_date"), f"last_date of {name} is before its first_date.")
        return dates | {"rrule": ""}
    try:
        check_dates(_facts(dates, {}))
    except WrongValueError as wrong:
        reader.note((*path, key), f"{key} of {name} {wrong}.")
        return dates | {"rrule": ""}
    return dates


def _facts(dates: Mapping[str, Any], exceptions: Exceptions) -> RecurrenceFacts:
    """The recurrence, as far as it decides on dates."""
    changed = {day: facts for day, (facts, _) in exceptions.items()}
    when = (dates["rrule"], dates["first_date"], dates["last_date"])
    return RecurrenceFacts("", *when, SessionHours(MIDNIGHT, MIDNIGHT), (), frozenset(), changed)


def _note_hours(reader: Reader, row: Mapping[str, Any], path: Path, name: str) -> None:
    starts, ends = row["starts"], row["ends"]
    if starts is not None and ends is not None and ends <= starts:
        reader.note((*path, "ends"), f"{name} ends at {ends:%H:%M}, which is not after it starts at {starts:%H:%M}.")
    _note_break(reader, row, path, name)
    if row["drop_in"] and row["reserved_percent"]:
        what = f"{name} is for people without an appointment, so nothing is kept: remove reserved_percent."
        reader.note((*path, "reserved_percent"), what)
    if row["release_hours"] and not row["reserved_percent"]:
        reader.note((*path, "release_hours"), f"{name} has release_hours and keeps nothing: add reserved_percent.")


def _note_break(reader: Reader, row: Mapping[str, Any], path: Path, name: str) -> None:
    begins, stops, starts, ends = (row[key] for key in ("break_starts", "break_ends", "starts", "ends"))
    if (begins is None) != (stops is None):
        reader.note(path, f"{name} needs both break_starts and break_ends, or neither.")
    elif None not in (begins, starts, ends) and not starts < begins < stops < ends:
        reader.note((*path, "break_starts"), f"the break of {name} must lie within its hours and end after it begins.")


def _resources(
    reader: Reader, names: Sequence[str], groups: Mapping[str, Sequence[str]], path: Path, name: str
) -> tuple[str, ...]:
    slugs: list[str] = []
    for group in names:
        if group not in groups:
            hint = did_you_mean(group, list(groups)) or "; add it to the resources of the site"
            reader.note((*path, "resources"), f"{name} opens {group!r}, which is no resource of its site{hint}.")
        slugs += groups.get(group, ())
    return tuple(dict.fromkeys(slugs))


def _exceptions(reader: Reader, found: Any, path: Path, name: str) -> Exceptions:
    exceptions: Exceptions = {}
    listed = reader.tables(found, "exceptions", path, name)
    if listed and isinstance(found, dict) and "date" in found:
        reader.note((*path, "exceptions"), f"{name} is on one date, so it can have no exceptions: change it instead.")
    for raw, at in listed:
        row = reader.table(raw, toml_fields.EXCEPTION, at, f"an exception of {name}")
        starts, ends = row["starts"], row["ends"]
        if (starts is None) != (ends is None):
            reader.note(at, f"an exception of {name} needs both starts and ends, or neither when the date is off.")
        elif starts is not None and ends <= starts:
            reader.note((*at, "ends"), f"an exception of {name} ends at {ends:%H:%M}, not after it starts.")
        if row["date"] in exceptions:
            reader.note((*at, "date"), f"{name} has two exceptions on {row['date']}; keep one.")
        elif row["date"] is not None:
            exceptions[row["date"]] = (ExceptionFacts(starts, ends, row["reason"]), at)
    return exceptions


def _note_idle(
    reader: Reader, facts: RecurrenceFacts, exceptions: Exceptions, holidays: HolidayRule, path: Path, name: str
) -> None:
    """Note exceptions on days that have no session anyway, and a session that is never open."""
    for day, (_, at) in exceptions.items():
        if not is_session_date(facts, day):
            reader.note((*at, "date"), f"{name} is not held on {day:%A} {day}, so it needs no exception there.")
    if is_shut_always(facts, holidays):
        advice = "give each of these dates a session with its date, or set closes_on_bank_holidays = false"
        reader.note(path, f"{name} falls on bank holidays only, when the site is shut: {advice}.")
