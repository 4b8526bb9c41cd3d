"""What a message needs to know of whether somebody has said that they come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from locations.model import ServiceFacts
from reminders.contacts import Contacts
from reminders.reasons import CONFIRMED, NOT_TO_CONFIRM


@dataclass(frozen=True, slots=True)
class ConfirmFacts:
    """Whether they have confirmed this version, whether staff said that it is urgent, and whether it was given back.

    `answer_by` is until when they can answer the question that the message asks.
    """

    is_confirmed: bool = False
    is_urgent: bool = False
    is_given_back: bool = False
    answer_by: datetime | None = None


NOT_ASKED = ConfirmFacts()


def asks(services: Sequence[ServiceFacts]) -> bool:
    """Whether a visit for these services is to be confirmed: each of them has to say so."""
    return bool(services) and all(service.confirm_days_before is not None for service in services)


def why_not_asked(known: ConfirmFacts, contacts: Contacts, awaits_rebooking: bool) -> str:
    """Why a question is not sent any more, as a code: they have confirmed, or nobody takes the time from them."""
    if known.is_confirmed:
        return CONFIRMED
    is_safe = awaits_rebooking or known.is_urgent or contacts.representative is not None
    return NOT_TO_CONFIRM if is_safe else ""
