"""The lines of a rota in a CSV file. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from booking.importing.clashes import Clash
from booking.importing.csv_file import CsvRow, read_rows
from booking.importing.start_values import parse_start
from booking.rota.shifts import (
    DAY,
    ENDS,
    SERVICES,
    SITE,
    STARTS,
    WHO,
    Hours,
    Period,
    RotaLines,
    Shift,
    check_day,
    check_hours,
    in_limits,
    read_text,
    several,
)
from core.errors import InvalidValue

COLUMNS = (DAY, WHO, SITE, STARTS, ENDS, SERVICES)
NEEDED = (DAY, WHO, STARTS, ENDS)


def csv_shifts(content: bytes, period: Period) -> RotaLines:
    """The shifts of the file, and what is wrong with the other lines. Raises: ImportRefused when none can be read."""
    rows, clashes = read_rows(content, COLUMNS, NEEDED)
    shifts, past = list[Shift](), 0
    for row in rows:
        read = _shift(row, period)
        if isinstance(read, Shift):
            shifts.append(read)
        elif read is None:
            past += 1
        else:
            clashes += read
    return in_limits(shifts, clashes, past)


def _shift(row: CsvRow, period: Period) -> Shift | list[Clash] | None:
    """The shift of a row, what is wrong with it, or None for one of a day that is over."""
    values, clashes = dict[str, Any](), list[Clash]()
    for name in COLUMNS:
        try:
            values[name] = PARSERS[name](read_text(row.values.get(name, "")))
        except InvalidValue as error:
            clashes.append(Clash(row.line, name, error.reason))
    if clashes:
        return clashes
    day: date = values[DAY]
    if day < period.first:
        return None
    try:
        hours = _hours(values[STARTS], values[ENDS])
    except _HalfGiven as half:
        return [Clash(row.line, half.name, InvalidValue.because("import_value_missing").reason)]
    wrong = (check_hours(hours) if hours else None) or ((DAY, reason) if (reason := check_day(day, period)) else None)
    if wrong:
        return [Clash(row.line, *wrong)]
    return Shift(row.line, day, values[WHO], values[SITE], hours, values[SERVICES])


class _HalfGiven(Exception):
    """One of the two times is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _hours(starts: time | None, ends: time | None) -> Hours | None:
    """The hours; None when there are none, which is a day off. Raises: _HalfGiven."""
    if starts is None and ends is None:
        return None
    if starts is None or ends is None:
        raise _HalfGiven(STARTS if starts is None else ENDS)
    return Hours(starts, ends)


def read_day(text: str) -> date:
    """The day in a cell. Raises: InvalidValue."""
    if not text:
        raise InvalidValue.because("import_value_missing")
    try:
        return parse_start(f"{text} 00:00").date()
    except InvalidValue as error:
        raise InvalidValue.because("rota_day_form") from error


def _time(text: str) -> time | None:
    if not text:
        return None
    try:
        return parse_start(f"2026-01-01 {text}").time()
    except InvalidValue as error:
        raise InvalidValue.because("rota_time_form") from error


def _who(text: str) -> tuple[str, ...]:
    names = several(text)
    if not names:
        raise InvalidValue.because("import_value_missing")
    return names


PARSERS: dict[str, Callable[[str], Any]] = {
    DAY: read_day,
    WHO: _who,
    SITE: str,
    STARTS: _time,
    ENDS: _time,
    SERVICES: several,
}
