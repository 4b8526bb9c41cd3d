"""Email addresses and telephone numbers: the one parser of each, and how to find them in a search text. Pure."""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from core.errors import InvalidValue
from core.text import clean_line, clean_text

LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3: a path of 256 characters with its angle brackets
MOST_POSTAL_LINES, LONGEST_POSTAL_LINE = 5, 60
LONGEST_PHONE = 40  # with its spaces and its extension, as it is kept
PRIVATE_ENDINGS = (".local", ".lan", ".localdomain", ".internal")  # of networks of one's own; RFC 6762, appendix G
_PUBLIC_ENDING = ".example.org"
HOME_REGION = "GB"  # of a number that is written without a country's code
BRITISH_FIGURES = 10  # behind the 0; Ofcom, National Telephone Numbering Plan, part B
EMAIL_IN_TEXT = re.compile(r"\S+@\S*")
# A word with a point or an underscore in it may be the beginning of an address: prunella.mossington
EMAIL_WITHOUT_DOMAIN = re.compile(r"[^\W_]+(?:[._][^\W_]+)+")
# Figures that letters touch are a part of something else, of a reference, say.
PHONE_IN_TEXT = re.compile(r"(?<![^\W\d_])(?<!\d)\+?[\d(][\d\s()./-]{1,}\d(?![^\W_])")


def parse_email(text: str) -> str:
    """The address that `text` holds, its domain in lower case and in its own script. Whether it exists is not checked.

    Raises: InvalidValue.
    """
    return _normalized(clean_line(text, LONGEST_EMAIL))


def parse_sign_in_email(text: str) -> str:
    """An address that nothing is sent to: its domain may be one of the council's own network, "anytown.local".

    Raises: InvalidValue.
    """
    cleaned = clean_line(text, LONGEST_EMAIL)
    if not cleaned.casefold().endswith(PRIVATE_ENDINGS):
        return _normalized(cleaned)
    # The library knows public domains only; under one of them all its other rules hold.
    return _normalized(cleaned + _PUBLIC_ENDING).removesuffix(_PUBLIC_ENDING)


def _normalized(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidValue.because("email_form") from error


def parse_postal_lines(text: str) -> str:
    """The lines of a postal address above its postcode, at most five, without empty ones. Raises: InvalidValue.

    A letter has seven lines at most, with the name and the postcode. Source: GOV.UK Notify, read 2026-11-26.
    """
    lines = [clean_line(line) for line in clean_text(text).split("\n")]
    kept = [line for line in lines if line]
    if len(kept) > MOST_POSTAL_LINES or any(len(line) > LONGEST_POSTAL_LINE for line in kept):
        raise InvalidValue.because("postal_lines", most=MOST_POSTAL_LINES, longest=LONGEST_POSTAL_LINE)
    return "\n".join(kept)


def postal_of(address: str, postcode: str) -> str:
    """The lines of an address, the postcode last; empty where it is not whole."""
    return f"{address}\n{postcode}" if address and postcode else ""


def parse_phone(text: str) -> str:
    """The telephone number in `text` as it was written: British unless it begins with + and a country's code.

    It must be whole: of a length that can be rung from everywhere in its country. An extension, brackets, slashes and
    figures of any script may stand in it. Raises: InvalidValue.
    """
    number = clean_line(text, LONGEST_PHONE)
    try:
        is_whole = _is_whole(phonenumbers.parse(number, HOME_REGION, keep_raw_input=True))
    except phonenumbers.NumberParseException:
        is_whole = False
    if not is_whole:
        raise InvalidValue.because("phone_form")
    return number


def _is_whole(number: phonenumbers.PhoneNumber) -> bool:
    """Whether nothing is left out: the code of the area, or some figures at the end.

    British numbers have 10 figures behind the 0; which of the few shorter ones there are, the library's list says. It is
    not asked about the others: it lacks new ranges, and those for plays and tests.
    """
    if number.country_code == phonenumbers.country_code_for_region(HOME_REGION):
        has_full_length = len(phonenumbers.national_significant_number(number)) == BRITISH_FIGURES
        return has_full_length or phonenumbers.is_valid_number(number) or _is_helpline(number)
    return phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE


def _is_helpline(number: phonenumbers.PhoneNumber) -> bool:
    """Whether it is a short one such as 116 123. With a 0 before it, it would be the half of another."""
    has_area_code = (number.raw_input or "").startswith("0")
    is_possible = phonenumbers.is_possible_number(number)
    return is_possible and not has_area_code and phonenumbers.is_valid_short_number(number)


def takes_texts(number: str) -> bool:
    """Whether a text can arrive at the number: it is one of a mobile telephone, or of a country whose numbers do not say.

    British mobile numbers begin with 07; personal ones (070) and pagers (076 without 07624, the Isle of Man) get none.
    Source: Ofcom, National Telephone Numbering Plan, part A, read 2026-11-27.
    """
    try:
        parsed = phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return False
    if parsed.country_code != phonenumbers.country_code_for_region(HOME_REGION):
        return phonenumbers.number_type(parsed) != phonenumbers.PhoneNumberType.FIXED_LINE
    national = phonenumbers.national_significant_number(parsed)
    return (national.startswith("7") and not national.startswith(("70", "76"))) or national.startswith("7624")


def grouped_phone(number: str) -> str:
    """`number` in groups, as it is dialled from here, so that no program takes it for a figure: "07700 900123"."""
    try:
        parsed = phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    if parsed.country_code == phonenumbers.country_code_for_region(HOME_REGION):
        grouped = phonenumbers.format_number(parsed, form.NATIONAL)
    else:
        grouped = "00 " + phonenumbers.format_number(parsed, form.INTERNATIONAL).removeprefix("+")
    return grouped if " " in grouped else f"{grouped[:3]} {grouped[3:]}"
