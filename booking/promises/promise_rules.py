"""What a promise is measured by, and for how many days it has been broken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from locations.model import ServiceFacts

THIRD = 3
WITHIN_PERCENT = 90
LATEST_FIGURE = timedelta(days=14)
"""A promise that was not measured for so long says nothing any more: the service is not given now."""


class Promise(StrEnum):
    """What can be promised of a service."""

    THIRD_TIME = "third_time"  # days until the third time that can be booked
    SEEN = "seen"  # minutes past the booked time


@dataclass(frozen=True)
class Measured:
    """The figure of one day; None where there were not three free times."""

    date: date
    figure: int | None


def promised(service: ServiceFacts) -> dict[Promise, int]:
    """What is promised of the service, in days and in minutes."""
    limits = {Promise.THIRD_TIME: service.third_time_within_days, Promise.SEEN: service.seen_within_minutes}
    return {promise: limit for promise, limit in limits.items() if limit is not None}


def days_to_third(today: date, starts: Sequence[date]) -> int | None:
    """The days from `today` to the third of the free times, which are in their order; None where there are fewer."""
    return (starts[THIRD - 1] - today).days if len(starts) >= THIRD else None


def minutes_late(starts_at: datetime, arrived_at: datetime | None, seen_at: datetime) -> int:
    """How many whole minutes somebody waited past their time; who comes late themselves waits from then on."""
    waited_from = starts_at if arrived_at is None else max(starts_at, arrived_at)
    return max(0, int((seen_at - waited_from).total_seconds()) // 60)


def most_minutes(waits: Iterable[int]) -> int | None:
    """The minutes within which nine of ten were seen; None where nobody was. The nearest rank, so that it is one of them."""
    ordered = sorted(waits)
    return ordered[-(-len(ordered) * WITHIN_PERCENT // 100) - 1] if ordered else None


def is_kept(figure: int | None, limit: int) -> bool:
    """Whether a figure keeps the promise."""
    return figure is not None and figure <= limit


def broken_days(measured: Iterable[Measured], limit: int, today: date) -> int:
    """On how many measured days in a row, the last one included, the promise was broken. A day without a figure between
    them neither breaks nor keeps it."""
    days = sorted(measured, key=lambda one: one.date, reverse=True)
    if not days or today - days[0].date > LATEST_FIGURE:
        return 0
    kept = (number for number, one in enumerate(days) if is_kept(one.figure, limit))
    return next(kept, len(days))
