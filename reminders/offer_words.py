"""What a message says of another time that is offered, formatted already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from booking.calendar.change_lines import change_lines
from booking.calendar.event import address_lines
from booking.proposals.time_ranking import ProposedChange
from core.language import Language
from reminders.offered_time import OfferedTime
from reminders.recipients import OFFER, family_of

TIME, TIME_AND_PLACE = "time", "time and place"
NO_OFFER: Mapping[str, Any] = {
    "offer_when": "",
    "offer_where": "",
    "offer_until": "",
    "offer_lines": [],
    "offer_same": "",
    "offer_is_shared": False,
    "offer_is_instead": False,
}


def words_of_offer(
    offer: OfferedTime, kind: str, said: Iterable[str], zone: ZoneInfo, language: Language
) -> dict[str, Any]:
    """What a message of this kind says of the time that is offered; `said` are the kinds that went out of the version."""
    change = offer.change
    return {
        "offer_when": language.moment(offer.starts_at.astimezone(zone)),
        "offer_where": ", ".join([offer.site.name, *address_lines(offer.site)]),
        "offer_until": language.moment(offer.answer_by.astimezone(zone)),
        "offer_lines": change_lines(change, language) if change else [],
        "offer_same": _same(change) if change else "",
        "offer_is_shared": offer.is_shared,
        "offer_is_instead": any(family_of(other) == OFFER and other != kind for other in said),
    }


def _same(change: ProposedChange) -> str:
    """What stays: the time, or the time and the place; empty for another time."""
    if not change.is_same_time:
        return ""
    return TIME_AND_PLACE if change.is_as_booked else TIME
