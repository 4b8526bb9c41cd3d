"""When a session recurs: plain weekday words or an RRULE, as a rule that is safe to run."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from locations.importing.value_checks import WEEKDAYS, WrongValueError, list_of, one_of, text
from locations.opening_hours import dates_in_year
from locations.session_facts import RecurrenceFacts, SessionHours

YEARS_LOOKED_AT = 5  # long enough to meet a 29 February
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "WKST"}
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def weekly_rule(value: Any) -> str:
    """The RRULE of a list of weekday words."""
    days = list_of(one_of(tuple(WEEKDAYS)), least=1)(value)
    ordered = [short for word, short in WEEKDAYS.items() if word in days]
    return f"FREQ=WEEKLY;BYDAY={','.join(ordered)}"


def rule(value: Any) -> str:
    """An RRULE whose parts are about dates only. Source: RFC 5545 3.3.10."""
    written: str = text(300, may_be_empty=False)(value)
    found = re.sub(r"^RRULE:", "", written.upper())
    parts = dict(part.partition("=")[::2] for part in found.split(";"))
    unknown = sorted(parts.keys() - _PARTS)
    if unknown:
        raise WrongValueError(f"has {unknown[0]!r}, which is not used here; a rule has {', '.join(sorted(_PARTS))}")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise WrongValueError(f"needs FREQ= with one of {', '.join(_FREQUENCIES)}, such as FREQ=MONTHLY;BYDAY=1TU")
    until = parts.get("UNTIL")
    if until is not None and not re.fullmatch(r"\d{8}", until):
        raise WrongValueError(f"has UNTIL={until}; write a date such as UNTIL=20261231, or use last_date")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not re.fullmatch(r"[1-9]\d{0,2}", parts[name]):
            raise WrongValueError(f"has {name}={parts[name]}; it must be from 1 to 999")
    return found


def check_dates(rrule: str, first_date: date, last_date: date | None) -> None:
    """See that the rule can be read and falls on some date. Raises: WrongValueError."""
    facts = RecurrenceFacts("", rrule, first_date, last_date, SessionHours(time.min, time.max), (), frozenset())
    years = range(first_date.year, first_date.year + YEARS_LOOKED_AT)
    try:
        falls = any(dates_in_year(facts, year) for year in years)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise WrongValueError(f"cannot be read as a rule ({error}); an example is FREQ=MONTHLY;BYDAY=1TU") from error
    if not falls:
        raise WrongValueError(f"falls on no date from {first_date} to {years[-1]}; check it")
