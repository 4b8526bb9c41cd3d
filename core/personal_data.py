"""Marks on columns that hold personal data: their class, and how long they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Days after a person's last appointment. Councils set shorter ones in their retention schedule; these are the ceilings.
KEPT_DAYS = {"identity": 730, "contact": 365, "needs": 365, "story": 180, "message": 90, "document": 90}
SHORTEST_MASKED = 9  # digits: of a shorter number the ends would give too much away


def kept_days(own: Mapping[str, int]) -> dict[str, int]:
    """Days that each class is kept: a council's own where they are shorter than the longest that is allowed."""
    return {data_class: min(days, own.get(data_class, days)) for data_class, days in KEPT_DAYS.items()}


def mask_email(email: str) -> str:
    """`email` as it is shown to whoever holds a link: "o***@example.org". Empty for none."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}" if email else ""


def mask_phone(phone: str) -> str:
    """`phone` as it is shown to whoever holds a link: its first two and last three digits, "07••• ••• 123"."""
    digits = "".join(character for character in phone if character.isdigit() or character == "+")
    if len(digits) < SHORTEST_MASKED:
        return "••• •••" if digits else ""
    return f"{digits[:2]}••• ••• {digits[-3:]}"


def mask_postal(postal: str) -> str:
    """An address as it is shown to whoever holds a link: the first part of its postcode, "N12 •••". Empty for none."""
    return f"{postal.rpartition(chr(10))[2].partition(' ')[0]} •••" if postal else ""


def personal(data_class: str, *, empty: object = "") -> dict[str, Any]:
    """Column info saying that it holds personal data of `data_class`, and what stands there when it holds none.

    Raises: KeyError for an unknown class.
    """
    return {"personal": data_class, "kept_days": KEPT_DAYS[data_class], "empty": empty}
