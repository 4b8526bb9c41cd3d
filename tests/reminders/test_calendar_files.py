"""Calendar files say the right instant to programs that we did not write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booking.calendar.ical import LINE_OCTETS, CalendarEvent, Method, calendar_file, uid_of
from tests.reminders.calendar_readers import READERS, ReadEvent, facts_from_ical_js

LONG_AND_ODD = (
    "Bring: passport; rent book, or \\both\\.\nDewch â'ch dogfennau: tŷ, ŵyr.\n住房补贴 — "
    + "A long line that has to be folded more than once, " * 6
)

EVENT = CalendarEvent(
    uid=uid_of("K7PM4QX2", "appointments.example.org"),
    sequence=3,
    changed_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    starts_at=datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 11, 0, tzinfo=UTC),
    summary="Certify documents, Testshire Council",
    description=LONG_AND_ODD,
    location="High Street Library, 1 High Street; Testshire, NW11 9QS",
    url="https://appointments.example.org/manage/abc",
    organizer_name='The "Testshire" Council',
    organizer_email="hello@testshire.example.org",
    attendee_name="Zoë Ó Sample",
    attendee_email="zoe@example.org",
    alarm_minutes=120,
)

# The instants that a council's wall clock means, worked out by hand.
STARTS = {
    "winter": datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    "summer": datetime(2027, 7, 6, 9, 30, tzinfo=UTC),  # 10:30 in British Summer Time
    "the morning the clocks go forward": datetime(2027, 3, 28, 9, 0, tzinfo=UTC),  # 10:00, summer time since 01:00
    "the day before they go forward": datetime(2027, 3, 27, 10, 0, tzinfo=UTC),
    "the morning the clocks go back": datetime(2026, 10, 25, 10, 0, tzinfo=UTC),
    "the day before they go back": datetime(2026, 10, 24, 9, 0, tzinfo=UTC),
    "the first pass of the repeated hour": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "the second pass of the repeated hour": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("method", [Method.REQUEST, Method.PUBLISH])
def test_every_reader_finds_the_right_instant(reader: str, method: Method) -> None:
    """All starts in one file, as a feed has them: the file's zone rules must hold for each."""
    events = [
        replace(EVENT, uid=f"{number}@example.org", starts_at=at, ends_at=at + timedelta(minutes=30))
        for number, at in enumerate(STARTS.values())
    ]
    read = {event.uid: (event.starts_at, event.ends_at) for event in READERS[reader](calendar_file(events, method))}
    assert read == {event.uid: (event.starts_at, event.ends_at) for event in events}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_gets_the_words_back_unharmed(reader: str) -> None:
    (read,) = READERS[reader](calendar_file([EVENT], Method.REQUEST))
    assert read == ReadEvent(
        EVENT.uid, EVENT.starts_at, EVENT.ends_at, EVENT.summary, EVENT.description, EVENT.location
    )


@pytest.mark.parametrize("reader", READERS)
def test_another_zone_is_read_right_too(reader: str) -> None:
    event = replace(EVENT, zone="America/New_York")
    (read,) = READERS[reader](calendar_file([event]))
    assert (read.starts_at, read.ends_at) == (EVENT.starts_at, EVENT.ends_at)


def test_a_request_invites_the_reader_and_reminds_them() -> None:
    (facts,) = facts_from_ical_js(calendar_file([EVENT], Method.REQUEST))
    assert (facts["method"], facts["status"], facts["sequence"]) == ("REQUEST", "CONFIRMED", 3)
    assert facts["attendees"] == ["mailto:zoe@example.org"]
    assert facts["alarms"] == 1


def test_a_cancellation_keeps_the_uid_and_raises_the_sequence() -> None:
    (request,) = facts_from_ical_js(calendar_file([EVENT], Method.REQUEST))
    (cancel,) = facts_from_ical_js(calendar_file([EVENT], Method.CANCEL))
    assert (cancel["method"], cancel["status"], cancel["alarms"]) == ("CANCEL", "CANCELLED", 0)
    assert cancel["uid"] == request["uid"]
    assert cancel["sequence"] > request["sequence"]


def test_a_published_file_names_no_attendee() -> None:
    """RFC 5546 3.2.1: a feed or a download invites nobody."""
    assert "ATTENDEE" not in calendar_file([EVENT], Method.PUBLISH)


def test_lines_are_folded_at_75_octets_and_never_inside_a_character() -> None:
    text = calendar_file([EVENT], Method.REQUEST)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(len(line) for line in lines) <= LINE_OCTETS
    assert all(line.decode() for line in lines)
    assert "\n" not in text.replace("\r\n", "")


def test_a_line_end_in_a_name_cannot_add_a_property() -> None:
    event = replace(EVENT, organizer_name="A\r\nATTACH:https://evil.example", summary="B\nATTACH:https://evil.example")
    assert not [line for line in calendar_file([event]).splitlines() if line.startswith("ATTACH")]


def test_a_feed_has_its_name_and_the_zone_once() -> None:
    text = calendar_file([EVENT, replace(EVENT, uid="other@example.org")], name="High Street, all desks")
    assert "X-WR-CALNAME:High Street\\, all desks\r\n" in text
    assert text.count("BEGIN:VTIMEZONE") == 1


def test_an_empty_feed_is_still_a_calendar() -> None:
    text = calendar_file([])
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
