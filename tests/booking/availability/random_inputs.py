"""Plain plans for the tests: one site, one ordinary Tuesday, drawn as text.

Each character is one tick from midnight on. In a plan `#` is open, `.` is not; in bookings `x` is busy.
"""

from __future__ import annotations

import re
from datetime import date

from booking.availability.busy import Busy, busy_index
from booking.availability.values import (
    EngineResource,
    Requirement,
    ResourceDay,
    Search,
    ServiceShape,
    SiteDay,
    Window,
)
from core.wall_clock import local_day

TUESDAY = local_day(date(2026, 11, 24), "Europe/London")
BASE = TUESDAY.base_unit
NEVER = BASE - 288
DESK = Requirement("desk")
ADVISER = Requirement("adviser")


def bits(drawing: str, mark: str = "#") -> int:
    """The ticks at which `drawing` shows `mark`."""
    return sum(1 << tick for tick, shown in enumerate(drawing) if shown == mark)


def drawn(bitmap: int, ticks: int) -> str:
    """The first `ticks` of `bitmap` as a drawing."""
    return "".join("#" if bitmap >> tick & 1 else "." for tick in range(ticks))


def runs(drawing: str, mark: str) -> list[tuple[int, int]]:
    """The half-open runs of `mark` in a drawing."""
    return [run.span() for run in re.finditer(f"{re.escape(mark)}+", drawing)]


def resource(number: int, kind: str = "desk", *skills: str, seats: int = 1) -> EngineResource:
    return EngineResource(number, kind, seats, frozenset(skills))


def plan(facts: EngineResource, drawing: str, *, services: tuple[int, ...] = (1, 2), closed: str = "") -> ResourceDay:
    """The resource's day as drawn: one window for each run of `#`."""
    windows = tuple(Window(first, last, frozenset(services), last) for first, last in runs(drawing, "#"))
    return ResourceDay(facts, windows, bits(closed, "x"))


def site(*plans: ResourceDay, features: tuple[str, ...] = (), site_id: int = 1) -> SiteDay:
    return SiteDay(site_id, TUESDAY, frozenset(features), plans)


def service(
    ticks: int, *requirements: Requirement, turnaround: int = 0, grid: int = 1, service_id: int = 1
) -> ServiceShape:
    return ServiceShape(service_id, ticks, turnaround, requirements or (DESK,), grid)


def search(*visit: ServiceShape, needs: tuple[str, ...] = (), extra: int = 0) -> Search:
    """A resident's search without lead time or horizon."""
    return Search(visit, NEVER, BASE + 1000, NEVER, for_public=True, needs=frozenset(needs), extra_ticks=extra)


def booked(**drawings: str) -> Busy:
    """Bookings as drawn: `r1="..xx"` is in the first seat of resource 1, `r1s2` its third."""
    rows = []
    for name, drawing in drawings.items():
        number, _, seat = name[1:].partition("s")
        rows += [(int(number), int(seat or 0), BASE + first, BASE + last) for first, last in runs(drawing, "x")]
    return busy_index(rows)
