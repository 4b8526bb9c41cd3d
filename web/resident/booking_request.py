"""From what was typed to what the use cases take. Pure."""

from __future__ import annotations

from typing import Any

from booking.use_cases.book import Booking
from people.residents.details import Representation, ResidentDetails
from reminders.recipients import Contacts, Person
from web.message_routes import MessageRoute, route_of
from web.resident.drafts import Draft
from web.resident.forms import DetailsForm

FIELDS = ("name", "email", "phone", "postcode", "contact_preference", "leave_no_message", "notes")


def person_of(form: DetailsForm) -> dict[str, Any]:
    """What was typed, as plain values for the cookie."""
    return {name: form[name].data if form[name].data is not None else "" for name in FIELDS}


def booking_of(authority_id: int, draft: Draft, message_language: str) -> Booking:
    """The booking that the draft describes; we write in `message_language`, a code."""
    typed, helper = draft.person, draft.helper
    return Booking(
        authority_id=authority_id,
        channel="online",
        hold=draft.hold,
        resident=_resident_of(draft, message_language),
        representative=Representation(**helper) if helper else None,
        support_needs=draft.needs,
        notes=typed["notes"],
    )


def route_of_draft(draft: Draft) -> MessageRoute:
    """Where the messages about the booking go."""
    typed, helper = draft.person, draft.helper
    return route_of(
        Contacts(
            resident=Person(typed["name"], typed["email"], typed["phone"]),
            representative=Person(helper["name"], helper["email"], helper["phone"]) if helper else None,
            preference=typed["contact_preference"],
            leave_no_message=bool(typed["leave_no_message"]),
        )
    )


def _resident_of(draft: Draft, message_language: str) -> ResidentDetails:
    """The person whom the draft describes."""
    typed = draft.person
    return ResidentDetails(
        name=typed["name"],
        email=typed["email"],
        phone=typed["phone"],
        postcode=typed["postcode"],
        language=draft.language,
        support_needs=draft.needs,
        contact_preference=typed["contact_preference"],
        do_not_text=typed["contact_preference"] == "none",
        leave_no_message=bool(typed["leave_no_message"]),
        message_language=message_language,
    )
