"""When something was noted on the day list without network, and sent later."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request

FROM_SCRIPT = "Fd-Row-Form"  # the script on the list reads its rows by itself, and needs no page
NOTED_AGO = "noted_ago"
LONGEST = 6  # figures that are looked at
AT_ONCE_SECONDS = 30
"""Until then it counts as sent at once."""


def noted_at(now: datetime) -> datetime | None:
    """When the form was filled in; None where it was sent at once.

    A browser says how many seconds ago it was: its clock may be wrong, and still runs as fast as ours.
    """
    sent = request.form.get(NOTED_AGO, "")
    if not (sent.isascii() and sent.isdecimal() and len(sent) <= LONGEST):
        return None
    return now - timedelta(seconds=int(sent)) if int(sent) >= AT_ONCE_SECONDS else None


def is_from_script() -> bool:
    """Whether the script of the list has sent the form."""
    return FROM_SCRIPT in request.headers
