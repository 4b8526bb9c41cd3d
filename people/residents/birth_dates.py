"""Dates of birth: the one parser, for any usual British way of writing a day, and how to find one in a search text. Pure."""

from __future__ import annotations

import re
from datetime import date

from core.errors import InvalidValue
from core.text import clean_line

FIRST_YEAR = 1890  # nobody who books was born before
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_FORMS = (
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s.,/-]*(?P<name>{_MONTH})[\s.,/-]*(?P<year>\d{{4}}|\d{{2}})",
    rf"(?P<name>{_MONTH})\.?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<year>\d{{4}}|\d{{2}})",
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    r"(?P<day>\d{1,2})\s*(?P<mark>[./-])\s*(?P<month>\d{1,2})\s*(?P=mark)\s*(?P<year>\d{4}|\d{2})",
)
_IN_TEXT = [re.compile(rf"(?<![\w+]){form}(?!\w)", re.IGNORECASE) for form in _FORMS]
_SPACED = re.compile(r"(?P<day>\d{1,2})\s+(?P<month>\d{1,2})\s+(?P<year>\d{4}|\d{2})")
_TOGETHER = re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})")


def parse_birth_date(text: str, today: date) -> date:
    """The day that `text` means: "14 March 1970", "14th Mar 70", "14/03/1970", "14.3.70", "14031970", "1970-03-14".

    The day stands before the month, as in Britain; a year of two figures is the latest that is not to come.
    Raises: InvalidValue.
    """
    line = clean_line(text)
    for form in (*_IN_TEXT, _SPACED, _TOGETHER):
        if found := form.fullmatch(line):
            return _day_of(found, today)
    raise InvalidValue.because("birth_date_form")


def find_birth_date(text: str, today: date) -> tuple[date | None, str]:
    """The date of birth that stands in a search text, if one does, and the rest of the text."""
    for form in _IN_TEXT:
        for found in form.finditer(text):
            try:
                day = _day_of(found, today)
            except InvalidValue:
                continue
            return day, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _day_of(found: re.Match[str], today: date) -> date:
    parts = found.groupdict()
    month = MONTHS.index(parts["name"][:3].lower()) + 1 if parts.get("name") else int(parts["month"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year <= today.year % 100 else 1900
    try:
        day = date(year, month, int(parts["day"]))
    except ValueError as error:
        raise InvalidValue.because("birth_date_form") from error
    if not day.year >= FIRST_YEAR or day > today:
        raise InvalidValue.because("birth_date_range", first=FIRST_YEAR)
    return day
