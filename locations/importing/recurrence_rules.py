"""When a session recurs: plain weekday words or an RRULE, as a rule that is safe to run."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any

from core.errors import InvalidValue
from core.wall_clock import parse_day
from locations.bank_holidays import bank_holiday
from locations.importing.value_checks import WEEKDAYS, WrongValueError, list_of, one_of, text
from locations.opening_hours import dates_until
from locations.session_facts import HolidayRule, RecurrenceFacts

YEARS_LOOKED_AT = 5  # long enough to meet a 29 February
FIRST_OF_CYCLE, CYCLE_DAYS = date(2000, 1, 1), 28 * 365 + 7  # in which every date meets every weekday
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = f"({'|'.join(WEEKDAYS.values())})"
_NUMBER_1_TO = {12: "(1[0-2]|[1-9])", 31: "(3[01]|[12][0-9]|[1-9])", 53: "(5[0-3]|[1-4][0-9]|[1-9])"}
_UP_TO_366 = "(36[0-6]|3[0-5][0-9]|[12]?[0-9]{1,2})"
_UP_TO_999 = "[1-9][0-9]{0,2}"
# What each part may be, and the words for it. Source: RFC 5545 3.3.10.
_PARTS = {
    "FREQ": (f"({'|'.join(_FREQUENCIES)})", f"one of {', '.join(_FREQUENCIES)}, such as FREQ=MONTHLY;BYDAY=1TU"),
    "INTERVAL": (_UP_TO_999, "from 1 to 999"),
    "COUNT": (_UP_TO_999, "from 1 to 999"),
    "UNTIL": (r"[0-9]{8}(T[0-9]{6}Z?)?", "a date such as UNTIL=20261231"),
    "BYDAY": (f"([+-]?{_NUMBER_1_TO[53]})?{_DAY}", "days such as MO,TU or, in a month or year, 1TU or -1FR"),
    "BYMONTH": (f"0?{_NUMBER_1_TO[12]}", "months from 1 to 12"),
    "BYMONTHDAY": (f"[+-]?0?{_NUMBER_1_TO[31]}", "days from 1 to 31, or from -31 to -1 counted from the end"),
    "BYSETPOS": (f"[+-]?(?!0+(,|$)){_UP_TO_366}", "from 1 to 366, or from -366 to -1"),
    "BYWEEKNO": (f"[+-]?0?{_NUMBER_1_TO[53]}", "weeks from 1 to 53, or from -53 to -1"),
    "WKST": (_DAY, "a day such as MO"),
}
_ONLY_ONE = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST")


def weekly_rule(value: Any) -> str:
    """The RRULE of a list of weekday words."""
    days = list_of(one_of(tuple(WEEKDAYS)), least=1)(value)
    ordered = [short for word, short in WEEKDAYS.items() if word in days]
    return f"FREQ=WEEKLY;BYDAY={','.join(ordered)}"


def weekdays_of(rrule: str) -> list[str] | None:
    """The weekday words of which `weekly_rule` makes this rule, or None for any other rule."""
    shorts = rrule.rpartition("=")[2].split(",")
    words = [word for word, short in WEEKDAYS.items() if short in shorts]
    return words if words and weekly_rule(words) == rrule else None


def rule(value: Any) -> str:
    """An RRULE whose parts are about dates only; an UNTIL with a time becomes its date. Source: RFC 5545 3.3.10."""
    written: str = text(300, may_be_empty=False)(value)
    if len(written.splitlines()) > 1:
        raise WrongValueError("holds a line end; write one rule in one line, such as FREQ=MONTHLY;BYDAY=1TU")
    parts: dict[str, str] = {}
    for part in re.sub(r"^RRULE:", "", written.upper()).rstrip(";").split(";"):
        name, _, found = part.partition("=")
        if name in parts:
            raise WrongValueError(f"has {name} twice; keep one")
        parts[name] = _part(name, found)
    if "FREQ" not in parts:
        raise WrongValueError(f"needs FREQ= with {_PARTS['FREQ'][1]}")
    _check_together(parts)
    return ";".join(f"{name}={found}" for name, found in parts.items())


def _part(name: str, found: str) -> str:
    if name not in _PARTS:
        raise WrongValueError(f"has {name!r}, which is not used here; a rule has {', '.join(sorted(_PARTS))}")
    pattern, advice = _PARTS[name]
    several = pattern if name in _ONLY_ONE else f"{pattern}(,{pattern})*"
    if not re.fullmatch(several, found):
        needs = "needs FREQ= with" if name == "FREQ" else f"has {name}={found}; it must be"
        raise WrongValueError(f"{needs} {advice}")
    if name != "UNTIL":
        return found
    try:
        return f"{parse_day(f'{found[:4]}-{found[4:6]}-{found[6:8]}'):%Y%m%d}"
    except InvalidValue as error:
        raise WrongValueError(f"has {name}={found}; it must be {advice}") from error


def _check_together(parts: dict[str, str]) -> None:
    """See that the parts can stand together. Raises: WrongValueError."""
    if "COUNT" in parts and "UNTIL" in parts:
        raise WrongValueError("has COUNT and UNTIL; keep one")
    if parts["FREQ"] in ("DAILY", "WEEKLY") and re.search(r"[0-9]", parts.get("BYDAY", "")):
        raise WrongValueError("has a number before a day in BYDAY, which needs FREQ=MONTHLY or FREQ=YEARLY")
    if "BYSETPOS" in parts and parts["FREQ"] == "DAILY":
        raise WrongValueError("has BYSETPOS, which FREQ=DAILY leaves nothing to choose from")
    if "BYWEEKNO" in parts and parts["FREQ"] != "YEARLY":
        raise WrongValueError("has BYWEEKNO, which needs FREQ=YEARLY")


def check_dates(facts: RecurrenceFacts) -> None:
    """See that the rule can be read and falls on some date. Raises: WrongValueError."""
    last = _last_looked_at(facts)
    try:
        is_idle = not _has_possible_date(facts.rrule) or next(dates_until(facts, last), None) is None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise WrongValueError(f"cannot be read as a rule ({error}); an example is FREQ=MONTHLY;BYDAY=1TU") from error
    if is_idle:
        raise WrongValueError(f"falls on no date from {facts.first_date} to {last}; check it")


def is_shut_always(facts: RecurrenceFacts, holidays: HolidayRule) -> bool:
    """Whether every date of the session is a bank holiday on which its site is shut, without hours of its own then."""
    if not holidays.closes:
        return False
    opened = {day for day, changed in facts.exceptions.items() if changed.starts is not None}
    dates = dates_until(facts, _last_looked_at(facts))
    return all(bank_holiday(day, holidays.division) and day not in opened for day in dates)


def _last_looked_at(facts: RecurrenceFacts) -> date:
    last = date(facts.first_date.year + YEARS_LOOKED_AT - 1, 12, 31)
    return last if facts.last_date is None else min(facts.last_date, last)


def _has_possible_date(rrule: str) -> bool:
    """Whether any date at all has the month, the day of the month and the weekday of the rule.

    A rule for 30 February would otherwise be looked for to the end of the calendar, which takes dateutil seconds.
    """
    parts = {name: found.split(",") for name, found in (part.split("=") for part in rrule.split(";"))}
    months, days = ({int(number) for number in parts.get(name, ())} for name in ("BYMONTH", "BYMONTHDAY"))
    weekdays = {list(WEEKDAYS.values()).index(day[-2:]) for day in parts.get("BYDAY", ())}
    return any(
        (not months or day.month in months)
        and (not days or day.day in days or day.day - 1 - monthrange(day.year, day.month)[1] in days)
        and (not weekdays or day.weekday() in weekdays)
        for day in map(date.fromordinal, range(FIRST_OF_CYCLE.toordinal(), FIRST_OF_CYCLE.toordinal() + CYCLE_DAYS))
    )
