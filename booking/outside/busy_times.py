"""Reads a calendar that somebody keeps elsewhere: what comes from its address, and the busy times in that."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from core.bounded_fetch import FetchLimits, FetchRequest, fetch
from core.wall_clock import unit_after, unit_of

ICS, CALDAV = "ics", "caldav"
KINDS = (ICS, CALDAV)
MOST_PERIODS = 1000
TOO_OFTEN = re.compile(r"FREQ=(SECONDLY|MINUTELY)", re.IGNORECASE)
MOST_SECONDS = 15.0  # by the clock; its processor time has a limit of its own
DAV, CAL = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
OK, MULTI_STATUS = 200, 207
NOT_ALLOWED, NOT_THERE = (401, 403), (404, 410)
# RFC 4791 7.8: every event that has a part in the period, with its exceptions.
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="{first}" end="{last}"/>
</C:comp-filter></C:comp-filter></C:filter>
</C:calendar-query>"""
NO_CALENDAR = 3  # with which `expand.py` ends
EXPAND = Path(__file__).with_name("expand.py")


class CalendarUnread(Exception):
    """The calendar could not be read; `code` says why, beside those of `core.bounded_fetch.FetchFailure`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class CalendarSource:
    """Where a calendar is, and how we sign in there."""

    kind: str
    address: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class ReadLimits:
    """How long a server may take, and how long it may take to work out when events recur."""

    fetch: FetchLimits = field(default_factory=FetchLimits)
    expand_seconds: float = MOST_SECONDS


USUAL_LIMITS = ReadLimits()


@dataclass(frozen=True)
class BusyWindow:
    """The period that counts, the council's zone, and how the UIDs of our own events end."""

    first: datetime
    last: datetime
    zone: str
    own: str


@dataclass(frozen=True, order=True)
class BusyPeriod:
    """A half-open period of whole 5-minute units."""

    first_unit: int
    last_unit: int


@dataclass(frozen=True)
class Reading:
    """What was read: the busy periods, by their beginning, and what is another as soon as the calendar is."""

    periods: tuple[BusyPeriod, ...]
    mark: str


def fetch_calendars(
    source: CalendarSource, window: BusyWindow, allowed_hosts: Sequence[str], limits: FetchLimits
) -> list[str]:
    """The texts of the calendars at the address. Raises: FetchFailed, CalendarUnread."""
    request = FetchRequest(source.address, user=source.user, password=source.password)
    if source.kind == CALDAV:
        first, last = (f"{at:%Y%m%dT%H%M%SZ}" for at in (window.first, window.last))
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        body = QUERY.format(first=first, last=last).encode()
        request = FetchRequest(source.address, "REPORT", body, headers, source.user, source.password)
    answer = fetch(request, allowed_hosts, limits)
    if answer.status in NOT_ALLOWED:
        raise CalendarUnread("not_allowed")
    if answer.status in NOT_THERE:
        raise CalendarUnread("not_there")
    if answer.status != (MULTI_STATUS if source.kind == CALDAV else OK):
        raise CalendarUnread("status")
    text = answer.body.decode("utf-8-sig", "replace")
    return _calendars_in(text) if source.kind == CALDAV else [text]


def _calendars_in(text: str) -> list[str]:
    """The calendars in the answer to a query. Raises: CalendarUnread."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # no answer has one, and they can grow without end
        raise CalendarUnread("no_calendar")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (without a DOCTYPE nothing in it can grow)
    except ElementTree.ParseError as error:
        raise CalendarUnread("no_calendar") from error
    if root.tag != f"{DAV}multistatus":
        raise CalendarUnread("no_calendar")
    for response in root.iter(f"{DAV}response"):
        properties = [
            one for one in response.iter(f"{DAV}propstat") if one.find(f"{DAV}prop/{CAL}calendar-data") is not None
        ]
        if any(_is_error(one.findtext(f"{DAV}status")) for one in (response, *properties)):
            raise CalendarUnread("status")
    return [found.text for found in root.iter(f"{CAL}calendar-data") if found.text]


def _is_error(status: str | None) -> bool:
    """Whether a part of the answer says that something is missing from it: "HTTP/1.1 507 Insufficient Storage"."""
    words = (status or "").split()
    return bool(words) and not (len(words) > 1 and words[1].startswith("2"))


def busy_periods(texts: Sequence[str], window: BusyWindow, seconds: float = MOST_SECONDS) -> list[BusyPeriod]:
    """The busy periods in the calendars, by their beginning. Raises: CalendarUnread."""
    if any(not text.lstrip().upper().startswith("BEGIN:VCALENDAR") for text in texts):
        raise CalendarUnread("no_calendar")
    if any(TOO_OFTEN.search(text) for text in texts):
        raise CalendarUnread("too_much")
    first, last = window.first.timestamp(), window.last.timestamp()
    asked = {"texts": list(texts), "zone": window.zone, "first": first, "last": last, "own": window.own}
    try:
        done = subprocess.run(  # noqa: S603 (our own program, of this file's folder)
            [sys.executable, "-I", str(EXPAND)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CalendarUnread("too_much") from error
    if done.returncode:
        raise CalendarUnread("no_calendar" if done.returncode == NO_CALENDAR else "too_much")
    found = {BusyPeriod(unit_of(_at(begins)), unit_after(_at(ends))) for begins, ends in json.loads(done.stdout)}
    if len(found) > MOST_PERIODS:
        raise CalendarUnread("too_much")
    return sorted(found)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
