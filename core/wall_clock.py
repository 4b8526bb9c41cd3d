"""Wall clock to instants and back: the one module where a zone's rules are applied.

Instants travel as *units*: whole steps of five minutes since 1970-01-01T00:00Z. A local day is counted
in *ticks* of the same length since its own midnight, in elapsed time, so the days of 23 and of 25 hours
are simply 276 and 300 ticks long.

Two wall-clock times need a rule. One that the clocks skip means the first instant after the gap, and one
that the clocks show twice means its first showing. Both keep the order of the wall clock: a session from
01:30 to 03:00 on the last Sunday of March is open from 02:00 to 03:00, and never ends before it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.errors import InvalidValue
from core.text import clean_line

FIRST_YEAR, LAST_YEAR = 2000, 2200  # of every day that is typed or sent: weeks can be added to it and taken away
TICK_MINUTES = 5
TICK = timedelta(minutes=TICK_MINUTES)
TICK_SECONDS = TICK_MINUTES * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
Day = TypeVar("Day", date, datetime)


def parse_day(text: str) -> date:
    """The date that `text` (`2026-11-24`) means, in the years that are served. Raises: InvalidValue."""
    line = clean_line(text)
    try:
        day = date.fromisoformat(line)
    except ValueError as error:
        raise InvalidValue.because("day_form") from error
    if day.isoformat() != line:  # 20261124 and 2026-W48-2 are dates too, and would be further addresses of a page
        raise InvalidValue.because("day_form")
    return check_year(day)


def parse_wall_time(text: str) -> time:
    """The time of day that `text` (`09:30`) means. Raises: InvalidValue."""
    line = clean_line(text)
    try:
        wall_time = time.fromisoformat(line)
    except ValueError as error:
        raise InvalidValue.because("wall_time_form") from error
    if f"{wall_time:%H:%M}" != line:
        raise InvalidValue.because("wall_time_form")
    return wall_time


def parse_instant(text: str) -> datetime:
    """The instant that `text` (`2026-11-24T09:00:00+00:00`) means, with its offset. Raises: InvalidValue."""
    instant = parse_moment(text)
    if instant.utcoffset() is None:
        raise InvalidValue.because("instant_without_offset")
    return instant


def parse_moment(text: str) -> datetime:
    """The date and time that `text` means, naive where it has no offset. Raises: InvalidValue."""
    line = clean_line(text)
    try:
        moment = datetime.fromisoformat(line)
    except ValueError as error:
        raise InvalidValue.because("instant_form") from error
    return check_year(moment)


def check_year(day: Day) -> Day:
    """`day`, if it lies in the years that are served. Raises: InvalidValue."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidValue.because("year_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    return day


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One date at one place: the unit of its midnight, and its length in ticks (276, 288 or 300 in the UK)."""

    date: date
    base_unit: int
    ticks: int

    @property
    def end_unit(self) -> int:
        """The unit of the next local midnight."""
        return self.base_unit + self.ticks


def unit_of(instant: datetime) -> int:
    """The unit that contains `instant`. Raises ValueError for a naive datetime."""
    return (_aware(instant) - EPOCH) // TICK


def unit_after(instant: datetime) -> int:
    """The first unit that begins at or after `instant`. Raises ValueError for a naive datetime."""
    return -((EPOCH - _aware(instant)) // TICK)


def instant_of(unit: int) -> datetime:
    """The instant, in UTC, at which `unit` begins."""
    return EPOCH + unit * TICK


@lru_cache(maxsize=4096)
def local_day(date: date, zone_name: str) -> LocalDay:
    """The day `date` in the zone, with its true length."""
    base_unit = unit_of(wall_instant(date, time.min, zone_name))
    next_unit = unit_of(wall_instant(date + ONE_DAY, time.min, zone_name))
    return LocalDay(date, base_unit, next_unit - base_unit)


def days_between(first_date: date, last_date: date, zone_name: str) -> list[LocalDay]:
    """The days from `first_date` to `last_date`, both included, ascending."""
    return [local_day(date, zone_name) for date in dates_between(first_date, last_date)]


def dates_between(first_date: date, last_date: date) -> Iterator[date]:
    """The dates from `first_date` to `last_date`, both included, ascending."""
    for number in range((last_date - first_date).days + 1):
        yield first_date + timedelta(days=number)


def local_date_of(unit: int, zone_name: str) -> date:
    """The date that a calendar on the wall shows at `unit`."""
    return _local(unit, zone_name).date()


def tick_at(day: LocalDay, wall_time: time, zone_name: str) -> int:
    """Ticks that have passed since the midnight of `day` when the clock shows `wall_time` (rules above)."""
    return unit_of(wall_instant(day.date, wall_time, zone_name)) - day.base_unit


def wall_instant(date: date, wall_time: time, zone_name: str) -> datetime:
    """The instant, in UTC, at which the zone's clock shows `wall_time` on `date` (rules above)."""
    zone = ZoneInfo(zone_name)
    shown = datetime.combine(date, wall_time.replace(tzinfo=None, fold=0))
    instant = shown.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == shown:
        return instant
    return _end_of_gap(shown, zone)


@lru_cache(maxsize=65536)
def iso_local(unit: int, zone_name: str) -> str:
    """The start of `unit` as ISO 8601 local time with its offset: `2026-11-23T09:00:00+00:00`."""
    return _local(unit, zone_name).isoformat()


def _local(unit: int, zone_name: str) -> datetime:
    return datetime.fromtimestamp(unit * TICK_SECONDS, ZoneInfo(zone_name))


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no zone: instants are aware datetimes")
    return instant


def _end_of_gap(shown: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after the gap that swallows `shown`: the minute at which the offset changes."""
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)  # read with the later offset: still before the change
    after = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)  # read with the earlier offset: past the change
    old_offset = before.astimezone(zone).utcoffset()
    low, high = 0, (after - before) // timedelta(minutes=1)
    while high - low > 1:
        middle = (low + high) // 2
        unchanged = (before + timedelta(minutes=middle)).astimezone(zone).utcoffset() == old_offset
        low, high = (middle, high) if unchanged else (low, middle)
    return before + timedelta(minutes=high)
