"""The keyed mark in the Message-ID of our mail, by which a report of a mail server is known to be about it. Pure.

Whoever does not have the message cannot make one up, so that no stranger can have us distrust somebody's address.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence

from core.tokens import bounce_mark

_WISH = r"wish-[0-9]{1,18}-[0-9a-f]{0,8}"  # of emails to those who wait without an appointment
_INVITATION = r"invitation-[0-9]{1,18}-[0-9a-f]{0,8}"  # of messages to those who are invited
_OURS = rf"notification-[0-9]{{1,18}}-[0-9]{{1,9}}|{_WISH}|{_INVITATION}"
_MARKED = re.compile(rf"({_OURS})\.([0-9a-f]{{24}})(?![0-9a-f])", re.IGNORECASE)
MOST_LOOKED_AT = 50  # marks in one report


def is_of_wish(reference: str) -> bool:
    """Whether it is that of an email to somebody who waits without an appointment."""
    return re.fullmatch(_WISH, reference) is not None


def is_of_invitation(reference: str) -> bool:
    """Whether it is that of a message to somebody who is invited."""
    return re.fullmatch(_INVITATION, reference) is not None


def marked(secret_key: str, reference: str) -> str:
    """`reference` of a message with its mark: `notification-7-2.0123...`."""
    return f"{reference}.{bounce_mark(secret_key, reference)}"


def references_in(texts: Iterable[str], secret_keys: Sequence[str]) -> tuple[set[str], bool]:
    """The references in `texts` whose mark was made with one of the keys, and whether there is any mark at all."""
    found = [pair for text in texts for pair in _MARKED.findall(text)][:MOST_LOOKED_AT]
    ours = {
        reference.lower()
        for reference, mark in found
        if any(hmac.compare_digest(bounce_mark(key, reference.lower()), mark.lower()) for key in secret_keys)
    }
    return ours, bool(found)
