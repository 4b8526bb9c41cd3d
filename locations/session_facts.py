"""When a site is open, as plain frozen values: sessions with their hours and exceptions, closures, bank holidays. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Wall-clock hours, and the share reserved for staff: the last `reserved_percent`, until `release_hours` before."""

    starts: time
    ends: time
    reserved_percent: int = 0
    release_hours: int = 0


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """How one date differs from its recurrence: other hours, or (both None) no session."""

    starts: time | None = None
    ends: time | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RecurrenceFacts:
    """A session that recurs by an RRULE on the site's dates. `last_date` is included; None goes on for ever."""

    slug: str
    rrule: str
    first_date: date
    last_date: date | None
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]
    exceptions: Mapping[date, ExceptionFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class DatedSessionFacts:
    """A session on one date only."""

    slug: str
    date: date
    hours: SessionHours
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]


FROM_FILE, FROM_STAFF, FROM_PROGRAM = "file", "staff", "api"
"""Who made a closure: the council's file, somebody on a page, or a program."""


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


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """Whose bank holidays count here, and whether the site is shut on them."""

    division: str
    closes: bool
