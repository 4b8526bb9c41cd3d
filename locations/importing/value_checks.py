"""What each value of the file must be. A check returns the value to keep, or raises WrongValueError with advice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from core.contact_values import LONGEST_EMAIL, LONGEST_PHONE, parse_email, parse_phone
from core.errors import InvalidValue
from core.text import clean_text
from core.wall_clock import TICK_MINUTES, check_year, parse_day, parse_moment
from locations.bank_holidays import DIVISIONS
from locations.model import ROOM
from locations.postcodes import is_known, parse_postcode
from locations.reserved_slugs import RESERVED_SLUGS

Check = Callable[[Any], Any]
Value = TypeVar("Value")

WEEKDAYS = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
LONGEST_KIND = 30  # of the column that keeps it
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_KIND_OF_VALUE = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number with a fraction",
    list: "a list",
}


class WrongValueError(ValueError):
    """The value cannot be used; the message says what to write instead."""


@dataclass(frozen=True)
class TextCheck:
    """Text of at most `longest` characters, trimmed."""

    longest: int
    may_be_empty: bool = True

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str):
            raise WrongValueError(f"must be text in quotes, not {_kind(value)}")
        try:
            cleaned = clean_text(value)
        except InvalidValue as error:
            raise WrongValueError("holds a control character; write plain text") from error
        if len(cleaned) > self.longest:
            raise WrongValueError(f"has {len(cleaned)} characters; the most is {self.longest}")
        if not cleaned and not self.may_be_empty:
            raise WrongValueError("must not be empty")
        return cleaned


def _parsed(parse: Callable[[str], Value], value: str, advice: str) -> Value:
    """What `parse` makes of `value`. Raises: WrongValueError with `advice`."""
    try:
        return parse(value)
    except InvalidValue as error:
        raise WrongValueError(f"is {value!r}; {advice}") from error


def slug(value: Any) -> str:
    """A name for addresses: lower-case letters, figures and single hyphens, at most 60."""
    found: str = text(60, may_be_empty=False)(value)
    if not _SLUG.fullmatch(found):
        raise WrongValueError(f"is {found!r}; use lower-case letters, figures and hyphens, such as golders-green")
    return found


def authority_slug(value: Any) -> str:
    """A slug that no address of the service itself begins with."""
    found = slug(value)
    if found in RESERVED_SLUGS:
        raise WrongValueError(f"is {found!r}, which the service uses itself; choose another")
    return found


@dataclass(frozen=True)
class WholeCheck:
    """A whole number from `least` to `most`, divisible by `step`."""

    least: int
    most: int
    step: int = 1

    def __call__(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongValueError(f"must be a whole number without quotes, not {_kind(value)}")
        if not self.least <= value <= self.most:
            raise WrongValueError(f"is {value}; it must be from {self.least} to {self.most}")
        if value % self.step:
            raise WrongValueError(f"is {value}; it must be a multiple of {self.step}")
        return value


def minutes(least: int, most: int) -> Check:
    """Minutes in whole ticks."""
    return whole(least, most, step=TICK_MINUTES)


def yes_no(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise WrongValueError(f"must be true or false without quotes, not {_kind(value)}")
    return value


@dataclass(frozen=True)
class OneOfCheck:
    """One of these words."""

    choices: Sequence[str]

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            known = ", ".join(self.choices)
            raise WrongValueError(f"is {value!r}; it must be one of {known}{did_you_mean(value, self.choices)}")
        return value


@dataclass(frozen=True)
class ListCheck:
    """A list whose items pass `item`; it becomes a plain list."""

    item: Check
    least: int = 0
    unique: bool = True

    def __call__(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise WrongValueError(f"must be a list in [brackets], not {_kind(value)}")
        items = []
        for number, one in enumerate(value, start=1):
            try:
                items.append(self.item(one))
            except WrongValueError as wrong:
                raise WrongValueError(f"item {number} {wrong}") from wrong
        if len(items) < self.least:
            raise WrongValueError("must not be empty" if self.least == 1 else f"needs {self.least} items or more")
        if self.unique and len({repr(one) for one in items}) < len(items):
            raise WrongValueError("names the same thing twice")
        return items


text, whole, one_of, list_of = TextCheck, WholeCheck, OneOfCheck, ListCheck


def code(value: Any) -> str:
    """A skill or feature: lower-case words joined by hyphens."""
    found: str = text(60, may_be_empty=False)(value)
    if not _CODE.fullmatch(found):
        raise WrongValueError(f"is {found!r}; use lower-case words joined by hyphens, such as step-free")
    return found


def reminder_kind(value: Any) -> str:
    """The kind of a reminder: `reminder_` and lower-case letters or figures, so that no other message has it."""
    found: str = text(LONGEST_KIND, may_be_empty=False)(value)
    if not re.fullmatch(r"reminder(_[a-z0-9]+)+", found):
        raise WrongValueError(f"is {found!r}; it must begin with reminder_, such as reminder_1d")
    return found


def colour(value: Any) -> str:
    """A colour as #rrggbb."""
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        raise WrongValueError(f"is {value!r}; write a colour such as #1d4f7c")
    return value.lower()


def email(value: Any) -> str:
    """An email address, or nothing."""
    found: str = text(LONGEST_EMAIL)(value)
    return _parsed(parse_email, found, "write an email address such as help@example.org") if found else ""


def phone(value: Any) -> str:
    """A telephone number, or nothing."""
    found: str = text(LONGEST_PHONE)(value)
    return _parsed(parse_phone, found, "write a telephone number such as 020 7946 0000") if found else ""


def web_address(value: Any) -> str:
    """An address that begins with https://, or nothing."""
    found: str = text(300)(value)
    if found and not re.fullmatch(r"https?://[^\s<>\"']+", found):
        raise WrongValueError(f"is {found!r}; write an address that begins with https://")
    return found


def joining_address(value: Any) -> str:
    """The address of a video, in which {room} stands for the name of each appointment's own room, or nothing."""
    found = str(value).replace(ROOM, "room") if isinstance(value, str) and value.count(ROOM) <= 1 else value
    if "{" in str(found) or "}" in str(found):
        raise WrongValueError(f"is {value!r}; only {ROOM} may stand in brackets there, once")
    web_address(found)
    return str(value)


def zone(value: Any) -> str:
    """A time zone that is known here."""
    try:
        if not isinstance(value, str):
            raise ValueError
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as error:
        raise WrongValueError(f"is {value!r}; write a time zone such as Europe/London") from error
    return value


def division(value: Any) -> str:
    """Whose bank holidays count."""
    found: str = one_of(tuple(DIVISIONS))(value)
    return found


def postcode(value: Any) -> str:
    """A whole postcode as people write it, which the directory knows if it lists its area; or nothing."""
    found: str = text(40)(value)
    if not found:
        return ""
    advice = "that is no known postcode: check it, or leave it out for now"
    full = _parsed(parse_postcode, found, advice)
    if not is_known(full):
        raise WrongValueError(f"is {found!r}; {advice}")
    return full


def day(value: Any) -> date:
    """A date."""
    if isinstance(value, str):
        value = _parsed(parse_day, value, "write a date such as 2026-12-24")
    if isinstance(value, datetime) or not isinstance(value, date):
        raise WrongValueError(f"must be a date such as 2026-12-24, not {_kind(value)}")
    try:
        return check_year(value)
    except InvalidValue as error:
        raise WrongValueError(f"is {value}; is the year right?") from error


def wall_time(value: Any) -> time:
    """A time of day in whole ticks."""
    if isinstance(value, str) and re.fullmatch(r"[0-2]\d:[0-5]\d", value):
        try:
            value = time.fromisoformat(value)
        except ValueError as error:
            raise WrongValueError(f"is {value!r}; write a time such as 09:00") from error
    if not isinstance(value, time):
        raise WrongValueError(f'must be a time such as "09:00", not {value!r}')
    if value.minute % TICK_MINUTES or value.second or value.microsecond:
        raise WrongValueError(f"is {value:%H:%M:%S}; times go by steps of {TICK_MINUTES} minutes")
    return value


def wall_moment(value: Any) -> datetime:
    """A date and time on the site's clock (naive), or an instant (aware), in whole ticks."""
    if isinstance(value, str):
        value = _parsed(parse_moment, value, "write a date and time such as 2026-12-24 13:00")
    if not isinstance(value, datetime):
        raise WrongValueError(f"must be a date and time such as 2026-12-24 13:00:00, not {_kind(value)}")
    wall_time(value.time())
    day(value.date())
    return value


def did_you_mean(wrong: Any, known: Sequence[str]) -> str:
    """ "; did you mean X?", or nothing."""
    close = get_close_matches(str(wrong), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, datetime | date | time):
        return f"the date or time {value}"
    return _KIND_OF_VALUE.get(type(value), type(value).__name__)
