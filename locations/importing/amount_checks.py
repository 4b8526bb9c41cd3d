"""What an amount of money in the file must be. Pure."""

from __future__ import annotations

import re
from typing import Any

from locations.importing.value_checks import WrongValueError, text

_AMOUNT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


def amount(value: Any) -> str:
    """Pence or pounds with at most two figures behind the point, as text; empty for none: "2.33"."""
    found: str = text(7)(value)
    if found and not _AMOUNT.fullmatch(found):
        raise WrongValueError(f"is {found!r}; write an amount as text, such as 2.33 or 30")
    return found
