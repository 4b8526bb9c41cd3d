"""Short names for addresses, made from names. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

NEW = "new"  # stands in addresses for what is not there yet
LONGEST_MADE = 50


def free_slug(name: str, kind: str, taken: Collection[str]) -> str:
    """A slug made from the name of a thing of this kind, which is none of those that are taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_MADE].strip("-") or kind
    slug = made = f"{NEW}-{kind}" if made == NEW else made
    number = 2
    while slug in taken:
        slug, number = f"{made}-{number}", number + 1
    return slug
