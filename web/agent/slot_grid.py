"""Slots of all sites as a grid of places by days, in ready words: the template only lays them out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.availability.bits import Bits, ticks_of
from booking.queries.week_grid import Starts
from booking.slot_tokens import prefix
from core.language import Language
from core.wall_clock import instant_of, local_date_of
from locations.model import SiteFacts
from web.labels import MODES, MODES_IN_SENTENCE
from web.request_language import current_language, format_day_short

FIRST_TIMES = 3
DAYS_SHOWN = 7
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Time:
    """A start on a button: its token, the time, and in full for somebody who hears one button at a time."""

    token: str
    text: str
    in_full: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One place on one day: how much is free, or why nothing is."""

    key: str
    free: int
    text: str
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One place, in one mode."""

    name: str
    hint: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """The days and the places."""

    days: tuple[tuple[date, str], ...]
    rows: tuple[Row, ...]

    @property
    def free(self) -> int:
        """How many starts are free in all."""
        return sum(cell.free for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class Line:
    """What a row stands for: a site in one mode, its distance, and the beginning of its tokens."""

    site: SiteFacts
    mode: str
    miles: float | None
    token: str


def lines_of(
    sites: Iterable[tuple[SiteFacts, float | None]],
    modes_at: Callable[[SiteFacts], Iterable[str]],
    authority_id: int,
    service_ids: tuple[int, ...],
    *,
    extra_time: bool,
) -> list[Line]:
    """A line for each site and each mode it offers, in the order of `sites`."""
    return [
        Line(site, mode, miles, prefix(authority_id, site.id, service_ids, mode, extra_time=extra_time))
        for site, miles in sites
        for mode in modes_at(site)
    ]


def grid_of(
    lines: Sequence[Line],
    starts: Starts,
    dates: Sequence[date],
    zone: str,
    why_none: Callable[[SiteFacts, date], str],
) -> Grid:
    """The grid of `lines` by `dates`. A Saturday or Sunday on which nothing is free anywhere is left out."""
    busy_days = {day for _, day in starts}
    shown = [day for day in dates if day.weekday() < SATURDAY or day in busy_days]
    days = tuple((day, format_day_short(day)) for day in shown)
    return Grid(days, tuple(_row(line, days, starts, zone, why_none) for line in lines))


def _row(
    line: Line,
    days: Sequence[tuple[date, str]],
    starts: Starts,
    zone: str,
    why_none: Callable[[SiteFacts, date], str],
) -> Row:
    where, cells, language = place_label(line.site, line.mode), [], current_language()
    for day, short_day in days:
        base_unit, bits = starts.get((line.site.id, day), (0, 0))
        count = bits.bit_count()
        text = language.ngettext("%(num)s free", "%(num)s free", count) if count else why_none(line.site, day)
        units = units_of(base_unit, bits, FIRST_TIMES)
        times = tuple([_time(line, unit, zone, short_day, where, language) for unit in units])
        cells.append(Cell(f"{line.site.id}.{line.mode}.{day.isoformat()}", count, text, times))
    hint = language.miles(line.miles) if line.mode == "in_person" else str(MODES[line.mode])
    return Row(line.site.name, hint, tuple(cells))


def units_of(base_unit: int, bits: Bits, limit: int | None = None) -> list[int]:
    """The units of the first `limit` starts, or of all of them."""
    if limit is None:
        return [base_unit + tick for tick in ticks_of(bits)]
    units: list[int] = []
    while bits and len(units) < limit:
        lowest = bits & -bits
        units.append(base_unit + lowest.bit_length() - 1)
        bits ^= lowest
    return units


def _time(line: Line, unit: int, zone: str, day: str, where: str, language: Language) -> Time:
    at = clock_time(unit, zone, language)
    in_full = language.gettext("%(time)s %(day)s, %(place)s", time=at, day=day, place=where)
    return Time(f"{line.token}{unit:x}", at, in_full)


def all_times(line: Line, units: Iterable[int], zone: str) -> list[Time]:
    """Every one of `units` as a button of this line."""
    where, language = place_label(line.site, line.mode), current_language()
    return [_time(line, unit, zone, language.day_short(local_date_of(unit, zone)), where, language) for unit in units]


@lru_cache(maxsize=20_000)
def clock_time(unit: int, zone: str, language: Language) -> str:
    """ "9:30am": the wall-clock time at which `unit` begins."""
    return language.time(instant_of(unit).astimezone(ZoneInfo(zone)))


def place_label(site: SiteFacts, mode: str) -> str:
    """Where it is: the name, and the mode unless people go there."""
    return site.name if mode == "in_person" else f"{site.name}, {MODES_IN_SENTENCE[mode]}"


def week_from(first: date) -> list[date]:
    """The dates that one grid shows."""
    return [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
