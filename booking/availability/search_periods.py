"""In which pieces the days of a search for first slots are read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

# How many days are read at a time: most sites have a slot within days, so the rest is rarely read.
FIRST_SLOT_DAYS = (4, 17)


def growing_periods(dates: tuple[date, date] | None) -> Iterator[tuple[date, date]]:
    """The dates in a few pieces, the first ones short."""
    if dates is None:
        return
    first, last = dates
    for length in FIRST_SLOT_DAYS:
        if first > last:
            return
        end = min(last, first + timedelta(days=length - 1))
        yield first, end
        first = end + timedelta(days=1)
    if first <= last:
        yield first, last
