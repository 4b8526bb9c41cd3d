"""A day and a time as people and programs in Britain write them. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from core.errors import InvalidValue
from core.text import clean_line
from core.wall_clock import check_year

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_DAYS = (
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    r"(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})",
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<name>[a-z]{{3,9}})[\s-]+(?P<year>\d{{4}})",
)
_TIME = r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::00(?:\.0+)?)?)?\s*(?P<half>[ap]m)?"
_FORMS = tuple(re.compile(rf"{day}(?:T|,?\s+(?:at\s+)?){_TIME}", re.IGNORECASE) for day in _DAYS)
_NAMES = (
    "january february march april may june july august september october november december sept "
    "jan feb mar apr jun jul aug sep oct nov dec"
).split()


def parse_start(text: str) -> datetime:
    """The wall-clock day and time in `text`: "24/11/2026 14:30", "24 November 2026 2:30pm", "2026-11-24T14:30:00".

    The day stands before the month. Raises: InvalidValue.
    """
    line = clean_line(text)
    found = next((match for form in _FORMS if (match := form.fullmatch(line))), None)
    if found is None:
        raise InvalidValue.because("import_start_form")
    parts = found.groupdict()
    name = parts.get("name")
    if name and name.lower() not in _NAMES:
        raise InvalidValue.because("import_start_form")
    try:
        month = MONTHS.index(name[:3].lower()) + 1 if name else int(parts["month"])
        moment = datetime.combine(date(int(parts["year"]), month, int(parts["day"])), _time(parts))
    except ValueError as error:
        raise InvalidValue.because("import_start_form") from error
    return check_year(moment)


def _time(parts: dict[str, str | None]) -> time:
    """Raises: ValueError for what no clock shows: 25:00, 14pm, or an hour alone, which may be morning or evening."""
    hour, minute, half = int(parts["hour"] or ""), parts["minute"], (parts["half"] or "").lower()
    if not half:
        if minute is None:
            raise ValueError("an hour alone")
        return time(hour, int(minute))
    if not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    return time(hour % 12 + 12 * (half == "pm"), int(minute or 0))
