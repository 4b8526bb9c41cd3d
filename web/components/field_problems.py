"""What is wrong with the value of a field, in the words of a page: each names the field, or says what it is about."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from core.error_texts import text_of
from core.errors import Reason
from web.request_language import current_language

# Reasons whose text does not say what it is about, so that the error summary has to name the field.
NAMELESS = frozenset({"too_long", "unprintable", "day_form", "wall_time_form", "year_out_of_range"})
# What people read in place of what programs are told to send.
FOR_PEOPLE = {
    "day_form": _l("Enter a date like 24/11/2026"),
    "wall_time_form": _l("Enter a time like 9:30am"),
    "year_out_of_range": _l("Enter a year from %(first)s to %(last)s"),
}
# WTForms' own texts that our forms can show, and what people read in their place: each names its field.
OWN_TEXTS_OF_WTFORMS = {
    "Not a valid choice.": _l("“%(field)s”: choose one of those on the page"),
    "Invalid Choice: could not coerce.": _l("“%(field)s”: choose one of those on the page"),
    "This field is required.": _l("“%(field)s”: this is needed"),
}


def problem_text(field: Any, reason: Reason) -> str:
    """What is wrong with the value of `field`, in words that name it."""
    if reason.code in FOR_PEOPLE:
        problem = str(FOR_PEOPLE[reason.code]) % reason.facts
    else:
        problem = text_of(reason, current_language())
    if reason.code not in NAMELESS:
        return problem
    return str(gettext("%(field)s: %(problem)s", field=field.label.text, problem=problem))


def named_error(field: Any, error: Any) -> Any:
    """The error of `field`; in place of a text of WTForms' own, one that names the field."""
    text = OWN_TEXTS_OF_WTFORMS.get(error)
    return error if text is None else str(text) % {"field": str(field.label.text).rstrip("?")}
