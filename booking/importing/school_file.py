"""School holidays in a CSV file or a calendar, as the set-up says them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from booking.importing.clashes import Clash, ImportRefused
from booking.importing.csv_file import CsvRow, read_rows
from booking.rota.calendar_shifts import calendar_events, is_calendar, line_of
from booking.rota.csv_shifts import read_day
from booking.rota.shifts import check_size, read_text, refused
from core.errors import InvalidValue, Reason
from core.wall_clock import ONE_DAY, check_year
from locations.school_holidays import in_order

COLUMNS = ("name", "first_date", "last_date")
MOST_HOLIDAYS = 200
Holiday = dict[str, Any]


def school_holidays_in(content: bytes) -> list[Holiday]:
    """The holidays in the file, by their first day. Raises: ImportRefused with all that is wrong, by line."""
    check_size(content)
    read = list(_of_calendar(content) if is_calendar(content) else _of_csv(content))
    clashes = [one for one in read if isinstance(one, Clash)]
    if clashes:
        raise ImportRefused(tuple(sorted(clashes)))
    holidays = [one for one in read if isinstance(one, dict)]
    if not holidays:
        raise refused(1, "", Reason("school_file_empty"))
    if len(holidays) > MOST_HOLIDAYS:
        raise refused(1, "", Reason("school_file_too_long", {"most": MOST_HOLIDAYS}))
    return in_order(holidays)


def with_holidays(known: Sequence[Mapping[str, Any]], new: Sequence[Holiday]) -> list[Holiday]:
    """The known holidays with the new ones, which take the place of those with which they share a day."""
    kept = (
        dict(one)
        for one in known
        if not any(one["first_date"] <= two["last_date"] and two["first_date"] <= one["last_date"] for two in new)
    )
    return in_order([*kept, *new])


def _of_csv(content: bytes) -> Iterator[Holiday | Clash]:
    rows, clashes = read_rows(content, COLUMNS, COLUMNS)
    yield from clashes
    for row in rows:
        yield from _of_row(row)


def _of_row(row: CsvRow) -> Iterator[Holiday | Clash]:
    values: dict[str, Any] = {}
    for name in COLUMNS:
        try:
            text = read_text(row.values[name])
            if not text:
                raise InvalidValue.because("import_value_missing")
            values[name] = text if name == "name" else read_day(text)
        except InvalidValue as error:
            yield Clash(row.line, name, error.reason)
    if len(values) == len(COLUMNS):
        yield _holiday(row.line, values["name"], values["first_date"], values["last_date"])


def _of_calendar(content: bytes) -> Iterator[Holiday | Clash]:
    for event in calendar_events(content)[1]:
        line = line_of(event)
        if "RRULE" in event:
            yield Clash(line, "RRULE", Reason("school_recurs"))
            continue
        starts, ends = (getattr(event.get(name), "dt", None) for name in ("DTSTART", "DTEND"))
        try:
            name = read_text(str(event.get("SUMMARY", "")))
            if not name or not isinstance(starts, date):
                raise InvalidValue.because("rota_event_unreadable")
            first = _day(starts)
            last = first if not isinstance(ends, date) else _last_day(ends)
            yield _holiday(line, name, check_year(first), check_year(last))
        except InvalidValue as error:
            yield Clash(line, "", error.reason)


def _holiday(line: int, name: str, first: date, last: date) -> Holiday | Clash:
    if last < first:
        return Clash(line, "last_date", Reason("school_ends_first"))
    return {"name": name, "first_date": first.isoformat(), "last_date": last.isoformat()}


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _last_day(ends: date) -> date:
    """The last day of an event: an event of whole days ends before its end. Source: RFC 5545 3.6.1."""
    return ends.date() if isinstance(ends, datetime) else ends - ONE_DAY
