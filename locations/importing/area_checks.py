"""What a part of the map in a file must be."""

from __future__ import annotations

from typing import Any

from core.errors import InvalidValue
from locations.importing.value_checks import WrongValueError
from locations.postcodes import locate, parse_postcode, parse_postcode_area


def ward_postcode(value: Any) -> str:
    """A full postcode, in the directory or not: a council knows of new ones first, and keeps those that are no more."""
    try:
        return parse_postcode(value if isinstance(value, str) else "")
    except InvalidValue as error:
        raise WrongValueError(f"is {value!r}; write a full postcode, such as N12 0GA") from error


def postcode_area(value: Any) -> str:
    """An outward code, a sector or a full postcode that exists."""
    advice = "write the beginning of a postcode or all of it, with its space, such as N12, N12 0 or N12 0GA"
    if not isinstance(value, str):
        raise WrongValueError(f"must be text in quotes; {advice}")
    try:
        area = parse_postcode_area(value)
    except InvalidValue as error:
        raise WrongValueError(f"is {value!r}; {advice}") from error
    if locate(area) is None:
        raise WrongValueError(f"is {value!r}, and no postcode begins so; {advice}")
    return area
