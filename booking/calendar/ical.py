"""Calendar files (RFC 5545, RFC 5546) for messages, downloads and feeds, written with icalendar. No clock, no database.

Two things are ours: the zone of Europe/London as two rules, which ical.js, vobject and ics read right, where the
library's own with a list of dates puts British Summer Time an hour out; and the escaping of text (`CalendarText`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import (
    Alarm,
    Calendar,
    Component,
    Parameters,
    Timezone,
    vCalAddress,
    vDatetime,
    vDuration,
    vInt,
    vText,
    vUri,
)
from icalendar.parser import Contentline

Property = vText | vInt | vDatetime | vUri | vCalAddress
PRODUCT = "-//Front Door//Appointments//EN"
# At most 75 octets with the space that begins a further piece (RFC 5545 3.1); not cut inside `\,` or `^n`.
PIECE_OCTETS, ESCAPES = 74, b"\\^"  # of a line that is folded; what is not cut from what it escapes
END, BEGIN_EVENT, END_EVENT = "END:VCALENDAR\r\n", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n"
REFRESHED_AFTER = timedelta(hours=1)  # what a feed asks of programs, which by themselves look once a day or less
ALARMS_KEPT = 256  # those of the services of some councils
LINES_KEPT = 512  # those that the events of some days share
FEEDS_KEPT = 32  # texts of feeds in memory: some 300 kB each with 200 appointments
# What programs take for the end of a line, and the control characters that are none (RFC 5545 3.1, CONTROL).
LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
LONDON, UTC_NAME = "Europe/London", "UTC"
# Booked is accepted: the council neither waits for an answer nor reads one.
NO_ROLE: Mapping[str, str] = {}
ROLE_OF_INVITED = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
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


@dataclass(frozen=True, slots=True)
class CalendarAlarm:
    """What a calendar shows, and how many minutes before the event begins."""

    minutes: int
    text: str


@dataclass(frozen=True)
class CalendarEvent:
    """One appointment as a calendar knows it. Instants are aware; `changed_at` is when these facts came to be.

    `uid` stays for as long as the appointment is one person's; `sequence` is its version. A cancellation is
    written one higher.
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
    join_url: str = ""
    join_label: str = ""
    organizer_name: str = ""
    organizer_email: str = ""
    attendee_name: str = ""
    attendee_email: str = ""
    alarms: tuple[CalendarAlarm, ...] = ()
    is_cancelled: bool = False


def uid_of(reference: str, public_url: str, owner_since: int = 1) -> str:
    """The UID of an appointment in every file that speaks of it: `K7PM4QX2@appointments.example.org`.

    For whomever it was handed to it is another event, `K7PM4QX2-3@...`: two people may read one mailbox, and what is
    cancelled for the one must not leave the calendar of the other.
    """
    owner = f"-{owner_since}" if owner_since > 1 else ""
    return f"{reference}{owner}@{urlsplit(public_url).hostname or 'localhost'}"


def calendar_file(events: Iterable[CalendarEvent], method: Method = Method.PUBLISH, name: str = "") -> str:
    """A whole calendar file with `events`, folded, with CRLF line ends. `name` is what a feed is called.

    Other zones than Europe/London are written in UTC, which every program reads right. A file without events has the
    zone all the same: a calendar has one component at least (RFC 5545 3.6), or programs refuse to subscribe to it.
    """
    events = tuple(events)
    zone = _london_zone() if not events or any(_is_in_london_time(event) for event in events) else ""
    return "".join([_head(method, name), zone, *(_event_text(event, method) for event in events), END])


def single_file(event: CalendarEvent) -> str:
    """The file of one event for a download: it cancels the event once the appointment is cancelled (RFC 5546 3.2.5)."""
    return calendar_file([event], Method.CANCEL if event.is_cancelled else Method.PUBLISH)


@lru_cache(maxsize=FEEDS_KEPT)
def feed_file(events: tuple[CalendarEvent, ...], name: str) -> str:
    """The file of a feed. It is cached by its events and its name."""
    return calendar_file(events, name=name)


def plain_text(value: str) -> str:
    r"""`value` as a calendar can hold it: each line end as `\n`, no tabs, no other control characters."""
    return CONTROLS.sub("", LINE_ENDS.sub("\n", value).replace("\t", " "))


def plain_name(value: str) -> str:
    """`value` as the name of a person can be written: one line, without the characters that no quoting protects."""
    return " ".join(plain_text(value).split()).replace('"', "'").replace("\\", "/")


class CalendarText(vText):
    r"""A TEXT as RFC 5545 3.3.11 escapes it. The library's own turns a typed `\N` into a line end."""

    def to_ical(self) -> bytes:
        """The escaped value."""
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.replace("\n", "\\n").encode()


class QuotedName(Parameters):
    """Parameters with a name in words, which is always quoted: programs differ in what they read otherwise."""

    always_quoted = (*Parameters.always_quoted, "CN", "LABEL")  # type: ignore[assignment]  # declared by its length


@lru_cache(maxsize=FEEDS_KEPT)
def _head(method: Method, name: str) -> str:
    """What stands before the first event, without zones."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if name:  # RFC 7986 5.1 and 5.7, and what was there before it
        calendar["NAME"] = calendar["X-WR-CALNAME"] = _text(name)
        refreshed_after = vDuration(REFRESHED_AFTER)
        refreshed_after.params = Parameters({"VALUE": "DURATION"})
        calendar["REFRESH-INTERVAL"] = refreshed_after
        calendar["X-PUBLISHED-TTL"] = vDuration(REFRESHED_AFTER)
    return _text_of(calendar).removesuffix(END)


def _event_text(event: CalendarEvent, method: Method) -> str:
    is_cancelled = event.is_cancelled or method is Method.CANCEL
    alarms = () if is_cancelled else event.alarms
    lines = _lines(event, method, is_cancelled=is_cancelled)
    return "".join([BEGIN_EVENT, *lines, *(_alarm_text(alarm) for alarm in alarms), END_EVENT])


def _lines(event: CalendarEvent, method: Method, *, is_cancelled: bool) -> Iterator[str]:
    """The lines of the event without its alarms. Values are given in the library's types: finding those takes it long."""
    zone = LONDON if _is_in_london_time(event) else UTC_NAME
    yield _line("UID", vText(event.uid))
    yield _line("SEQUENCE", vInt(event.sequence + 1 if is_cancelled else event.sequence))
    yield _time_line("DTSTAMP", event.changed_at, UTC_NAME)
    yield _time_line("LAST-MODIFIED", event.changed_at, UTC_NAME)
    yield _time_line("DTSTART", event.starts_at, zone)
    yield _time_line("DTEND", event.ends_at, zone)
    yield _words_line("SUMMARY", event.summary)
    if event.description:
        yield _line("DESCRIPTION", _text(event.description))
    if event.location:
        yield _words_line("LOCATION", event.location)
    if event.url:
        yield _line("URL", vUri(event.url))
    if event.join_url:
        yield _line("CONFERENCE", _conference(event))
    if event.organizer_email:
        yield _organizer_line(event.organizer_email, event.organizer_name)
    if event.attendee_email and method is not Method.PUBLISH:  # a published file has no attendees (RFC 5546 3.2.1)
        yield _line("ATTENDEE", _address(event.attendee_email, event.attendee_name, ROLE_OF_INVITED))
    yield f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}\r\nTRANSP:OPAQUE\r\n"


def _line(name: str, value: Property) -> str:
    return f"{_folded(Contentline.from_parts(name, value.params, value, sorted=False))}\r\n"


@lru_cache(maxsize=LINES_KEPT)
def _time_line(name: str, instant: datetime, zone: str) -> str:
    """The line of an instant: many appointments of a day begin or were changed with others."""
    return _line(name, vDatetime(instant.astimezone(UTC if zone == UTC_NAME else ZoneInfo(zone))))


@lru_cache(maxsize=LINES_KEPT)
def _words_line(name: str, words: str) -> str:
    """The line of words that many appointments share: of a service, of a place."""
    return _line(name, _text(words))


@lru_cache(maxsize=LINES_KEPT)
def _organizer_line(email: str, name: str) -> str:
    """The line of who invites."""
    return _line("ORGANIZER", _address(email, name))


def _conference(event: CalendarEvent) -> vUri:
    """Where a video is joined. Source: RFC 7986 5.11 and 6.3 to 6.5."""
    label = {"LABEL": plain_name(event.join_label)} if event.join_label else {}
    return vUri(event.join_url, params=QuotedName({"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]} | label))


def _address(email: str, name: str, role: Mapping[str, str] = NO_ROLE) -> vCalAddress:
    address = vCalAddress(f"mailto:{plain_name(email)}")
    address.params = QuotedName({"CN": plain_name(name), **role})
    return address


@lru_cache(maxsize=ALARMS_KEPT)
def _alarm_text(alarm: CalendarAlarm) -> str:
    """The lines of an alarm: the same for all appointments for one service of a council."""
    component = Alarm()
    component.add("action", "DISPLAY")
    component.add("description", _text(alarm.text))
    component.add("trigger", timedelta(minutes=-alarm.minutes))
    return _text_of(component)


def _text(value: str) -> CalendarText:
    return CalendarText(plain_text(value))


def _is_in_london_time(event: CalendarEvent) -> bool:
    """Whether the wall clock says it all: not in the second pass of the hour that October repeats."""
    if event.zone != LONDON:
        return False
    zone = ZoneInfo(LONDON)
    return not (event.starts_at.astimezone(zone).fold or event.ends_at.astimezone(zone).fold)


@cache
def _london_zone() -> str:
    return _text_of(Timezone.from_ical("\r\n".join(LONDON_RULES)))


def _text_of(component: Component) -> str:
    """The folded lines of a component."""
    return "".join(f"{_folded(line)}\r\n" for line in component.content_lines(sorted=False) if line)


def _folded(line: Contentline) -> str:
    """`line` in pieces as the library cuts it; its own loop over all the characters took a third of the file's time."""
    octets, pieces, begins = line.encode(), list[bytes](), 0
    while len(octets) - begins > PIECE_OCTETS:
        ends = begins + PIECE_OCTETS
        while octets[ends] & 0xC0 == 0x80:  # inside a character
            ends -= 1
        ends -= octets[ends - 1] in ESCAPES
        pieces.append(octets[begins:ends])
        begins = ends
    return b"\r\n ".join([*pieces, octets[begins:]]).decode()
