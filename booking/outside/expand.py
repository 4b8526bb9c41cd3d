"""When the events of calendars take place: a program of its own, because rules of events can take for ever.

`busy_times.py` starts it with limits on its time and memory. It reads JSON from its standard input and writes the busy
periods as pairs of seconds since 1970, or nothing when what it got is no calendar. It imports nothing of ours.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

MOST_SECONDS, MOST_BYTES = 8, 1_000_000_000
NO_CALENDAR = 3  # the code with which it ends
FREE = {"TRANSP": "TRANSPARENT", "STATUS": "CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS": "FREE"}


def main() -> int:
    """The exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    asked = json.load(sys.stdin)
    zone = ZoneInfo(asked["zone"])
    first, last = (datetime.fromtimestamp(asked[name], zone) for name in ("first", "last"))
    found: set[tuple[int, int]] = set()
    try:
        for text in asked["texts"]:
            found.update(busy_periods(text, zone, first, last, asked["own"]))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        return NO_CALENDAR
    json.dump(sorted(found), sys.stdout)
    return 0


def busy_periods(text: str, zone: ZoneInfo, first: datetime, last: datetime, own: str) -> Iterator[tuple[int, int]]:
    """The busy periods of one calendar. Events whose UID ends with `own` are ours, and known without it."""
    calendar = Calendar.from_ical(text)
    if not isinstance(calendar, Calendar):
        raise ValueError("no calendar")
    _shorten(calendar, last.year)
    for event in recurring_ical_events.of(calendar).between(first, last):
        if any(str(event.get(name, "")).upper() == value for name, value in FREE.items()):
            continue
        if own and str(event.get("UID", "")).endswith(own):
            continue
        starts_at, ends_at = _instants(event, zone)
        if starts_at < ends_at:
            yield int(max(starts_at, first).timestamp()), int(min(ends_at, last).timestamp())


def _shorten(calendar: Calendar, last_year: int) -> None:
    """End what has no end, such as an event up to the year 9999, in the year after the last that counts.

    When such an event recurs could not be worked out: the sums leave the years that there are. What begins later goes.
    """
    beyond = last_year + 2
    events: list[Any] = calendar.walk("VEVENT")
    for event in events:
        begins = event["DTSTART"].dt
        if begins.year >= beyond:
            calendar.subcomponents.remove(event)
        elif _last_year(event, begins) >= beyond:
            event.pop("DURATION", None)
            event.pop("DTEND", None)
            event.add("DTEND", begins.replace(year=beyond, month=1, day=1))


def _last_year(event: Any, begins: date) -> int:
    if "DTEND" in event:
        return int(event["DTEND"].dt.year)
    try:
        return int((begins + event["DURATION"].dt).year) if "DURATION" in event else begins.year
    except OverflowError:
        return MAXYEAR


def _instants(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When it begins and ends. Days, and times without a zone, are of the wall clock at the council's places."""
    begins = event["DTSTART"].dt
    length = event["DURATION"].dt if "DURATION" in event else _usual(begins)
    ends = event["DTEND"].dt if "DTEND" in event else begins + length
    return _instant(begins, zone), _instant(ends, zone)


def _usual(begins: date) -> timedelta:
    """How long an event is that does not say it (RFC 5545 3.6.1)."""
    return timedelta() if isinstance(begins, datetime) else timedelta(days=1)


def _instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min, zone)
    return at if at.tzinfo is not None and at.utcoffset() is not None else at.replace(tzinfo=zone)


if __name__ == "__main__":
    sys.exit(main())
