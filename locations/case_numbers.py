"""The number or code of a case that a service asks for: its form, and when two people have typed the same one. Pure.

A form is a plain pattern: `@` stands for a letter, `#` for a digit, `?` for either, and every other sign for itself. Several
are written with commas between them. Spaces, hyphens, full stops, slashes and capitals make no difference.
"""

from __future__ import annotations

import unicodedata

from core.errors import InvalidValue
from core.text import clean_line

REFUSE, WARN = "refuse", "warn"
AGAIN_KINDS = (REFUSE, WARN)
"""What a second open appointment under the same number does."""
LONGEST_NUMBER, LONGEST_FORM, LONGEST_LABEL = 40, 100, 60
LETTER, DIGIT, EITHER = "@", "#", "?"
BETWEEN = " -./"
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "1234567890"


def parse_case_number(text: str) -> str:
    """`text` as it is kept. Raises: InvalidValue when nothing in it is a letter or a digit."""
    number = clean_line(text, LONGEST_NUMBER)
    if not number_key(number):
        raise InvalidValue.because("case_number_missing")
    return number


def number_key(number: str) -> str:
    """What is the same for everybody who types this number, on whichever keyboard: the digits of all scripts are one."""
    signs = (str(unicodedata.digit(sign, sign)) for sign in unicodedata.normalize("NFKC", number).upper())
    return "".join(sign for sign in signs if sign.isalnum())[:LONGEST_NUMBER]


def has_form(forms: str, number: str) -> bool:
    """Whether the number has one of the forms; every number has, where there are none."""
    parts = [part for part in map(_signs, forms.split(",")) if part]
    key = number_key(number)
    return not parts or any(_is_of(part, key) for part in parts)


def example_of(forms: str) -> str:
    """A number of the first form, as it is written: "AB123456" for "@@######". Empty for no form."""
    letters, digits = iter(_LETTERS * LONGEST_FORM), iter(_DIGITS * LONGEST_FORM)
    signs = forms.split(",")[0].strip()
    return "".join(next(letters) if one == LETTER else next(digits) if one in (DIGIT, EITHER) else one for one in signs)


def is_form(forms: str) -> bool:
    """Whether this is a pattern, or several: each with something that differs from case to case, and nothing unknown."""
    parts = forms.split(",")
    return all(
        set(part) & {LETTER, DIGIT, EITHER}
        and all(one in (LETTER, DIGIT, EITHER, *BETWEEN) or (one.isascii() and one.isalnum()) for one in part)
        and len(_signs(part)) <= LONGEST_NUMBER
        for part in parts
    )


def _signs(form: str) -> str:
    return "".join(one for one in form.upper() if one not in BETWEEN)


def _is_of(form: str, key: str) -> bool:
    return len(form) == len(key) and all(map(_fits, form, key))


def _fits(sign: str, character: str) -> bool:
    if sign == LETTER:
        return character.isalpha()
    if sign == DIGIT:
        return character.isdecimal()
    return sign in (EITHER, character)
