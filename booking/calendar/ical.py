"""Calendar files (RFC 5545, RFC 5546) for messages, downloads and feeds: pure text, no clock, no database.

Written by hand because the zone's definition must be: the two-rule VTIMEZONE below is what ical.js, vobject and ics
read right, where generated ones with a list of dates put British Summer Time an hour out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

PRODUCT = "-//Front Door//Appointments//EN"
LINE_OCTETS = 75  # RFC 5545 3.1, without the line break
LONDON = "Europe/London"
# The law since 1996: the last Sundays of March and October, both at 01:00 UTC (SI 2002/262, Directive 2000/84/EC).
LONDON_RULES = (
    "BEGIN:VTIMEZONE",
    f"TZID:{LONDON}",
    "BEGIN:DAYLIGHT",
    "TZNAME:BST",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0100",
    "DTSTART:19960331T010000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZNAME:GMT",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0000",
    "DTSTART:19961027T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


class Method(StrEnum):
    """What a calendar is to do with the file. Source: RFC 5546 1.4."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class CalendarEvent:
    """One appointment as a calendar knows it. Instants are aware; `changed_at` is when these facts came to be.

    `uid` stays for the appointment's life; `sequence` is its version. A cancellation is written one higher.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    zone: str = LONDON
    description: str = ""
    location: str = ""
    url: str = ""
    organizer_name: str = ""
    organizer_email: str = ""
    attendee_name: str = ""
    attendee_email: str = ""
    alarm_minutes: int | None = None
    is_cancelled: bool = False


def uid_of(reference: str, host: str) -> str:
    """The UID of an appointment in every file that speaks of it: `K7PM4QX2@appointments.example.org`."""
    return f"{reference}@{host}"


def calendar_file(events: Iterable[CalendarEvent], method: Method = Method.PUBLISH, name: str = "") -> str:
    """A whole calendar file with `events`, folded, with CRLF line ends. `name` is what a feed is called.

    Other zones than Europe/London are written in UTC, which every program reads right.
    """
    events = tuple(events)
    zone = LONDON_LINES if any(_is_in_london_time(event) for event in events) else ""
    lines = [_folded(line) for event in events for line in _event(event, method)]
    return "".join([*map(_folded, _head(method, name)), zone, *lines, "END:VCALENDAR\r\n"])


def _head(method: Method, name: str) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{method}"
    if name:
        yield f"X-WR-CALNAME:{_text(name)}"


def _event(event: CalendarEvent, method: Method) -> Iterator[str]:
    is_cancelled = event.is_cancelled or method is Method.CANCEL
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence + 1 if is_cancelled else event.sequence}"
    yield f"DTSTAMP:{_in_utc(event.changed_at)}"
    yield f"LAST-MODIFIED:{_in_utc(event.changed_at)}"
    yield _time("DTSTART", event.starts_at, event)
    yield _time("DTEND", event.ends_at, event)
    yield f"SUMMARY:{_text(event.summary)}"
    yield from _told(event)
    yield from _people(event, method)
    yield f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}"
    yield "TRANSP:OPAQUE"
    if event.alarm_minutes is not None and not is_cancelled:
        yield from _alarm(event.summary, event.alarm_minutes)
    yield "END:VEVENT"


def _told(event: CalendarEvent) -> Iterator[str]:
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    if event.location:
        yield f"LOCATION:{_text(event.location)}"
    if event.url:
        yield f"URL:{event.url}"


def _people(event: CalendarEvent, method: Method) -> Iterator[str]:
    """Who invites and who is invited. A published file has no attendees (RFC 5546 3.2.1)."""
    if event.organizer_email:
        yield f"ORGANIZER;CN={_quoted(event.organizer_name)}:mailto:{event.organizer_email}"
    if event.attendee_email and method is not Method.PUBLISH:
        # Booked is accepted: the council neither waits for an answer nor reads one.
        role = "CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE"
        yield f"ATTENDEE;CN={_quoted(event.attendee_name)};{role}:mailto:{event.attendee_email}"


def _alarm(summary: str, minutes: int) -> Iterator[str]:
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"DESCRIPTION:{_text(summary)}"
    yield f"TRIGGER:-PT{minutes}M"
    yield "END:VALARM"


def _time(name: str, instant: datetime, event: CalendarEvent) -> str:
    if not _is_in_london_time(event):
        return f"{name}:{_in_utc(instant)}"
    return f"{name};TZID={LONDON}:{instant.astimezone(ZoneInfo(LONDON)):%Y%m%dT%H%M%S}"


def _is_in_london_time(event: CalendarEvent) -> bool:
    """Whether the wall clock says it all: not in the second pass of the hour that October repeats."""
    if event.zone != LONDON:
        return False
    zone = ZoneInfo(LONDON)
    return not (event.starts_at.astimezone(zone).fold or event.ends_at.astimezone(zone).fold)


def _in_utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    r"""`value` as a TEXT: backslash, semicolon, comma and line ends escaped, other control characters dropped (3.3.11)."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = escaped.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")
    return "".join(character for character in escaped if character >= " " and character != "\x7f")


def _quoted(value: str) -> str:
    """`value` as a quoted parameter, which can hold no double quote and no line end (RFC 5545 3.2)."""
    kept = "".join(character for character in value.replace('"', "'") if character >= " " and character != "\x7f")
    return f'"{kept}"'


def _folded(line: str) -> str:
    """`line` in pieces of at most 75 octets, never cutting a character in two (RFC 5545 3.1)."""
    if not line.isascii():
        return _folded_by_character(line)
    if len(line) <= LINE_OCTETS:
        return f"{line}\r\n"
    rest = range(LINE_OCTETS, len(line), LINE_OCTETS - 1)  # each further piece begins with a space
    pieces = [line[:LINE_OCTETS], *(line[start : start + LINE_OCTETS - 1] for start in rest)]
    return "\r\n ".join(pieces) + "\r\n"


def _folded_by_character(line: str) -> str:
    pieces, octets = [""], 0
    for character in line:
        width = len(character.encode())
        if octets + width > LINE_OCTETS:
            pieces.append(" ")
            octets = 1
        pieces[-1] += character
        octets += width
    return "\r\n".join(pieces) + "\r\n"


LONDON_LINES = "".join(map(_folded, LONDON_RULES))
