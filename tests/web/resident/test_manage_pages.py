"""The pages of a booked appointment: see it, move it, cancel it, and past the cut-off no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from booking.events import manage_link_requested
from booking.tables import Appointment, Claim
from booking.use_cases.manage_links import answer_link_requests
from core.audit import AuditEntry
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from reminders.messages import EmailBody, MessageWriter
from reminders.recipients import Delivery
from reminders.tables import Notification
from tests.reminders.calendar_readers import facts_from_ical_js
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times
from tests.web.resident.test_booking_pages import clock_of

pytestmark = pytest.mark.databases("sqlite")

REFERENCE = "/appointment/"


def runtime_of(app: Flask) -> Runtime:
    """What the application runs with."""
    runtime: Runtime = app.extensions[EXTENSION]
    return runtime


def the_row(database: Database) -> Appointment:
    """The only appointment."""
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


def book_and_open(visitor: Visitor, **where: str) -> str:
    """The reference of a new appointment, whose page is open."""
    reference = book_one(visitor, **where).replace(" ", "")
    visitor.open(visitor.page.link("See, change or cancel").join(("!", "")))
    return reference


@pytest.fixture
def link(visitor: Visitor) -> str:
    """The manage link of a new appointment."""
    book_one(visitor)
    return visitor.page.link("See, change or cancel")


def test_the_link_gives_a_clean_address_and_changes_nothing(database: Database, town_app: Flask, link: str) -> None:
    before = the_row(database)
    scanner = Visitor(town_app.test_client())
    scanner.open(f"!{link}")
    after = the_row(database)
    assert scanner.at == f"/appointment/{after.reference}"
    assert link.split("/")[-1] not in scanner.at
    assert (before.state, before.version, before.changed_at) == (after.state, after.version, after.changed_at)


def test_a_reference_alone_opens_nothing(database: Database, town_app: Flask, link: str) -> None:
    stranger = Visitor(town_app.test_client())
    for ending in ("", ".ics", "/cancel", "/contact", "/needs"):
        stranger.open(f"{REFERENCE}{the_row(database).reference}{ending}")
        assert stranger.status == 404


def test_an_unknown_link_is_explained(town_app: Flask) -> None:
    stranger = Visitor(town_app.test_client())
    stranger.open("!/manage/no-such-token")
    assert stranger.status == 404


def test_an_opened_appointment_closes_after_half_an_hour(database: Database, town_app: Flask, visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    clock_of(town_app).advance(timedelta(minutes=31))
    visitor.open(f"{REFERENCE}{reference}")
    assert visitor.status == 404


@pytest.mark.databases("sqlite", "postgresql")
def test_moving_keeps_the_reference_and_raises_the_version(database: Database, visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    visitor.open(f"{REFERENCE}{reference}/move")  # without a time: on to the choice of one
    visitor.follow("26 November 2026")
    form = visitor.page.form_to("/move")
    visitor.send("/move", slot=form.buttons[2][1])
    assert visitor.page.headings == ["Is this new time right?"]
    assert the_row(database).version == 1
    visitor.send("/move")
    assert "The appointment has a new time" in visitor.page.text
    row = the_row(database)
    assert (row.reference, row.version, row.local_date.isoformat()) == (reference, 2, "2026-11-26")


def test_moving_to_a_booked_time_shows_alternatives_and_keeps_the_old_one(
    database: Database, town_app: Flask, visitor: Visitor
) -> None:
    book_and_open(visitor, site="town-hall", day="2026-11-24")
    visitor.follow("Choose another time")
    visitor.follow("Later")
    visitor.follow("1 December 2026")
    slot = visitor.page.form_to("/move").buttons[0][1]
    visitor.send("/move", slot=slot)
    confirm = visitor.page
    other = Visitor(town_app.test_client())
    go_to_times(other, site="town-hall", day="2026-12-01")
    other.take_first_time()
    visitor.page = confirm
    visitor.send("/move")
    assert (visitor.status, visitor.page.headings) == (409, ["That time has just gone"])
    assert len(visitor.page.form_to("/move").buttons) == 3
    assert the_row(database).version == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_cancelling_asks_once_and_frees_the_time(database: Database, visitor: Visitor) -> None:
    book_and_open(visitor, site="town-hall")
    visitor.follow("Cancel the appointment")
    assert the_row(database).state == "booked"
    visitor.send("/cancel", reason="I found the letter")
    assert "The appointment is cancelled" in visitor.page.text
    row = the_row(database)
    assert (row.state, row.state_reason) == ("cancelled_by_resident", "I found the letter")
    visitor.open("/times?service=certify&site=town-hall&mode=in_person&day=2026-11-24")
    assert "9am" in visitor.page.text


def book_until_ten(visitor: Visitor) -> str:
    """The manage link of an appointment at 10am today, whose page is open, and whose cut-off is now."""
    go_to_times(visitor, day="2026-11-23")
    visitor.send("/book/hold", slot=visitor.page.form_to("/book/hold").buttons[2][1])
    fill_in(visitor)
    visitor.send("/check")
    link = visitor.page.link("See, change or cancel")
    visitor.open(f"!{link}")
    return link


def test_past_the_cut_off_the_telephone_number_is_shown(database: Database, town_app: Flask, visitor: Visitor) -> None:
    book_until_ten(visitor)
    visitor.open(f"/times?service=certify&mode=in_person&day=2026-11-24&moving={the_row(database).reference}")
    visitor.send("/move", slot=visitor.page.form_to("/move").buttons[0][1])
    clock_of(town_app).advance(timedelta(minutes=1))
    visitor.send("/move")
    assert (visitor.status, visitor.page.headings) == (409, ["It is too late to do this online"])
    assert "01632 960000" in visitor.page.text
    visitor.follow("Back to your appointment")
    assert "too late to do this online" in visitor.page.text
    assert the_row(database).version == 1


def is_cancelled_late(database: Database) -> bool:
    """Whether the only appointment is cancelled by its resident, its time free, and the audit says that it was late."""
    with database.reading() as db:
        facts = db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "cancelled")).one()
        claims = db.scalars(select(Claim)).all()
    return the_row(database).state == "cancelled_by_resident" and bool(facts.get("late")) and not claims


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("minutes", [1, 119])
def test_whoever_cannot_come_can_say_so_until_it_begins(
    database: Database, town_app: Flask, visitor: Visitor, minutes: int
) -> None:
    link = book_until_ten(visitor)
    clock_of(town_app).advance(timedelta(minutes=minutes))
    visitor.open(f"!{link}")
    visitor.follow("I cannot come")
    assert visitor.page.headings == ["Can you not come?"]
    visitor.send("/cancel", reason="The bus did not come")
    assert "The appointment is cancelled" in visitor.page.text
    assert the_row(database).state_reason == "The bus did not come"
    assert is_cancelled_late(database)


def test_the_cut_off_may_pass_while_the_question_is_open(database: Database, town_app: Flask, visitor: Visitor) -> None:
    book_until_ten(visitor)
    visitor.follow("Cancel the appointment")
    clock_of(town_app).advance(timedelta(minutes=1))
    visitor.send("/cancel")
    assert "The appointment is cancelled" in visitor.page.text
    assert is_cancelled_late(database)


def test_once_it_has_begun_nobody_cancels_it_online(database: Database, town_app: Flask, visitor: Visitor) -> None:
    link = book_until_ten(visitor)
    clock_of(town_app).advance(timedelta(minutes=119))
    visitor.open(f"!{link}")
    visitor.follow("I cannot come")
    clock_of(town_app).advance(timedelta(minutes=1))
    visitor.send("/cancel")
    assert (visitor.status, visitor.page.headings) == (409, ["This appointment cannot be changed"])
    visitor.follow("Back to your appointment")
    assert "I cannot come" not in visitor.page.text
    assert the_row(database).state == "booked"


def test_a_cancellation_in_good_time_is_not_called_late(database: Database, visitor: Visitor) -> None:
    book_and_open(visitor)
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    with database.reading() as db:
        assert "late" not in db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "cancelled")).one()


@pytest.mark.databases("sqlite", "postgresql")
def test_contact_details_and_needs_can_be_changed(database: Database, visitor: Visitor) -> None:
    book_and_open(visitor)
    visitor.follow("Change phone")
    visitor.send("/contact", phone="07700 900555", contact_preference="none")
    assert "We have kept your new details" in visitor.page.text
    visitor.follow("Change the help you need")
    visitor.send("/needs", need=["hearing-loop", "language"], language="Welsh")
    assert all(words in visitor.page.text for words in ("Hearing loop", "Interpreter for Welsh"))
    row = the_row(database)
    assert (row.contact_phone, row.contact_preference, row.contact_language) == ("07700 900555", "none", "Welsh")
    assert row.support_needs == ["hearing-loop", "language"]


def test_a_preference_for_texts_is_shown_as_email(database: Database, visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    with database.writing() as db:
        db.scalars(select(Resident)).one().contact_preference = "text"
    visitor.open(f"{REFERENCE}{reference}")
    assert "By email to r***@example.org. We cannot send text messages yet" in visitor.page.text
    visitor.follow("Change email")
    assert "You asked for text messages. We cannot send them yet, so we use email" in visitor.page.text
    assert visitor.page.form_to("/contact").fields["contact_preference"] == ["email"]


def test_a_changed_need_for_another_language_has_to_name_it(database: Database, visitor: Visitor) -> None:
    book_and_open(visitor)
    visitor.follow("Change the help you need")
    visitor.send("/needs", need=["language"])
    assert visitor.page.link("Tell us which language") == "#language"
    assert the_row(database).support_needs == []


def test_wrong_contact_details_are_refused_and_kept_on_the_page(visitor: Visitor) -> None:
    book_and_open(visitor)
    visitor.follow("Change email")
    visitor.send("/contact", email="robin at example")
    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.form_to("/contact").fields["email"] == ["robin at example"]


def test_the_calendar_file_is_for_this_appointment(database: Database, visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    answer = visitor.client.get(f"/testshire{REFERENCE}{reference}.ics")
    assert answer.mimetype == "text/calendar"
    assert f"UID:{reference}@" in answer.text
    assert "DTSTART;TZID=Europe/London:20261124T090000" in answer.text
    (facts,) = facts_from_ical_js(answer.text)
    assert (facts["method"], facts["status"], facts["sequence"], facts["alarms"]) == ("PUBLISH", "CONFIRMED", 1, 2)
    assert "ATTENDEE" not in answer.text


def test_the_download_of_a_cancelled_appointment_takes_it_out_of_the_calendar(visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    address = f"/testshire{REFERENCE}{reference}.ics"
    (before,) = facts_from_ical_js(visitor.client.get(address).text)
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    (after,) = facts_from_ical_js(visitor.client.get(address).text)
    assert (after["method"], after["status"], after["alarms"]) == ("CANCEL", "CANCELLED", 0)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]


def test_the_download_says_what_the_message_says(database: Database, visitor: Visitor) -> None:
    """But for the link and the invitation: whoever sits at this computer later must not get the link."""
    reference = book_and_open(visitor)
    download = Calendar.from_ical(visitor.client.get(f"/testshire{REFERENCE}{reference}.ics").text).events[0]
    with database.reading() as db:
        facts = message_facts(db, [the_row(database).id])[the_row(database).id]
    settings = visitor.client.application.extensions[EXTENSION].settings
    writer = MessageWriter(settings.public_url, settings.secret_key, settings.mail_from)
    resident = facts.contacts.resident
    body = writer.write("confirmation", facts, Delivery("email", resident.email, resident.name))
    assert isinstance(body, EmailBody)
    mailed = Calendar.from_ical(body.calendar).events[0]
    link = f"{settings.public_url}/manage/"
    assert link in str(mailed["URL"])
    assert link not in download.to_ical().decode().replace("\r\n ", "")
    assert set(mailed) - set(download) == {"URL", "ATTENDEE"}
    assert {name for name in download if download[name] != mailed[name]} == {"DESCRIPTION"}
    texts = [str(event["DESCRIPTION"]).splitlines() for event in (mailed, download)]
    how = "To change or cancel it, use the link in our message or contact us."
    assert [line for line in texts[0] if "/manage/" not in line and "Change or cancel" not in line] == [
        line for line in texts[1] if line != how
    ]
    assert how in texts[1]
    assert download.subcomponents == mailed.subcomponents


@pytest.fixture
def requests() -> Any:
    """The requests that reach the subscriber which sends manage links."""
    heard: list[Any] = []

    def collect(db: object, request: object) -> None:
        heard.append(request)

    with manage_link_requested.connected_to(collect):
        yield heard


def test_a_lost_link_is_sent_when_reference_and_surname_belong_together(
    database: Database, town_app: Flask, visitor: Visitor, requests: list[Any]
) -> None:
    reference = book_one(visitor)
    visitor.open("/find")
    visitor.send("/find", reference=reference.lower(), surname="SAMPLE")
    right = visitor.page.text
    assert requests == []
    answer_link_requests(runtime_of(town_app))
    assert [request.appointment_id for request in requests] == [the_row(database).id]
    visitor.open("/find")
    visitor.send("/find", reference=reference, surname="Wrong")
    assert visitor.page.text == right
    answer_link_requests(runtime_of(town_app))
    assert len(requests) == 1


@pytest.mark.usefixtures("requests")
@pytest.mark.databases("sqlite", "postgresql")
def test_finding_is_rate_limited(town_app: Flask, visitor: Visitor) -> None:
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    statuses = []
    for _ in range(12):
        visitor.open("/find")
        visitor.send("/find", reference="K7PM 4QX3", surname="Sample")
        statuses.append(visitor.status)
    assert statuses == [200] * 11 + [429]  # ten at any pace, and one more in the next minute


def test_an_empty_find_form_says_what_to_enter(visitor: Visitor) -> None:
    visitor.open("/find")
    visitor.send("/find")
    assert visitor.page.link("Enter your reference") == "#reference"
    assert visitor.page.link("Enter the surname") == "#surname"


def test_the_cookie_can_be_cleared_on_a_shared_computer(visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    visitor.send("/forget")
    assert "Your appointment is still booked" in visitor.page.text
    visitor.open(f"{REFERENCE}{reference}")
    assert visitor.status == 404


@pytest.mark.databases("sqlite", "postgresql")
def test_the_whole_service_owes_the_link_to_the_address_on_record(database: Database, town: Town, app: Flask) -> None:
    visitor = Visitor(app.test_client())
    reference = book_one(visitor)
    visitor.open("/find")
    visitor.send("/find", reference=reference, surname="Sample")
    answer_link_requests(runtime_of(app))
    with database.reading() as db:
        kinds = db.scalars(select(Notification.kind).where(Notification.kind.startswith("manage_link"))).all()
    assert len(kinds) == 1
