"""What a council's file says about the provider of texts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locations.importing.value_checks import WrongValueError, text


def sender_id(value: Any) -> str:
    """The id of a sender of texts as GOV.UK Notify shows it, or nothing."""
    found: str = text(36)(value)
    try:
        return str(UUID(found)) if found else ""
    except ValueError as error:
        raise WrongValueError("copy the id of the sender from GOV.UK Notify: 36 characters") from error
