"""Why a booking or a change was refused, by the code of the error, as residents read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from core.errors import IllegalMove, LimitReached, Refused, TooFar, TooSoon
from web.request_language import format_moment


@dataclass(frozen=True)
class Refusal:
    """The title and the explanation of a page that refuses something."""

    title: LazyString
    text: LazyString


BOOKING_REFUSALS: Mapping[str, Refusal] = {
    LimitReached.code: Refusal(
        _l("You already have an appointment"),
        _l(
            "You already have as many appointments for this as one person can book, "
            "so that there are enough for everybody."
        ),
    ),
    TooSoon.code: Refusal(
        _l("That time is too soon"),
        _l("We need a little time to get ready, so you cannot book this time online any more."),
    ),
    TooFar.code: Refusal(_l("That time is too far away"), _l("You cannot book that far ahead yet.")),
}
CHANGE_REFUSALS: Mapping[str, Refusal] = {
    TooSoon.code: Refusal(_l("It is too late to do this online"), _l("It is too close to the time.")),
    TooFar.code: Refusal(_l("That time is too far away"), _l("You cannot book that far ahead yet.")),
    IllegalMove.code: Refusal(
        _l("This appointment cannot be changed"), _l("It has been cancelled, or it has started.")
    ),
}


def limit_text(error: Refused, zone: str) -> str:
    """The first or the last time that can be booked online, where `error` names it, in a sentence; else empty."""
    if isinstance(error, TooSoon) and error.limit_at:
        return str(gettext("The first time you can book online is after %(moment)s.", moment=_at(error.limit_at, zone)))
    if isinstance(error, TooFar) and error.limit_at:
        return str(gettext("The last time you can book is before %(moment)s.", moment=_at(error.limit_at, zone)))
    return ""


def _at(instant: datetime, zone: str) -> str:
    return format_moment(instant.astimezone(ZoneInfo(zone)))
