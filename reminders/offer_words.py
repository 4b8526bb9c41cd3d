"""What a message says of another time that is offered, formatted already. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from booking.calendar.change_lines import change_lines
from booking.calendar.event import address_lines
from core.language import Language
from reminders.offered_time import OfferedTime

NO_OFFER: Mapping[str, Any] = {
    "offer_when": "",
    "offer_where": "",
    "offer_until": "",
    "offer_lines": [],
    "offer_is_same_time": False,
    "offer_is_shared": False,
}


def words_of_offer(offer: OfferedTime, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    """What a message says of the time that is offered."""
    change = offer.change
    return {
        "offer_when": language.moment(offer.starts_at.astimezone(zone)),
        "offer_where": ", ".join([offer.site.name, *address_lines(offer.site)]),
        "offer_until": language.moment(offer.answer_by.astimezone(zone)),
        "offer_lines": change_lines(change, language) if change else [],
        "offer_is_same_time": change is not None and change.is_same_time,
        "offer_is_shared": offer.is_shared,
    }
