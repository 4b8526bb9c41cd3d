"""How a person may be called and reached: their name as it is kept, and the keys by which contacts are compared. Pure.

Email addresses, telephone numbers and postcodes are not about persons alone: their parsers are those of
`core.contact_values` and `locations.postcodes`.
"""

from __future__ import annotations

import unicodedata

import phonenumbers

from core.contact_values import HOME_REGION
from core.errors import InvalidValue
from core.text import clean_line

LONGEST_NAME = 200
PHONE_LENGTH = 20
POSTCODE_LENGTH = 10


def parse_name(text: str) -> str:
    """The name in `text`, in any script, as its owner wrote it. Raises: InvalidValue."""
    name = clean_line(text, LONGEST_NAME)
    if not name:
        raise InvalidValue.because("name_empty")
    return name


def phone_digits(text: str) -> str:
    """The digits of a telephone number with its country code: "07700 900123" is "447700900123". Empty for no digits."""
    digits = "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return digits
    if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        return f"{number.country_code}{number.national_number}"
    return digits


def phone_key(text: str) -> str:
    """The digits of a telephone number from the last to the first, so that its last digits find it by prefix."""
    return phone_digits(text)[::-1][:PHONE_LENGTH]


def postcode_key(text: str) -> str:
    """A postcode, or the beginning of one, in capitals without spaces: "n12 9" is "N129"."""
    return "".join(character for character in text.upper() if character.isalnum())[:POSTCODE_LENGTH]


def email_key(text: str) -> str:
    """An email address as it is compared: trimmed, in one Unicode form, in lower case. Empty for none."""
    return unicodedata.normalize("NFC", text.strip()).lower()
