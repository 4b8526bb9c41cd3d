"""A line of a rota as values: who, on which day, where, from when until when, for which services. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from booking.importing.clashes import Clash, ImportRefused
from core.errors import InvalidValue, Reason
from core.text import clean_line
from core.wall_clock import TICK_MINUTES

MOST_BYTES = 500_000
MOST_SHIFTS = 1000
MOST_DAYS_AHEAD = 184
LONGEST_CELL = 200
JOINED_BY = "+"
FORMULA_MARKS = ("=", "@", "+", "-")
WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
WHO, SITE, STARTS, ENDS, SERVICES, DAY = "who", "site", "starts", "ends", "services", "date"


class Hours(NamedTuple):
    """From when until when, by the clock of the place."""

    starts: time
    ends: time


@dataclass(frozen=True)
class Shift:
    """A line of the rota, with names as they are written. Without hours nobody of it works on that day."""

    line: int
    day: date
    who: tuple[str, ...]
    site: str
    hours: Hours | None
    services: tuple[str, ...]


@dataclass(frozen=True)
class Period:
    """The days of which a rota may speak, both included. What it says of earlier days is left out."""

    first: date
    last: date

    @classmethod
    def from_today(cls, today: date) -> Period:
        """The period as it is today."""
        return cls(today, today + timedelta(days=MOST_DAYS_AHEAD))


@dataclass(frozen=True)
class RotaLines:
    """What a file says: its lines, what is wrong with the others, and how many are of days that are over."""

    shifts: tuple[Shift, ...]
    clashes: tuple[Clash, ...]
    past: int


def check_size(content: bytes) -> None:
    """Raises: ImportRefused for a file that is too large, or is a workbook."""
    if len(content) > MOST_BYTES:
        raise refused(1, "", Reason("rota_too_large", {"most": MOST_BYTES // 1000}))
    if content.startswith(WORKBOOK_MARKS):
        raise refused(1, "", Reason("rota_workbook"))


def read_text(text: str) -> str:
    """A cell as one line. Raises: InvalidValue, for the formula of a spreadsheet too."""
    line = clean_line(text, LONGEST_CELL)
    if line.startswith(FORMULA_MARKS):
        raise InvalidValue.because("rota_formula")
    return line


def several(line: str) -> tuple[str, ...]:
    """The names in a cell, joined by +, each once."""
    parts = (part.strip() for part in line.split(JOINED_BY))
    return tuple(dict.fromkeys(part for part in parts if part))


def check_hours(hours: Hours) -> tuple[str, Reason] | None:
    """What is wrong with these hours, and with which of them; or None."""
    for name, at in ((STARTS, hours.starts), (ENDS, hours.ends)):
        if at.minute % TICK_MINUTES or at.second:
            return name, Reason("rota_off_grid", {"minutes": TICK_MINUTES})
    return None if hours.starts < hours.ends else (ENDS, Reason("rota_ends_first"))


def check_day(day: date, period: Period) -> Reason | None:
    """Why the rota cannot speak of this day, or None."""
    return Reason("rota_too_far", {"last": f"{period.last:%d/%m/%Y}"}) if day > period.last else None


def hours_between(starts_at: datetime, ends_at: datetime) -> Hours:
    """The hours of a shift that begins and ends on one day. Raises: InvalidValue for any other."""
    if starts_at.date() != ends_at.date():
        raise InvalidValue.because("rota_over_midnight")
    return Hours(starts_at.time(), ends_at.time())


def in_limits(shifts: Iterable[Shift], clashes: Sequence[Clash], past: int) -> RotaLines:
    """What was read, if it is not too much. Raises: ImportRefused."""
    found: list[Shift] = []
    for shift in shifts:
        found.append(shift)
        if len(found) > MOST_SHIFTS:
            raise refused(shift.line, "", Reason("rota_too_many", {"most": MOST_SHIFTS}))
    return RotaLines(tuple(found), tuple(clashes), past)


def refused(line: int, column: str, reason: Reason) -> ImportRefused:
    """The refusal of a whole file."""
    return ImportRefused((Clash(line, column, reason),))
