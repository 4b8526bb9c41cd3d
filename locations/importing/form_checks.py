"""What the form of a case number in a file must be."""

from __future__ import annotations

from typing import Any

from core.errors import InvalidValue
from core.text import clean_line
from locations.case_numbers import LONGEST_FORM, is_form
from locations.importing.value_checks import WrongValueError


def case_number_form(value: Any) -> str:
    """A pattern such as "HB######", or several with commas between them; empty for any."""
    advice = (
        "write @ for a letter, # for a digit, ? for either, and other letters and digits as they are, such as HB######"
    )
    if not isinstance(value, str):
        raise WrongValueError(f"must be text in quotes; {advice}")
    try:
        form = clean_line(value, LONGEST_FORM) if value.strip() else ""
    except InvalidValue as error:
        raise WrongValueError(
            f"is longer than {LONGEST_FORM} signs, or has some that cannot be seen; {advice}"
        ) from error
    if form and not is_form(form):
        raise WrongValueError(f"is {value!r}; {advice}")
    return form
