"""How long what is sent to an address may be, before anybody reads it."""

from __future__ import annotations

import re

LONGEST_FORM = 1_000_000  # bytes of a request
LONGEST_WITH_FILE = (
    10_500_000  # of one that sends a document: `booking.documents.file_content.LARGEST_FILE` and its form
)
FILES = "/files"  # how the addresses end to which documents are sent
_TAKES_FILE = re.compile(
    rf"/staff/sites/[^/]+/documents/[^/]+{FILES}|/[a-z0-9-]+/certified/[A-Z0-9-]{{20,30}}{FILES}"
    rf"|/[a-z0-9-]+/appointment/[A-Za-z0-9-]{{8,12}}{FILES}"
)


def longest_body(path: str) -> int:
    """How many bytes a request to this path may have."""
    return LONGEST_WITH_FILE if _TAKES_FILE.fullmatch(path) else LONGEST_FORM
