"""The school holidays of the file, and the sessions that depend on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from locations.importing import toml_fields
from locations.importing.council_plan import SitePlan
from locations.importing.table_reader import Reader
from locations.importing.toml_lines import Path
from locations.school_holidays import LONGEST_DAYS, in_order, overlapping_holidays


def read_school_holidays(reader: Reader, found: Any, path: Path) -> list[dict[str, Any]]:
    """The school holidays as they are stored, by their first day."""
    holidays = []
    for raw, at in reader.tables(found, "school_holidays", path, "[authority]"):
        row = reader.table(raw, toml_fields.SCHOOL_HOLIDAY, at, "a school holiday")
        first, last = row["first_date"], row["last_date"]
        if row["name"] is None or first is None or last is None:
            continue
        if not _is_period(reader, first, last, row["name"], at):
            continue
        holidays.append({"name": row["name"], "first_date": first.isoformat(), "last_date": last.isoformat()})
    if overlapping_holidays(holidays):
        reader.note((*path, "school_holidays"), "Two school holidays share a day; each day stands in one of them.")
    return in_order(holidays)


def _is_period(reader: Reader, first: date, last: date, name: str, path: Path) -> bool:
    if last < first:
        reader.note((*path, "last_date"), f"last_date of school holiday {name!r} is before its first_date.")
    elif (last - first).days >= LONGEST_DAYS:
        what = f"school holiday {name!r} has more than {LONGEST_DAYS} days; are its dates right?"
        reader.note((*path, "last_date"), what)
    else:
        return True
    return False


def note_sessions_without_holidays(reader: Reader, authority: Mapping[str, Any], sites: Iterable[SitePlan]) -> None:
    """Note sessions that depend on school holidays of a council that has said none."""
    if authority["school_holidays"]:
        return
    for site in sites:
        for session in site.sessions:
            if session.values.get("school"):
                what = f'session "{session.slug}" of site "{site.values["slug"]}" depends on school holidays'
                reader.note((*session.path, "school"), f"{what}: add school_holidays to [authority].")
