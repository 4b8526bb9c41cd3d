"""Fields of requests: text that every database and printer can hold, contact details, slugs, dates and instants.

Each tells a person what to do about it, and describes itself in the OpenAPI document.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields, validate

from core.text import is_printable
from core.wall_clock import unit_after

SLUG = r"^[a-z0-9][a-z0-9-]{0,59}$"
FIRST_YEAR, LAST_YEAR = 2000, 2200
# Loose on purpose: the shape of BS 7666 only, since new postcodes appear every month.
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}")


class Line(fields.String):
    """A line of text, its spaces tidied, of at most `longest` characters."""

    def __init__(self, longest: int, **options: Any) -> None:
        checks = [*options.pop("validate", ()), validate.Length(max=longest, error="Use at most {max} characters.")]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if not is_printable(text):
            raise ValidationError("Leave out characters that cannot be printed.")
        return self.tidied(text)

    def tidied(self, text: str) -> str:
        """`text` without needless spaces."""
        return " ".join(text.split())


class Paragraphs(Line):
    """Text of several lines."""

    def tidied(self, text: str) -> str:
        """`text` without spaces around it."""
        return text.strip()


class Email(Line):
    """An email address, or empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(254, **options)

    def tidied(self, text: str) -> str:
        """The address in its usual form. Raises: ValidationError."""
        if not text.strip():
            return ""
        try:
            return validate_email(text.strip(), check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise ValidationError("Enter an email address in the right form, like name@example.com.") from error


class Phone(Line):
    """A telephone number, or empty; British unless it begins with + and a country's code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(40, **options)

    def tidied(self, text: str) -> str:
        """The number as it was written. Raises: ValidationError."""
        number = super().tidied(text)
        if number and not _is_possible(number):
            raise ValidationError("Enter a phone number, like 07700 900123 or 020 7946 0000.")
        return number


class Postcode(Line):
    """A whole postcode of the United Kingdom, or empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(10, **options)

    def tidied(self, text: str) -> str:
        """The postcode in capitals. Raises: ValidationError."""
        postcode = super().tidied(text).upper()
        if postcode and not _POSTCODE.fullmatch(postcode):
            raise ValidationError("Enter a full postcode, like N12 0GA.")
        return postcode


class Slug(fields.String):
    """The short name of an authority, a site or a service."""

    def __init__(self, **options: Any) -> None:
        words = "Use the slug from the list: small letters, figures and hyphens."
        super().__init__(validate=validate.Regexp(SLUG, error=words), **options)


class DateOrInstant(fields.Field[date | datetime]):
    """A date (`2026-11-24`), or an instant with its offset (`2026-11-24T09:00:00+00:00`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> date | datetime:
        # A plus sign that was not escaped in the address arrives as a space.
        text = str(value).strip().replace(" ", "+")
        try:
            found = date.fromisoformat(text) if len(text) == len("2026-11-24") else datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(
                "Send a date, 2026-11-24, or an instant with its offset, 2026-11-24T09:00:00+00:00."
            ) from error
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(f"Send a year from {FIRST_YEAR} to {LAST_YEAR}.")
        if isinstance(found, datetime) and found.utcoffset() is None:
            raise ValidationError("Send an instant with its offset: 2026-11-24T09:00:00+00:00, or end it with Z.")
        return found


def first_unit_of(bound: date | datetime | None) -> int | None:
    """The first 5-minute unit at or after an instant; None for a date or for nothing."""
    return unit_after(bound) if isinstance(bound, datetime) else None


def _is_possible(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, "GB"))
    except phonenumbers.NumberParseException:
        return False
