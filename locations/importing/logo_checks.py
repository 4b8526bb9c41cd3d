"""What the logo in a file must be."""

from __future__ import annotations

from typing import Any

from locations.importing.value_checks import WrongValueError
from locations.logos import is_logo


def logo(value: Any) -> str:
    """A logo as an export has it, or nothing."""
    if isinstance(value, str) and (not value or is_logo(value)):
        return value
    raise WrongValueError("is no logo as an export has it; leave it out, and upload the picture on the council's page")
