"""Calendar files say the right instant to programs that we did not write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar.parser import Contentline

from booking.calendar.ical import (
    CalendarAlarm,
    CalendarEvent,
    CalendarText,
    Method,
    calendar_file,
    plain_name,
    plain_text,
    single_file,
    uid_of,
)
from tests.reminders.calendar_readers import READERS, ReadEvent, facts_from_ical_js

LINE_OCTETS = 75  # RFC 5545 3.1, without the line break
LONG_AND_ODD = (
    "Bring: passport; rent book, or \\both\\.\nDewch â'ch dogfennau: tŷ, ŵyr.\n住房补贴 — "
    + "A long line that has to be folded more than once, " * 6
)

EVENT = CalendarEvent(
    uid=uid_of("K7PM4QX2", "https://appointments.example.org"),
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
    alarms=(CalendarAlarm(1440, "Tomorrow"), CalendarAlarm(120, "In 2 hours: a; b, c")),
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
    assert facts["alarms"] == 2


def test_a_cancellation_keeps_the_uid_and_raises_the_sequence() -> None:
    (request,) = facts_from_ical_js(calendar_file([EVENT], Method.REQUEST))
    (cancel,) = facts_from_ical_js(calendar_file([EVENT], Method.CANCEL))
    assert (cancel["method"], cancel["status"], cancel["alarms"]) == ("CANCEL", "CANCELLED", 0)
    assert cancel["uid"] == request["uid"]
    assert cancel["sequence"] > request["sequence"]


def test_the_download_of_a_cancelled_event_cancels_it() -> None:
    (facts,) = facts_from_ical_js(single_file(replace(EVENT, is_cancelled=True)))
    assert (facts["method"], facts["status"], facts["sequence"]) == ("CANCEL", "CANCELLED", 4)
    (facts,) = facts_from_ical_js(single_file(EVENT))
    assert (facts["method"], facts["status"], facts["sequence"]) == ("PUBLISH", "CONFIRMED", 3)


def test_a_video_is_joined_from_where_each_program_looks() -> None:
    """And what a browser or a bridge gets of it is the address as it is, whatever its label."""
    room = "https://meet.example.org/rooms/a,b;c?x=1&y=%2C"
    event = replace(EVENT, location=room, url=room, join_url=room, join_label='Join the "video"; now, please: here')
    for text in (calendar_file([event], Method.REQUEST), single_file(event)):
        (read,) = Calendar.from_ical(text).events
        assert [str(read[name]) for name in ("LOCATION", "URL", "CONFERENCE")] == [room] * 3
        assert read["CONFERENCE"].params["VALUE"] == "URI"
        assert read["CONFERENCE"].params["LABEL"] == "Join the 'video'; now, please: here"


def test_the_alarms_of_a_download_are_shown_a_day_and_two_hours_before() -> None:
    (event,) = Calendar.from_ical(single_file(EVENT)).events
    alarms = [(one["ACTION"], one.decoded("TRIGGER"), str(one["DESCRIPTION"])) for one in event.walk("VALARM")]
    assert alarms == [
        ("DISPLAY", timedelta(days=-1), "Tomorrow"),
        ("DISPLAY", timedelta(hours=-2), "In 2 hours: a; b, c"),
    ]


def test_a_published_file_names_no_attendee() -> None:
    """RFC 5546 3.2.1: a feed or a download invites nobody."""
    assert "ATTENDEE" not in calendar_file([EVENT], Method.PUBLISH)


typed = st.text(max_size=120)
awkward = example('\\N \\n \\\\N,;:"^n^^%2C', "ends with \\", "\ufeff\u2028\x85\x1c\t\x00 , ;")


def with_texts(summary: str, description: str, location: str) -> CalendarEvent:
    event = replace(EVENT, summary=summary, description=description, location=location)
    return replace(event, organizer_name=location, attendee_name=description)


@settings(deadline=None)
@awkward
@given(typed, typed, typed)
def test_no_text_that_somebody_typed_breaks_the_file(summary: str, description: str, location: str) -> None:
    """What is read back is what was typed, and nothing else became of it."""
    event = with_texts(summary, description, location)
    text = calendar_file([event], Method.REQUEST, name=location)
    assert max(len(line) for line in text.encode().split(b"\r\n")) <= LINE_OCTETS
    calendar = Calendar.from_ical(text)
    (read,) = calendar.events
    words = [str(read.get(name, "")) for name in ("SUMMARY", "DESCRIPTION", "LOCATION")]
    assert words == [plain_text(summary), plain_text(description), plain_text(location)]
    assert (
        str(calendar.get("X-WR-CALNAME", "")) == CalendarText(plain_text(location)).to_ical().decode()
    )  # read as it stands
    assert read["ORGANIZER"].params["CN"] == plain_name(location)
    assert read["ATTENDEE"].params["CN"] == plain_name(description)
    plain = Calendar.from_ical(calendar_file([with_texts("a", "b", "c")], Method.REQUEST)).events[0]
    assert set(read) | {"DESCRIPTION", "LOCATION"} == set(plain)
    assert [list(alarm) for alarm in read.subcomponents] == [list(alarm) for alarm in plain.subcomponents]


@settings(deadline=None)
@awkward
@given(typed, typed, typed)
def test_vobject_reads_what_somebody_typed(summary: str, description: str, location: str) -> None:
    (read,) = READERS["vobject"](calendar_file([with_texts(summary, description, location)], Method.REQUEST))
    assert (read.summary, read.description, read.location) == tuple(map(plain_text, (summary, description, location)))


@settings(max_examples=25, deadline=None)
@given(*[st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1, max_size=120)] * 3)
def test_ics_reads_what_somebody_typed(summary: str, description: str, location: str) -> None:
    """But for backslashes: it takes an escaped one before an n for a line end."""
    (read,) = READERS["ics"](calendar_file([with_texts(summary, description, location)], Method.REQUEST))
    words = (read.summary or "", read.description, read.location)
    assert words == tuple(map(plain_text, (summary, description, location)))


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(typed, typed, typed), min_size=50, max_size=100))
def test_ical_js_reads_what_somebody_typed(texts: list[tuple[str, str, str]]) -> None:
    """Many events in a file, because each file costs a process."""
    read = READERS["ical.js"](calendar_file([with_texts(*three) for three in texts], Method.REQUEST))
    words = [(event.summary, event.description, event.location) for event in read]
    assert words == [tuple(map(plain_text, three)) for three in texts]


def test_a_tab_and_a_control_character_end_no_word() -> None:
    assert plain_text("a\tb\x00c\r\nd\re\u2028f") == "a bc\nd\ne\nf"
    assert plain_name('The "Old"\r\nC:\\Hall ') == "The 'Old' C:/Hall"


@pytest.mark.parametrize("address", ["a@example.org\r\nATTACH:https://evil.example", "a@example.org\x00"])
def test_an_address_cannot_add_a_property(address: str) -> None:
    """The address is checked when the message is sent, which is after its calendar was written."""
    text = calendar_file([replace(EVENT, attendee_email=address, organizer_email=address)], Method.REQUEST)
    assert not [line for line in text.splitlines() if line.startswith("ATTACH")]
    assert len(Calendar.from_ical(text).events) == 1


def test_lines_are_folded_at_75_octets_and_never_inside_a_character() -> None:
    text = calendar_file([EVENT], Method.REQUEST)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(len(line) for line in lines) <= LINE_OCTETS
    assert all(line.decode() for line in lines)
    assert "\n" not in text.replace("\r\n", "")


@given(st.text(st.sampled_from("ab ,\\^é’🦊"), max_size=260))
@example("\\" * 100)
@example("🦊" * 60)
def test_lines_are_cut_as_the_library_cuts_them(description: str) -> None:
    text = calendar_file([replace(EVENT, description=description)])
    lines = text.replace("\r\n ", "").split("\r\n")
    assert text.encode() == b"\r\n".join(Contentline(line).to_ical() for line in lines)


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
