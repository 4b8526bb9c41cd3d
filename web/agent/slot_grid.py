"""The free starts of all sites as a grid of places by days, in the texts that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.availability.bits import Bits, ticks_of
from booking.queries.starts_of_week import Starts
from core.language import Language
from core.wall_clock import instant_of, local_date_of
from locations.model import SiteFacts
from web.labels import MODES, MODES_IN_SENTENCE
from web.request_language import current_language, format_day_short

FIRST_TIMES = 3
DAYS_SHOWN = 7
SATURDAY = 5
WhyNone = Mapping[tuple[int, date], str]  # by site and day


@dataclass(frozen=True, slots=True)
class Time:
    """A start on a button: its token, its time, and time, day and place for somebody who hears one button at a time."""

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
    """The labels of the days, and a row for each place and mode."""

    day_labels: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def free(self) -> int:
        """How many starts are free in all."""
        return sum(cell.free for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class GridRowSpec:
    """What a row of the grid is about: a site in one mode, its distance, and the beginning of its slots' tokens."""

    site: SiteFacts
    mode: str
    miles: float | None
    token: str
    is_own_area: bool = False


def row_specs(
    sites: Iterable[tuple[SiteFacts, float | None, Iterable[str]]],
    authority_id: int,
    service_ids: tuple[int, ...],
    prefix: Callable[[int, int, tuple[int, ...], str], str],
    own_area: Collection[int] = (),
) -> list[GridRowSpec]:
    """A row for each site and each of its modes, in the order of `sites`: (site, miles, modes).

    `prefix` gives the beginning of a token for council, site, services and mode; `own_area` has the sites in the area of
    whoever it is for, where a service is for people from there first.
    """
    return [
        GridRowSpec(site, mode, miles, prefix(authority_id, site.id, service_ids, mode), site.id in own_area)
        for site, miles, modes in sites
        for mode in modes
    ]


def days_shown(starts: Starts, dates: Sequence[date]) -> list[date]:
    """The `dates` without a Saturday or Sunday on which nothing is free anywhere."""
    days_with_starts = {day for _, day in starts}
    return [day for day in dates if day.weekday() < SATURDAY or day in days_with_starts]


def make_grid(rows: Sequence[GridRowSpec], starts: Starts, days: Sequence[date], zone: str, why_none: WhyNone) -> Grid:
    """The grid of `rows` by `days`. `why_none` has the text for each site and day without a start."""
    labels = [(day, format_day_short(day)) for day in days]
    return Grid(tuple(label for _, label in labels), tuple(_row(row, labels, starts, zone, why_none) for row in rows))


def _row(row: GridRowSpec, days: Sequence[tuple[date, str]], starts: Starts, zone: str, why_none: WhyNone) -> Row:
    site, place, language = row.site, place_label(row.site, row.mode), current_language()
    cells = []
    for day, day_label in days:
        base_unit, bits = starts.get((site.id, day), (0, 0))
        count = bits.bit_count()
        text = language.ngettext("%(num)s free", "%(num)s free", count) if count else why_none[site.id, day]
        units = units_of(base_unit, bits, FIRST_TIMES)
        times = tuple([_time(row.token, unit, zone, day_label, place, language) for unit in units])
        cells.append(Cell(f"{site.id}.{row.mode}.{day.isoformat()}", count, text, times))
    hint = language.miles(row.miles) if row.mode == "in_person" else str(MODES[row.mode])
    if row.is_own_area and row.mode == "in_person":
        hint = language.gettext("%(distance)s, in their area", distance=hint)
    return Row(site.name, hint, tuple(cells))


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


@lru_cache(maxsize=5_000)  # a grid has hundreds, and the next one of the same week has most of them again
def _time(token: str, unit: int, zone: str, day: str, place: str, language: Language) -> Time:
    text = clock_time(unit, zone, language)
    in_full = language.gettext("%(time)s %(day)s, %(place)s", time=text, day=day, place=place)
    return Time(f"{token}{unit:x}", text, in_full)


def all_times(row: GridRowSpec, units: Iterable[int], zone: str) -> list[Time]:
    """A button for each of `units` at the site and in the mode of `row`."""
    place, language = place_label(row.site, row.mode), current_language()
    days = ((unit, language.day_short(local_date_of(unit, zone))) for unit in units)
    return [_time(row.token, unit, zone, day, place, language) for unit, day in days]


@lru_cache(maxsize=20_000)
def clock_time(unit: int, zone: str, language: Language) -> str:
    """ "9:30am": the wall-clock time at which `unit` begins."""
    return language.time(instant_of(unit).astimezone(ZoneInfo(zone)))


def place_label(site: SiteFacts, mode: str) -> str:
    """The name of the site, and the mode unless people go there, or the name says it."""
    way = str(MODES_IN_SENTENCE[mode])
    return site.name if mode == "in_person" or site.name.casefold() == way.casefold() else f"{site.name}, {way}"


def week_from(first: date) -> list[date]:
    """The dates that one grid shows."""
    return [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
