"""One event for every audience: what each sees of an appointment, and that they agree about the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import CalendarAlarm, CalendarEvent, uid_of
from core.language import language_for
from locations.model import ResourceFacts
from tests.reminders.test_messages import AUTHORITY, FACTS

PUBLIC = "https://appointments.example.org:8443/under"
DESK = ResourceFacts(id=1, slug="desk-1", name="Desk 1", kind="desk", seats=1, skills=frozenset())


def event_for(audience: Audience, *, email: str = "", **values: Any) -> CalendarEvent:
    """The event for the audience, which is given everything, whether it is for them or not."""
    return appointment_event(
        replace(FACTS, **values),
        replace(AUTHORITY, email=email),
        audience,
        language_for("en"),
        public_url=PUBLIC,
        mail_from="Front Door <appointments@example.org>",
        manage_url=f"{PUBLIC}/manage/secret",
        attendee=("Zoë Sample", "zoe@example.org"),
        resources=[DESK],
    )


def test_an_event_for_staff_holds_nothing_about_the_resident() -> None:
    """Even when the caller hands it over by mistake."""
    event = event_for(Audience.STAFF, mode="phone")
    assert event.summary == "Certify documents and Housing advice, Desk 1, By phone"
    assert event.description == "Reference: K7PM 4QX2"
    assert event.location == "High Street Library"
    assert not [one for one in ("secret", "Zoë", "zoe@", "Passport") if one in repr(event)]
    assert (event.url, event.organizer_email, event.alarms) == ("", "", ())


def test_an_event_for_the_resident_says_where_to_go_and_what_to_bring() -> None:
    event = event_for(Audience.RESIDENT)
    assert event.summary == "Certify documents and Housing advice, Testshire & District Council"
    assert event.location == "High Street Library, 1 High Street, Testshire, NW11 9QS"
    for words in ("K7PM 4QX2", "- Passport", "The lift is behind the desk.", "/manage/secret"):
        assert words in event.description
    what = event.summary
    assert event.alarms == (CalendarAlarm(1440, f"Tomorrow: {what}"), CalendarAlarm(120, f"In 2 hours: {what}"))
    assert "Desk 1" not in repr(event)


ANSWERS = "If you delete this, or answer “No”, in your calendar, we do not know. You are still booked."


def test_the_resident_is_told_how_to_cancel_because_an_answer_in_the_calendar_reaches_nobody() -> None:
    assert event_for(Audience.RESIDENT).description.endswith(
        f"Change or cancel the appointment:\n{PUBLIC}/manage/secret\n{ANSWERS}"
    )
    for phone, how in (
        ("01632 960000", "To change or cancel it, use the link in our message or contact us."),
        ("", "To change or cancel it, use the link in our message."),
    ):
        authority = replace(AUTHORITY, phone=phone)
        event = appointment_event(FACTS, authority, Audience.RESIDENT, language_for("en"), public_url=PUBLIC)
        assert event.description.endswith(f"{how}\n{ANSWERS}")
    assert ANSWERS not in event_for(Audience.RESIDENT, state="cancelled_by_resident").description


def test_audiences_agree_about_identity_and_time() -> None:
    facts = [
        (event.uid, event.sequence, event.changed_at, event.starts_at, event.ends_at, event.zone, event.is_cancelled)
        for event in (event_for(audience, version=4) for audience in Audience)
    ]
    assert len(set(facts)) == 1
    assert facts[0][:2] == ("K7PM4QX2@appointments.example.org", 4)


@pytest.mark.parametrize("state", ["cancelled_by_resident", "cancelled_by_authority", "did_not_attend", "booked"])
def test_only_a_cancellation_is_one(state: str) -> None:
    assert event_for(Audience.RESIDENT, state=state).is_cancelled is state.startswith("cancelled")


def test_a_council_without_an_address_invites_in_the_name_of_the_sender() -> None:
    assert event_for(Audience.RESIDENT).organizer_email == "appointments@example.org"
    own = event_for(Audience.RESIDENT, email="hello@testshire.example.org")
    assert own.organizer_email == "hello@testshire.example.org"


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://front.example.org", "front.example.org"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[::1]:8000", "::1"),
        ("", "localhost"),
    ],
)
def test_the_uid_is_of_the_host_that_the_service_answers_at(public_url: str, host: str) -> None:
    assert uid_of("K7PM4QX2", public_url) == f"K7PM4QX2@{host}"
