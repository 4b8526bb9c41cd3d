"""What text may hold so that every database and every printer takes it. Pure."""

from __future__ import annotations

import re

# Line ends and tabs are text; other control characters are not, and half a surrogate pair is no character at all.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def is_printable(text: str) -> bool:
    """Whether `text` holds nothing that a database or a printer refuses."""
    return _UNPRINTABLE.search(text) is None


def printable(text: str) -> str:
    """`text` without the characters that a database or a printer refuses."""
    return _UNPRINTABLE.sub("", text)
