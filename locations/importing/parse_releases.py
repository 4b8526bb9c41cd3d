"""The shares of a session in the file: from when on residents can book which part of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from locations.importing import toml_fields
from locations.importing.table_reader import Reader
from locations.importing.toml_lines import Path
from locations.release_shares import ALL, MOST_SHARES, Release, in_order, release_tables


def read_releases(reader: Reader, found: Any, row: Mapping[str, Any], path: Path, name: str) -> list[dict[str, Any]]:
    """The shares as they are stored; none where the session has no such key. `row` are the other values of the session."""
    at_key = (*path, "releases")
    listed = reader.tables(found, "releases", path, name)
    rows = [(reader.table(raw, toml_fields.RELEASE, at, f"a share of {name}"), at) for raw, at in listed]
    releases = [
        Release(one["percent"], one["days_before"], one["at"] or time.min)
        for one, _ in rows
        if one["percent"] is not None and one["days_before"] is not None
    ]
    if not rows or len(releases) < len(rows):
        return release_tables(releases)
    if len(rows) > MOST_SHARES:
        reader.note(at_key, f"{name} has {len(rows)} shares; the most is {MOST_SHARES}.")
    of_staff = row["reserved_percent"] or 0
    sum_ = sum(one.percent for one in releases) + of_staff
    if sum_ != ALL:
        what = f"the shares of {name} are {sum_} percent with its reserved_percent of {of_staff}; they must be {ALL}."
        reader.note(at_key, what)
    if not in_order(releases):
        reader.note(at_key, f"each share of {name} must come after the one before it: put the most days_before first.")
    if row["drop_in"]:
        reader.note(at_key, f"{name} is for people without an appointment, so it has no shares: remove releases.")
    return release_tables(releases)
