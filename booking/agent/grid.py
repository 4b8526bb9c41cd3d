"""Slots of all sites as a grid of places by days, in ready words: the template only lays them out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.availability.values import Slot
from booking.model import MODES
from booking.offers import prefix
from core.wall_clock import instant_of, local_day
from core.wording import day_words_short, miles_words, time_words
from locations.catalogue import SiteFacts

FIRST_TIMES = 3
DAYS_SHOWN = 7
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Time:
    """A start on a button: its token, the time, and in full for somebody who hears one button at a time."""

    token: str
    words: str
    in_full: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One place on one day. Where nothing is free, `words` say why."""

    key: str
    free: int
    words: str
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One place, in one mode."""

    name: str
    hint: str
    cells: tuple[Cell, ...]
    times: int


@dataclass(frozen=True)
class Grid:
    """The days and the places."""

    days: tuple[tuple[date, str], ...]
    rows: tuple[Row, ...]

    @property
    def free(self) -> int:
        """How many starts are free in all."""
        return sum(row.times for row in self.rows)


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
    slots: Iterable[Slot],
    dates: Sequence[date],
    zone: str,
    why_none: Callable[[SiteFacts, date], str],
) -> Grid:
    """The grid of `lines` by `dates`. A Saturday or Sunday on which nothing is free anywhere is left out."""
    starts = _by_cell(slots, dates, zone)
    busy_days = {day for _, day in starts}
    shown = [day for day in dates if day.weekday() < SATURDAY or day in busy_days]
    days = tuple((day, day_words_short(day)) for day in shown)
    return Grid(days, tuple(_row(line, days, starts, zone, why_none) for line in lines))


def _by_cell(slots: Iterable[Slot], dates: Sequence[date], zone: str) -> dict[tuple[int, date], list[int]]:
    """The start units of each site and date, ascending."""
    bounds = [(local_day(day, zone).end_unit, day) for day in dates]
    cells: defaultdict[tuple[int, date], list[int]] = defaultdict(list)
    position = 0
    for slot in slots:  # ascending by start
        while position < len(bounds) and slot.start_unit >= bounds[position][0]:
            position += 1
        if position == len(bounds):
            break
        cells[slot.site_id, bounds[position][1]].append(slot.start_unit)
    return cells


def _row(
    line: Line,
    days: Sequence[tuple[date, str]],
    starts: dict[tuple[int, date], list[int]],
    zone: str,
    why_none: Callable[[SiteFacts, date], str],
) -> Row:
    where = place_words(line.site, line.mode)
    cells, total = [], 0
    for day, day_words in days:
        units = starts.get((line.site.id, day), ())
        total += len(units)
        words = f"{len(units)} free" if units else why_none(line.site, day)
        times = tuple(_time(line, unit, zone, day_words, where) for unit in units[:FIRST_TIMES])
        cells.append(Cell(f"{line.site.id}.{line.mode}.{day.isoformat()}", len(units), words, times))
    hint = miles_words(line.miles) if line.mode == "in_person" else MODES[line.mode]
    return Row(line.site.name, hint, tuple(cells), total)


def _time(line: Line, unit: int, zone: str, day_words: str, where: str) -> Time:
    words = clock_words(unit, zone)
    return Time(f"{line.token}{unit:x}", words, f"{words} {day_words}, {where}")


def all_times(line: Line, slots: Iterable[Slot], zone: str) -> list[Time]:
    """Every one of `slots` (of one site and date) as a button."""
    where = place_words(line.site, line.mode)
    return [_time(line, slot.start_unit, zone, day_words_short(date_of(slot, zone)), where) for slot in slots]


def date_of(slot: Slot, zone: str) -> date:
    """The local date of a slot."""
    return instant_of(slot.start_unit).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=20_000)
def clock_words(unit: int, zone: str) -> str:
    """ "9:30am": the wall-clock time at which `unit` begins."""
    return time_words(instant_of(unit).astimezone(ZoneInfo(zone)))


def place_words(site: SiteFacts, mode: str) -> str:
    """Where it is: the name, and the mode unless people go there."""
    return site.name if mode == "in_person" else f"{site.name}, {MODES[mode].lower()}"


def week_from(first: date) -> list[date]:
    """The dates that one grid shows."""
    return [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
