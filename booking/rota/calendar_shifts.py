"""The lines of a rota in a calendar file (.ics): each event is a shift, again on each day on which it recurs. Pure.

Who works is the event's summary, the site its location, the services its categories. Only rules that recur on days, weeks
or months, and within limits, are worked out: others can take for ever, or never fall on a day at all.
Source: RFC 5545 3.3.10 and 3.8.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event

from booking.importing.clashes import Clash
from booking.rota.shifts import (
    DAY,
    SERVICES,
    SITE,
    WHO,
    Hours,
    Period,
    RotaLines,
    Shift,
    check_day,
    check_hours,
    hours_between,
    in_limits,
    read_text,
    refused,
    several,
)
from core.errors import InvalidValue, Reason
from core.wall_clock import ONE_DAY

LINE = "X-ROTA-LINE"
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"})
MOST_INTERVAL = 4
MOST_DAYS_WORKED_OUT = 300_000
"""Of all recurring events together, from the first day of each: about two seconds of work."""
_WEEKDAY = re.compile(r"[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)")
_EDGE_OF_ZONE = re.compile(r"(BEGIN|END)\s*(?:;.*)?:\s*VTIMEZONE\s*", re.IGNORECASE)
_NEW_LINE = re.compile(r"\r?\n")


def is_calendar(content: bytes) -> bool:
    """Whether these bytes begin as a calendar does."""
    return content.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper() == b"BEGIN:VCALENDAR"


def calendar_shifts(content: bytes, period: Period, zone_name: str) -> RotaLines:
    """The shifts of the calendar in the period, and what is wrong with other events. Raises: ImportRefused."""
    calendar, events = calendar_events(content)
    clashes = [clash for event in events for clash in _event_clashes(event, period)]
    if clashes:
        return RotaLines((), tuple(clashes), 0)
    _check_work(events, period)
    shifts, zone = list[Shift](), ZoneInfo(zone_name)
    for shown in _occurrences(calendar, period, zone):
        shift = _shift(shown, period, zone)
        if isinstance(shift, Shift):
            shifts.append(shift)
        elif shift is not None:
            clashes.append(shift)
    shifts.sort(key=lambda one: (one.day, one.line))
    return in_limits(shifts, list(dict.fromkeys(clashes)), _past(events, period))


def calendar_events(content: bytes) -> tuple[Calendar, list[Component]]:
    """The calendar and its events, each with the line on which it begins."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(content[: error.start].count(b"\n") + 1, "", Reason("import_encoding")) from error
    # Zones of the file's own can recur for ever: the names of zones are known without them.
    try:
        calendar = Calendar.from_ical("\r\n".join(_without_zones(text)))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise refused(1, "", Reason("rota_not_calendar")) from error
    if not isinstance(calendar, Calendar):
        raise refused(1, "", Reason("rota_not_calendar"))
    events = calendar.walk("VEVENT")
    begins = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    for number, event in enumerate(events):
        event[LINE] = str(begins[number] if len(begins) == len(events) else 1)
    return calendar, events


def _without_zones(text: str) -> Iterator[str]:
    """The lines of the calendar that are not of a zone. Raises: ImportRefused for a zone that does not end."""
    began = 0
    for number, line in _unfolded(text):
        edge = _EDGE_OF_ZONE.fullmatch(line)
        is_end = edge is not None and edge[1].upper() == "END"
        if began:
            began = 0 if is_end else began
        elif edge and not is_end:
            began = number
        else:
            yield line
    if began:
        raise refused(began, "", Reason("rota_zone_without_end"))


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines as they were before they were folded, each with its number. Source: RFC 5545 3.1."""
    began, parts = 1, list[str]()
    for number, line in enumerate(_NEW_LINE.split(text), 1):
        if line.startswith((" ", "\t")):
            parts.append(line[1:])
        elif line:
            yield began, "".join(parts)
            began, parts = number, [line]
    yield began, "".join(parts)


def _event_clashes(event: Component, period: Period) -> Iterator[Clash]:
    line = line_of(event)
    if event.errors:
        yield Clash(line, str(event.errors[0][0] or ""), Reason("rota_event_unreadable"))
        return
    starts, ends = (event.get(name) for name in ("DTSTART", "DTEND"))
    if not isinstance(_moment(starts), datetime) or not isinstance(_moment(ends), datetime):
        yield Clash(line, "", Reason("rota_event_without_hours"))
    elif not _is_plain(event):
        yield Clash(line, "RRULE", Reason("rota_recurrence", {"most": MOST_INTERVAL}))


def _is_plain(event: Component) -> bool:
    """Whether it does not recur, or by a rule that falls on days again and again."""
    rule = event.get("RRULE")
    if rule is None:
        return "EXRULE" not in event
    if isinstance(rule, list) or "EXRULE" in event or not PARTS.issuperset(rule):
        return False
    frequency, interval = _one(rule, "FREQ"), _one(rule, "INTERVAL", 1)
    days, month_days = rule.get("BYDAY", []), rule.get("BYMONTHDAY", [])
    return (
        frequency in FREQUENCIES
        and isinstance(interval, int)
        and 1 <= interval <= (1 if frequency == "DAILY" and days else MOST_INTERVAL)
        and all(_WEEKDAY.fullmatch(str(day)) for day in days)
        and (frequency == "MONTHLY" or not any(str(day)[:-2] for day in days))
        and (frequency == "MONTHLY" or not month_days)
        and all(1 <= abs(day) <= 31 for day in month_days)
        and not (days and month_days)
    )


def _one(rule: Mapping[str, Any], name: str, default: object = None) -> object:
    values = rule.get(name, [default])
    return values[0] if isinstance(values, list) and len(values) == 1 else None


def _check_work(events: list[Component], period: Period) -> None:
    """Raises: ImportRefused when it would take too long to work out when these events recur."""
    work = 0
    for event in events:
        if "RRULE" in event:
            work += max((period.last - _moment(event["DTSTART"]).date()).days, 0)
        if work > MOST_DAYS_WORKED_OUT:
            raise refused(line_of(event), "RRULE", Reason("rota_recurs_too_long"))


def _occurrences(calendar: Calendar, period: Period, zone: ZoneInfo) -> Iterator[Component]:
    first = datetime.combine(period.first, time.min, zone)
    last = datetime.combine(period.last + ONE_DAY, time.min, zone)
    try:
        found = recurring_ical_events.of(calendar).between(first, last)
    except (ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
        raise refused(1, "", Reason("rota_not_calendar")) from error
    return (event for event in found if str(event.get("STATUS", "")).upper() != "CANCELLED")


def _shift(event: Component, period: Period, zone: ZoneInfo) -> Shift | Clash | None:
    """The shift of one occurrence, what is wrong with it, or None for one that began before the period."""
    line = line_of(event)
    starts_at, ends_at = (_on_the_wall(_moment(event[name]), zone) for name in ("DTSTART", "DTEND"))
    if starts_at.date() < period.first:
        return None
    name = DAY
    try:
        hours = hours_between(starts_at, ends_at)
        name = WHO
        who = several(read_text(str(event.get("SUMMARY", ""))))
        if not who:
            raise InvalidValue.because("import_value_missing")
        name = SITE
        site = read_text(str(event.get("LOCATION", "")))
        name = SERVICES
        services = tuple(text for one in cast(Event, event).categories for text in several(read_text(str(one))))
    except InvalidValue as error:
        return Clash(line, PROPERTIES.get(name, ""), error.reason)
    return _checked(Shift(line, starts_at.date(), who, site, hours, services), hours, period)


def _checked(shift: Shift, hours: Hours, period: Period) -> Shift | Clash:
    wrong = check_hours(hours)
    if wrong:
        return Clash(shift.line, PROPERTIES[wrong[0]], wrong[1])
    reason = check_day(shift.day, period)
    return shift if reason is None else Clash(shift.line, "", reason)


def _past(events: list[Component], period: Period) -> int:
    """How many events do not recur and are over."""
    return sum("RRULE" not in event and _moment(event["DTSTART"]).date() < period.first for event in events)


def _moment(value: Any) -> Any:
    return getattr(value, "dt", None)


def _on_the_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """The time that a clock at the place shows."""
    return at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None)


def line_of(event: Component) -> int:
    """The line on which the event begins."""
    return int(str(event[LINE]))


PROPERTIES = {WHO: "SUMMARY", SITE: "LOCATION", SERVICES: "CATEGORIES", "starts": "DTSTART", "ends": "DTEND"}
