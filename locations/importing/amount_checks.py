"""What an amount of money in the file must be. Pure."""

from __future__ import annotations

import re
from typing import Any

from locations.importing.value_checks import WrongValueError, text

LONGEST_READ = 60  # characters of what is no amount, to be said back
_AMOUNT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


def amount(value: Any) -> str:
    """Pence or pounds with at most two figures behind the point, as text; empty for none: "2.33"."""
    found: str = text(LONGEST_READ)(value)
    if found and not _AMOUNT.fullmatch(found):
        raise WrongValueError(f"is {found!r}; write an amount of at most 9999.99, such as 2.33 or 30")
    return found
