"""When people who wait without an appointment are probably called: each in the first gap that is long enough. Pure.

It is how a member of staff would work it out: desks, what is booked at them, and how long a visit takes as a rule. No chance
is in it, so that an alarm does not come and go. Times are minutes on any one scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from booking.visits.booked_first import STARTS_LATE_AT_MOST


@dataclass(frozen=True)
class Gap:
    """A stretch in which nothing is booked at an open desk."""

    desk: int
    start: float
    end: float


@dataclass(frozen=True)
class InLine:
    """Somebody who waits: known by `key`, at one of `desks`, for so many minutes as a rule."""

    key: int
    desks: frozenset[int]
    minutes: float


def gaps_between(desk: int, opened: Iterable[tuple[float, float]], taken: Sequence[tuple[float, float]]) -> list[Gap]:
    """The gaps of a desk that is open in the periods `opened`, of which `taken` are not free."""
    found = []
    for start, end in opened:
        free_from = start
        for first, last in sorted(taken):
            if free_from < min(first, end):
                found.append(Gap(desk, free_from, min(first, end)))
            free_from = max(free_from, last)
        if free_from < end:
            found.append(Gap(desk, free_from, end))
    return found


def planned_calls(gaps: Iterable[Gap], line: Iterable[InLine]) -> dict[int, float | None]:
    """When each of the line, who are in their order, is called, by key; None where no gap is left for them."""
    free, planned = list(gaps), {}
    for one in line:
        fitting = [gap for gap in free if gap.desk in one.desks and _fits(gap, one.minutes)]
        first = min(fitting, key=lambda gap: (gap.start, gap.desk), default=None)
        planned[one.key] = None if first is None else first.start
        if first is not None:
            free.remove(first)
            free.append(Gap(first.desk, first.start + one.minutes, first.end))
    return planned


def _fits(gap: Gap, minutes: float) -> bool:
    """Whether a desk calls somebody in the gap: by the rule of `booked_first`, and not as it shuts."""
    return gap.end - gap.start >= max(minutes - STARTS_LATE_AT_MOST, 0.0) and gap.start < gap.end
