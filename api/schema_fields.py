"""Fields of requests: text that every database and printer can hold, contact details, slugs, dates and instants.

Their messages say what to send instead; the OpenAPI document shows their descriptions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, validate

from core.contact_values import LONGEST_EMAIL, LONGEST_PHONE, parse_email, parse_phone, parse_postal_lines
from core.error_texts import text_of
from core.errors import InvalidValue
from core.language import DEFAULT_LANGUAGE, language_for
from core.text import clean_line, clean_text, parse_or_empty
from core.wall_clock import parse_day, parse_instant, parse_wall_time, unit_after
from locations.postcodes import parse_postcode
from people.residents.details import LONGEST_NAME, parse_name

SLUG = r"^[a-z0-9][a-z0-9-]{0,59}$"
LONGEST_POSTAL = 400  # characters, as they are sent; the parser counts lines
LONGEST_POSTCODE = 10  # with spaces, as it is sent
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Value = TypeVar("Value")


def parsed(parse: Callable[[str], Value], text: str) -> Value:
    """What `parse` makes of `text`. Raises: ValidationError with the parser's reason."""
    try:
        return parse(text)
    except InvalidValue as error:
        raise ValidationError(explained(error)) from error


def explained(error: InvalidValue) -> str:
    """The parser's reason as a sentence for programmers, in English."""
    return f"{text_of(error.reason, language_for(DEFAULT_LANGUAGE))}."


class SingleLineText(fields.String):
    """A line of text of at most `longest` characters."""

    def __init__(self, longest: int, **options: Any) -> None:
        checks = [*options.pop("validate", ()), validate.Length(max=longest, error="Use at most {max} characters.")]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        return parsed(self.parse, super()._deserialize(value, attr, data, **options))

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return clean_line(text)


class MultiLineText(SingleLineText):
    """Text of several lines."""

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return clean_text(text)


class NameText(SingleLineText):
    """The name of a person."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_NAME, **options)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_name(text)


class EmailText(SingleLineText):
    """An email address, or empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_EMAIL, **options)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_or_empty(parse_email, text)


class PhoneText(SingleLineText):
    """A telephone number, or empty; British unless it begins with + and a country's code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_PHONE, **options)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_or_empty(parse_phone, text)


class PostcodeText(SingleLineText):
    """A whole postcode of the United Kingdom, or empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_POSTCODE, **options)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_or_empty(partial(parse_postcode, example="N12 0GA"), text)


class PostalText(MultiLineText):
    """The lines of a postal address above its postcode, or empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_POSTAL, **options)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_or_empty(parse_postal_lines, text)


class Slug(fields.String):
    """The short name of an authority, a site or a service."""

    def __init__(self, **options: Any) -> None:
        message = "Use the slug from the list: small letters, figures and hyphens."
        super().__init__(validate=validate.Regexp(SLUG, error=message), **options)


class DateOrInstant(fields.Field[date | datetime]):
    """A date (`2026-11-24`), or an instant with its offset (`2026-11-24T09:00:00+00:00`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> date | datetime:
        # A plus sign that was not escaped in the address arrives as a space.
        text = str(value).strip().replace(" ", "+")
        return parsed(parse_day, text) if len(text) == len("2026-11-24") else parsed(parse_instant, text)


class Instant(fields.Field[datetime]):
    """An instant with its offset (`2026-11-24T09:00:00+00:00`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        return parsed(parse_instant, str(value).strip()).astimezone(UTC)


class DayText(fields.String):
    """A date (`2026-11-24`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return parsed(parse_day, super()._deserialize(value, attr, data, **options))


class WallTime(fields.String):
    """A time on the place's own clock (`09:30`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return parsed(parse_wall_time, super()._deserialize(value, attr, data, **options))


class Weekday(fields.String):
    """A day of the week by its English name, or the first three letters of it; its number, Monday is 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip().lower()
        for number, name in enumerate(WEEKDAYS, 1):
            if text in (name, name[:3]):
                return number
        raise ValidationError(f"Use days of the week: {', '.join(WEEKDAYS)}.")


def first_unit_of(bound: date | datetime | None) -> int | None:
    """The first 5-minute unit at or after an instant; None for a date or for nothing."""
    return unit_after(bound) if isinstance(bound, datetime) else None
