"""The shares of a session as lines of text that a manager types, and what they mean for a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate
from zoneinfo import ZoneInfo

from flask_babel import gettext

from core.errors import InvalidValue
from core.wall_clock import parse_wall_time
from locations.release_shares import ALL, MOST_SHARES, Release, in_order
from web.request_language import format_day, format_moment

MOST_DAYS = 365


class WrongSharesError(ValueError):
    """The lines cannot be used; the message says why."""


@dataclass(frozen=True)
class ShareExample:
    """One line of the example: how much, and from when on; staff alone have what has no moment.

    `starts` and `width` are its place in a strip of 100.
    """

    percent: str
    moment: str
    starts: int
    width: int


@dataclass(frozen=True)
class ReleaseExample:
    """What the shares mean for a session on one day."""

    day: str
    shares: tuple[ShareExample, ...]


def release_lines(releases: Sequence[Release]) -> str:
    """The shares as lines to type: percent, days before, time."""
    return "\n".join(f"{one.percent}, {one.days_before}, {one.at:%H:%M}" for one in releases)


def read_lines(text: str, of_staff: int) -> tuple[Release, ...]:
    """The shares that the lines say, which with that of staff are all of a session. Raises: WrongSharesError."""
    releases = tuple(_read(line, number + 1) for number, line in enumerate(filter(str.strip, text.splitlines())))
    if len(releases) > MOST_SHARES:
        raise WrongSharesError(gettext("Enter at most %(most)s shares", most=MOST_SHARES))
    total = sum(one.percent for one in releases) + of_staff
    if releases and total != ALL:
        facts = {"total": total, "staff": of_staff}
        raise WrongSharesError(
            gettext("The shares must be 100 percent. With %(staff)s percent for staff they are %(total)s", **facts)
        )
    if not in_order(releases):
        raise WrongSharesError(gettext("Each share must come later than the one before it"))
    return releases


def example_of(releases: Sequence[Release], of_staff: int, day: date, zone: str) -> ReleaseExample | None:
    """When residents can book which share of the session on `day`; None without shares."""
    if not releases:
        return None
    parts = [(one.percent, _moment(one.moment(day, zone), zone)) for one in releases]
    if of_staff:
        parts.append((of_staff, ""))
    ends = accumulate(width for width, _moment_of in parts)
    shares = (
        ShareExample(_percent(width), moment, end - width, width)
        for (width, moment), end in zip(parts, ends, strict=True)
    )
    return ReleaseExample(format_day(day), tuple(shares))


def _read(line: str, number: int) -> Release:
    words = [word for word in re.split(r"[\s,;%]+", line) if word]
    wrong = WrongSharesError(
        gettext("Line %(number)s must have percent, days before and a time, like 50, 28, 09:00", number=number)
    )
    if not 2 <= len(words) <= 3 or not all(
        word.isascii() and word.isdecimal() and len(word) <= 3 for word in words[:2]
    ):
        raise wrong
    percent, days = int(words[0]), int(words[1])
    if not (1 <= percent <= ALL and days <= MOST_DAYS):
        raise wrong
    try:
        at = parse_wall_time(words[2]) if len(words) == 3 else time.min
    except InvalidValue as error:
        raise wrong from error
    return Release(percent, days, at)


def _percent(percent: int) -> str:
    return str(gettext("%(number)s percent", number=percent))


def _moment(at: datetime, zone: str) -> str:
    return format_moment(at.astimezone(ZoneInfo(zone)))
