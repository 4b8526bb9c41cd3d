"""Marks on columns that hold personal data: their class, and how long they are kept."""

from __future__ import annotations

from typing import Any

# Days after a person's last appointment. Councils set shorter ones in their retention schedule; these are the ceilings.
KEPT_DAYS = {"identity": 730, "contact": 365, "needs": 365, "story": 180, "message": 90}


def personal(data_class: str) -> dict[str, Any]:
    """Column info saying that it holds personal data of `data_class`. Raises: KeyError for an unknown class."""
    return {"personal": data_class, "kept_days": KEPT_DAYS[data_class]}
