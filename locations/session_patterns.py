"""When a session is held, as people say it, and as the keys of the set-up file that say the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any

from locations.importing import value_checks
from locations.importing.parse_sessions import MIDNIGHT, SINCE
from locations.importing.recurrence_rules import weekdays_of, weekly_rule
from locations.importing.value_checks import WEEKDAYS
from locations.opening_hours import dates_until
from locations.session_facts import RecurrenceFacts, SessionHours

LAST = -1
WEEKS_OF_MONTH = (1, 2, 3, 4, LAST)
DAYS_OF_MONTH = (*range(1, 32), LAST)
_WORDS = {short: word for word, short in WEEKDAYS.items()}


class Repeats(StrEnum):
    """How a session recurs."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    """On weekdays of some weeks of each month: the first Tuesday."""
    DAY_OF_MONTH = "day_of_month"
    ONCE = "once"
    RULE = "rule"
    """By a rule of the file for which there are no plain words."""


@dataclass(frozen=True)
class Pattern:
    """When a session is held. What its kind does not use is empty.

    `weekdays` are words such as "monday", in their order; `weeks` and `month_day` count from 1, or are LAST. What is held
    once is on its `first_date`. `last_date` is included.
    """

    repeats: Repeats
    weekdays: tuple[str, ...] = ()
    weeks: tuple[int, ...] = ()
    month_day: int = 0
    first_date: date | None = None
    last_date: date | None = None
    rule: str = ""


def keys_of(pattern: Pattern) -> dict[str, Any]:
    """The keys of the file that say `pattern`: `date`, or `days` or `rrule` with first and last dates."""
    if pattern.repeats is Repeats.ONCE:
        return {"date": _text(pattern.first_date)}
    period = {"first_date": pattern.first_date, "last_date": pattern.last_date}
    given = {name: _text(day) for name, day in period.items() if day is not None}
    if pattern.repeats is Repeats.WEEKLY:
        return {"days": list(pattern.weekdays)} | given
    return {"rrule": rule_of(pattern)} | given


def pattern_of(table: Mapping[str, Any]) -> Pattern:
    """The pattern that a session's table says, which the file's own checks have passed."""
    if "date" in table:
        return Pattern(Repeats.ONCE, first_date=value_checks.day(table["date"]))
    if "days" in table:
        pattern = Pattern(Repeats.WEEKLY, weekdays=_in_order(table["days"]))
    else:
        pattern = _plain(table["rrule"]) or Pattern(Repeats.RULE, rule=table["rrule"])
    first_date, last_date = (
        value_checks.day(table[name]) if name in table else None for name in ("first_date", "last_date")
    )
    return replace(pattern, first_date=first_date, last_date=last_date)


def rule_of(pattern: Pattern) -> str:
    """The RRULE of a pattern that recurs."""
    shorts = [WEEKDAYS[word] for word in pattern.weekdays]
    match pattern.repeats:
        case Repeats.WEEKLY:
            return weekly_rule(list(pattern.weekdays))
        case Repeats.FORTNIGHTLY:
            return f"FREQ=WEEKLY;INTERVAL=2;BYDAY={','.join(shorts)}"
        case Repeats.MONTHLY:
            days = (f"{week}{short}" for week, short in product(pattern.weeks, shorts))
            return f"FREQ=MONTHLY;BYDAY={','.join(days)}"
        case Repeats.DAY_OF_MONTH:
            return f"FREQ=MONTHLY;BYMONTHDAY={pattern.month_day}"
    return pattern.rule


def first_dates(pattern: Pattern, after: date, last: date, most: int) -> tuple[date, ...]:
    """The first dates of the pattern from `after` to `last`, both included; `most` at the most."""
    if pattern.repeats is Repeats.ONCE:
        day = pattern.first_date
        return (day,) if day is not None and after <= day <= last else ()
    found: list[date] = []
    last = last if pattern.last_date is None else min(last, pattern.last_date)
    for day in dates_until(_facts(pattern), last):
        if len(found) == most:
            break
        if day >= after:
            found.append(day)
    return tuple(found)


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _facts(pattern: Pattern) -> RecurrenceFacts:
    """The recurrence, as far as it decides on dates."""
    hours = SessionHours(MIDNIGHT, MIDNIGHT)
    return RecurrenceFacts("", rule_of(pattern), pattern.first_date or SINCE, pattern.last_date, hours, (), frozenset())


def _in_order(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in WEEKDAYS if word in words)


def _plain(rrule: str) -> Pattern | None:
    """The pattern of a rule for which there are plain words; None for any other."""
    if words := weekdays_of(rrule):
        return Pattern(Repeats.WEEKLY, weekdays=tuple(words))
    parts = dict(part.partition("=")[::2] for part in rrule.split(";"))
    names = frozenset(parts)
    if parts.get("FREQ") == "WEEKLY" and names == {"FREQ", "INTERVAL", "BYDAY"} and parts["INTERVAL"] == "2":
        return Pattern(Repeats.FORTNIGHTLY, weekdays=_weekdays(parts["BYDAY"]))
    if parts.get("FREQ") == "MONTHLY" and names == {"FREQ", "BYMONTHDAY"}:
        return _day_of_month(parts["BYMONTHDAY"])
    if parts.get("FREQ") == "MONTHLY" and names == {"FREQ", "BYDAY"}:
        return _days_of_weeks(parts["BYDAY"])
    return None


def _weekdays(by_day: str) -> tuple[str, ...]:
    return _in_order([_WORDS[short] for short in by_day.split(",")])


def _day_of_month(by_month_day: str) -> Pattern | None:
    try:
        day = int(by_month_day)
    except ValueError:  # several days
        return None
    return Pattern(Repeats.DAY_OF_MONTH, month_day=day) if day in DAYS_OF_MONTH else None


def _days_of_weeks(by_day: str) -> Pattern | None:
    """The weeks and weekdays of "1TU,3TU", when each of these weeks has the same weekdays."""
    found = {(day[:-2].lstrip("+"), day[-2:]) for day in by_day.split(",")}
    if any(not week or int(week) not in WEEKS_OF_MONTH for week, _ in found):
        return None
    weeks = tuple(week for week in WEEKS_OF_MONTH if str(week) in {week for week, _ in found})
    pattern = Pattern(Repeats.MONTHLY, weekdays=_weekdays(",".join(short for _, short in found)), weeks=weeks)
    return pattern if len(found) == len(pattern.weeks) * len(pattern.weekdays) else None
