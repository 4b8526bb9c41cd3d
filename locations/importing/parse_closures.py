"""A closure of the file: whole days, or from one moment to another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from core.wall_clock import wall_instant
from locations.importing import toml_fields
from locations.importing.council_plan import ClosurePlan
from locations.importing.table_reader import Reader, named
from locations.importing.toml_lines import Path

WHEN = ("first_date", "last_date", "starts_at", "ends_at")
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def read_closures(
    reader: Reader, parent: Any, path: Path, name: str, zone: str, *, people: frozenset[str] | None = None
) -> Iterator[ClosurePlan]:
    """The closures listed in a table, in instants. `people` are those whom one of the whole council may name."""
    for found, at in reader.tables(parent, "closures", path, name):
        label = f"{named('closure', found, int(at[-1]))} of {name}"
        row = reader.table(found, toml_fields.CLOSURE, at, label)
        if row["resource"] is not None and people is not None and row["resource"] not in people:
            reader.note(
                (*at, "resource"), f"{label} is of the whole council; move it under the site to shut one resource."
            )
        starts_at, ends_at = _period(reader, found, row, at, label, zone)
        same = {name: row[name] for name in ("slug", "resource", "service", "topic", "mode", "reason")}
        yield ClosurePlan(starts_at=starts_at, ends_at=ends_at, path=at, **same)


def _period(
    reader: Reader, found: Any, row: Mapping[str, Any], path: Path, name: str, zone: str
) -> tuple[datetime, datetime]:
    given = {key for key in WHEN if isinstance(found, dict) and key in found}
    by_day = "first_date" in given
    if given not in ({"first_date"}, {"first_date", "last_date"}, {"starts_at", "ends_at"}):
        reader.note(path, f"{name} needs either first_date (and last_date), or starts_at and ends_at.")
        return EPOCH, EPOCH
    if any(row[key] is None for key in given):  # noted already
        return EPOCH, EPOCH
    if by_day:
        last_date = row["last_date"] or row["first_date"]
        starts_at = wall_instant(row["first_date"], time.min, zone)
        ends_at = wall_instant(last_date + timedelta(days=1), time.min, zone)
    else:
        starts_at, ends_at = _instant(row["starts_at"], zone), _instant(row["ends_at"], zone)
    if ends_at <= starts_at:
        reader.note((*path, "last_date" if by_day else "ends_at"), f"{name} ends before it begins.")
    return starts_at, ends_at


def _instant(moment: datetime, zone: str) -> datetime:
    """The instant of a moment on the site's clock, or of one that names its own offset."""
    return moment.astimezone(UTC) if moment.tzinfo else wall_instant(moment.date(), moment.time(), zone)
