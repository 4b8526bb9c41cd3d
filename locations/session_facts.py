"""When a site is open, as plain frozen values: sessions with their hours and exceptions, closures, bank holidays. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from locations.release_shares import Release


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Wall-clock hours, and the share reserved for staff: the last `reserved_percent`, until `release_hours` before.

    In the break, if there is one, nothing is open; it lies within the hours. To a `drop_in` people come without an
    appointment: its times cannot be booked. With `releases` these shares, and the one reserved for staff, are all of it.
    """

    starts: time
    ends: time
    reserved_percent: int = 0
    release_hours: int = 0
    break_starts: time | None = None
    break_ends: time | None = None
    drop_in: bool = False
    releases: tuple[Release, ...] = ()

    def at(self, starts: time, ends: time) -> SessionHours:
        """The same at other hours; the break is left out when it does not lie within them."""
        begins, stops = self.break_starts, self.break_ends
        if begins is not None and stops is not None and not starts < begins < stops < ends:
            begins = stops = None
        return replace(self, starts=starts, ends=ends, break_starts=begins, break_ends=stops)

    @property
    def parts(self) -> tuple[tuple[time, time], ...]:
        """The hours without the break."""
        if self.break_starts is None or self.break_ends is None:
            return ((self.starts, self.ends),)
        return (self.starts, self.break_starts), (self.break_ends, self.ends)


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """How one date differs from its recurrence: other hours, or (both None) no session."""

    starts: time | None = None
    ends: time | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RecurrenceFacts:
    """A session that recurs by an RRULE on the site's dates. `last_date` is included; None goes on for ever.

    `school` is one of `school_holidays.SCHOOL_RULES`, or empty. `longest_ticks` is the longest visit that it is for,
    with the clearing up. Until `public_from` it is for the waiting list alone, where its services have that first.
    """

    slug: str
    rrule: str
    first_date: date
    last_date: date | None
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]
    exceptions: Mapping[date, ExceptionFacts] = field(default_factory=dict)
    school: str = ""
    longest_ticks: int = 1
    public_from: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DatedSessionFacts:
    """A session on one date only; the rest as of one that recurs."""

    slug: str
    date: date
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]
    longest_ticks: int = 1
    public_from: datetime | None = None


FROM_FILE, FROM_STAFF, FROM_PROGRAM, FROM_OUTSIDE = "file", "staff", "api", "outside"
"""Who made a closure: the council's file, somebody on a page, a program, or a calendar that is kept elsewhere."""


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """A half-open period in which one resource or (None) the whole site is shut.

    With `service_ids` it shuts these services alone; with a `mode`, this mode alone.
    """

    starts_at: datetime
    ends_at: datetime
    resource_id: int | None = None
    reason: str = ""
    service_ids: frozenset[int] | None = None
    mode: str = ""
    is_busy_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """Whose bank holidays count here, and whether the site is shut on them; and the days on which schools are shut."""

    division: str
    closes: bool
    school_days_off: frozenset[date] = frozenset()
