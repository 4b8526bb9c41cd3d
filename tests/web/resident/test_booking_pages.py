"""From the first page to the reference, without a script, and everything that can go wrong on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, update

from booking.tables import Appointment, Hold
from core.browser_states import BrowserState
from core.clock import FixedClock
from core.database import Database, table_of
from core.flask_context import EXTENSION
from locations.tables import Site
from people.residents.tables import Representative, Resident
from tests.support.town import Town, close_site, make_town
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")


def clock_of(app: Flask) -> FixedClock:
    """The application's clock."""
    clock = app.extensions[EXTENSION].clock
    assert isinstance(clock, FixedClock)
    return clock


def count(database: Database, table: type[Any]) -> int:
    """How many rows a table has."""
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def only(database: Database, table: type[Any]) -> Any:
    """The only row of a table."""
    with database.reading() as db:
        return db.scalars(select(table)).one()


@pytest.mark.databases("sqlite", "postgresql")
def test_a_resident_books_from_the_first_page_to_the_last(database: Database, visitor: Visitor) -> None:
    visitor.open("/")
    visitor.follow("Certify documents")
    assert "Your passport" in visitor.page.text
    visitor.follow("Find a time")
    visitor.send("/where", need=["step-free"])
    visitor.send("/where", near="N12 0GA")
    visitor.follow("Riverside Community Hub")
    assert "November 2026" in visitor.page.text
    visitor.follow("25 November 2026")
    visitor.take_first_time()
    assert re.search(r"We are keeping this time for you until [0-9]+(:[0-9]{2})?(am|pm)\.", visitor.page.text)
    fill_in(visitor, name="Søren Łukasz 王小明", phone="07700 900123", postcode="n12 0ga")
    assert "Søren Łukasz 王小明" in visitor.page.text
    visitor.send("/check")
    assert visitor.page.headings == ["Your appointment is booked"]
    row, resident = only(database, Appointment), only(database, Resident)
    assert (row.state, row.channel, row.support_needs) == ("booked", "online", ["step-free"])
    assert (resident.name, resident.postcode) == ("Søren Łukasz 王小明", "N12 0GA")
    assert f"{row.reference[:4]} {row.reference[4:]}" in visitor.page.text


def states_of_browsers(database: Database) -> list[dict[str, Any]]:
    """What is kept for browsers."""
    with database.reading() as db:
        return [dict(row) for row in db.execute(select(table_of(BrowserState))).mappings()]


def put_back(database: Database, states: list[dict[str, Any]]) -> None:
    """Keep for browsers exactly this."""
    with database.writing() as db:
        db.execute(delete(BrowserState))
        db.execute(insert(BrowserState), states) if states else None


def test_neither_email_nor_phone_is_needed(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, email="", contact_preference="none")
    visitor.send("/check")
    assert "We will not send you any messages, as you asked. Write this down or print this page." in visitor.page.text
    assert only(database, Resident).email == ""


def test_booking_for_somebody_else_keeps_who_and_why(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name="Ada Helper", basis="carer", phone="07700 900001", email="ada@example.org")
    assert "It helps us find them if one of you rings" in visitor.page.text
    assert "find you" not in visitor.page.text
    visitor.send("/details", name="Robin Sample", contact_preference="email")
    assert "By email to ada@example.org" in visitor.page.text
    assert "Ada Helper" in visitor.page.text
    assert "Carer" in visitor.page.text
    visitor.send("/check")
    helper = only(database, Representative)
    assert (helper.name, helper.basis, helper.phone) == ("Ada Helper", "carer", "07700 900001")


def test_two_services_make_one_visit(database: Database, visitor: Visitor) -> None:
    visitor.open("/services/certify")
    visitor.follow("Add a second thing")
    visitor.follow("Housing advice")
    visitor.send("/where")
    visitor.follow("High Street Library")
    visitor.follow("24 November 2026")
    visitor.take_first_time()
    fill_in(visitor)
    assert "Certify documents and Housing advice" in visitor.page.text
    visitor.send("/check")
    row = only(database, Appointment)
    assert row.ends_at - row.starts_at == timedelta(minutes=75)


@pytest.mark.parametrize(
    ("typed", "words", "target"),
    [
        ({"name": ""}, "Enter a name", "name"),
        ({"email": "robin@"}, "Enter an email address in the right form", "email"),
        ({"email": ""}, "Enter an email address, or choose another way", "email"),
        ({"phone": "ring me"}, "Enter the whole phone number", "phone"),
        (
            {"contact_preference": "text", "phone": "07700 900123"},
            "choose one of those on the page",
            "contact_preference",
        ),
        ({"postcode": "N12"}, "Enter a full postcode, like NW11 9QS", "postcode"),
        ({"contact_preference": ""}, "Choose how we should remind you", "contact_preference"),
    ],
)
def test_an_error_says_what_to_do_and_keeps_what_was_typed(
    visitor: Visitor, typed: dict[str, str], words: str, target: str
) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, **({"notes": "I am a bit deaf", "leave_no_message": "y"} | typed))
    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.link(words) == f"#{target}"
    [focused] = [facts for facts in visitor.page.inputs if "autofocus" in facts]
    assert focused["id"] == target
    kept = visitor.page.form_to("/details").fields
    assert kept["notes"] == ["I am a bit deaf"]
    assert kept["leave_no_message"] == ["y"]
    assert kept["name"] == [typed.get("name", "Robin Sample")]


def test_the_time_runs_out_and_one_click_starts_again_with_everything_kept(
    database: Database, town_app: Flask, visitor: Visitor
) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    clock_of(town_app).advance(timedelta(minutes=11))
    visitor.send("/check")
    assert (visitor.status, visitor.page.headings) == (410, ["We no longer keep this time for you"])
    assert count(database, Appointment) == 0
    visitor.send("/again")
    assert visitor.page.headings == ["Check your answers"]
    assert "Robin Sample" in visitor.page.text
    visitor.send("/check")
    assert count(database, Appointment) == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_a_booked_time_is_answered_with_three_alternatives_and_the_form_kept(
    database: Database, town_app: Flask, visitor: Visitor
) -> None:
    go_to_times(visitor, site="town-hall")
    visitor.take_first_time()
    fill_in(visitor)
    clock_of(town_app).advance(timedelta(minutes=11))
    other = Visitor(town_app.test_client())
    go_to_times(other, site="town-hall")
    other.take_first_time()
    visitor.send("/check")
    visitor.send("/again")
    assert (visitor.status, visitor.page.headings) == (409, ["That time has just gone"])
    assert len(visitor.page.form_to("/book/hold").buttons) == 3
    visitor.take_first_time()
    assert visitor.page.headings == ["Check your answers"]
    assert "Robin Sample" in visitor.page.text


def test_who_loses_another_time_keeps_the_one_they_had(database: Database, town_app: Flask, visitor: Visitor) -> None:
    """The refused time gives nothing back: what was held before is still theirs, and goes once they choose another."""
    go_to_times(visitor, site="town-hall")
    times = visitor.page
    visitor.take_first_time()
    other = Visitor(town_app.test_client())
    go_to_times(other, site="town-hall")
    other.take_first_time()
    visitor.page = times
    visitor.send("/book/hold", slot=times.form_to("/book/hold").buttons[1][1])
    assert (visitor.status, visitor.page.headings) == (409, ["That time has just gone"])
    refused = visitor.page
    visitor.follow("Go on with")
    assert visitor.page.headings == ["Who is the appointment for?"]
    visitor.page = refused
    visitor.take_first_time()
    assert visitor.page.headings == ["Who is the appointment for?"]
    assert count(database, Hold) == 2


def test_a_held_time_that_can_no_longer_be_booked_is_given_back(
    database: Database, town: Town, town_app: Flask, visitor: Visitor
) -> None:
    """The site is shut while somebody types; what they held is of no use to them."""
    now = clock_of(town_app).now()
    go_to_times(visitor, site="town-hall")
    visitor.take_first_time()
    fill_in(visitor)
    close_site(database, town, "office", now, now + timedelta(days=7))
    visitor.send("/check")
    assert (visitor.status, visitor.page.headings) == (409, ["That time has just gone"])
    assert count(database, Hold) == 0


def test_the_back_button_and_a_time_once_given_back_leave_one_hold(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor, site="town-hall")
    times = visitor.page
    for number in (0, 3, 0):
        visitor.page = times
        visitor.send("/book/hold", slot=times.form_to("/book/hold").buttons[number][1])
    assert visitor.page.headings == ["Who is the appointment for?"]
    assert count(database, Hold) == 1


def test_a_double_click_on_book_books_once(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    form = visitor.page.form_to("/check")
    before = states_of_browsers(database)
    first = visitor.post(form, {})
    put_back(database, before)  # the second click was read before the first one was answered
    second = visitor.post(form, {})
    assert first.location == second.location
    assert first.status_code == second.status_code == 303
    third = visitor.post(form, {})
    assert third.location == first.location
    assert count(database, Appointment) == 1


def test_a_double_click_on_a_time_holds_once(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor, site="town-hall")
    form = visitor.page.form_to("/book/hold")
    slot = form.buttons[0][1]
    before = states_of_browsers(database)
    visitor.post(form, {"slot": slot})
    put_back(database, before)
    assert visitor.post(form, {"slot": slot}).status_code == 303
    assert count(database, Hold) == 1


def test_the_back_button_and_another_time_give_the_first_one_back(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor, site="town-hall")
    times = visitor.page
    visitor.take_first_time()
    visitor.page = times
    visitor.send("/book/hold", slot=times.form_to("/book/hold").buttons[3][1])
    assert count(database, Hold) == 1
    assert visitor.page.headings == ["Who is the appointment for?"]


def test_changing_the_time_from_the_answers_comes_back_to_them(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    visitor.follow("Change when")
    visitor.follow("26 November 2026")
    visitor.take_first_time()
    assert visitor.page.headings == ["Check your answers"]
    assert "Thursday 26 November 2026" in visitor.page.text
    assert "Robin Sample" in visitor.page.text
    assert count(database, Hold) == 1


def test_two_tabs_book_two_visits(database: Database, town_app: Flask) -> None:
    client = town_app.test_client()
    one, two = Visitor(client), Visitor(client)
    go_to_times(one)
    go_to_times(two, service="advice")
    one.take_first_time()
    two.take_first_time()
    fill_in(one, name="Robin Sample")
    fill_in(two, name="Kim Sample")
    one.send("/check")
    two.send("/check")
    assert count(database, Appointment) == 2


def test_leaving_releases_the_time(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    assert count(database, Hold) == 1
    visitor.send("/leave")
    assert visitor.page.headings == ["You have not booked"]
    assert count(database, Hold) == 0


def test_the_limit_is_explained(database: Database, town_app: Flask) -> None:
    for _ in range(2):
        visitor = Visitor(town_app.test_client())
        book_one(visitor, service="digital") if not count(database, Appointment) else None
    go_to_times(visitor, service="digital")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    assert (visitor.status, visitor.page.headings) == (409, ["You already have an appointment"])


def test_a_time_within_the_lead_time_is_explained(database: Database, town_app: Flask, visitor: Visitor) -> None:
    go_to_times(visitor, day="2026-11-23")
    clock_of(town_app).advance(timedelta(hours=4))
    visitor.take_first_time()
    assert (visitor.status, visitor.page.headings) == (409, ["That time is too soon"])


def test_no_cookie_is_set_until_a_time_can_be_chosen(visitor: Visitor) -> None:
    for path in ("/", "/services/certify", "/needs?service=certify", "/where?service=certify&near=N12"):
        visitor.open(path)
    assert visitor.client.get_cookie("front_door") is None
    go_to_times(visitor)
    assert visitor.client.get_cookie("front_door") is not None


def test_a_hold_of_another_council_cannot_be_used(database: Database, town_app: Flask, visitor: Visitor) -> None:
    make_town(database, "othershire")
    go_to_times(visitor)
    other = Visitor(town_app.test_client(), "/othershire")
    go_to_times(other)
    foreign = other.page.form_to("/book/hold").buttons[0][1]
    visitor.send("/book/hold", slot=foreign)
    assert visitor.status == 404


def test_a_form_without_its_token_is_refused(visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.send("/book/hold", csrf_token="wrong")
    assert visitor.status == 400
    assert "cookies are turned off" in visitor.page.text


def test_a_visit_by_phone_needs_a_number_to_ring(database: Database, visitor: Visitor) -> None:
    visitor.open("/times?service=advice&mode=phone&day=2026-11-24")
    visitor.take_first_time()
    fill_in(visitor)
    assert visitor.page.link("Enter the phone number that we should ring") == "#phone"
    visitor.send("/details", phone="020 7946 0000")
    visitor.send("/check")
    assert "We will ring you" in visitor.page.text
    assert only(database, Appointment).mode == "phone"


def test_a_visit_by_video_needs_an_address_for_the_link(visitor: Visitor) -> None:
    visitor.open("/times?service=advice&mode=video&day=2026-11-24")
    visitor.take_first_time()
    fill_in(visitor, email="", contact_preference="none")
    assert visitor.page.link("Enter an email address, so that we can send you the link") == "#email"


def test_who_names_a_language_needs_one(database: Database, visitor: Visitor) -> None:
    visitor.open("/times?service=certify&site=high-street&mode=in_person&day=2026-11-24&language=Welsh")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    assert only(database, Appointment).support_needs == ["language"]
    assert only(database, Resident).language == "Welsh"


def test_another_language_has_to_be_named(visitor: Visitor) -> None:
    visitor.open("/needs?service=certify")
    assert (
        "We look for an interpreter. If you give an email address, we tell you whether we have found one"
        in visitor.page.text
    )
    assert "We will bring" not in visitor.page.text
    visitor.send("/where", need=["language"])
    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.link("Tell us which language") == "#language"
    visitor.send("/where", need=["language"], language="Welsh")
    assert visitor.page.headings == ["Where would you like to go?"]


def test_text_messages_cannot_be_selected_and_the_email_address_is_shown(visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="me")
    assert "Text message" not in visitor.page.text
    fill = {"name": "Robin Sample", "email": "robin@example.org", "contact_preference": "email"}
    visitor.send("/details", **fill)
    assert "By email to robin@example.org" in visitor.page.text
    visitor.send("/check")
    assert "We will write by email to robin@example.org to confirm" in visitor.page.text


def test_the_pages_say_that_the_helper_gets_the_messages(visitor: Visitor, database: Database) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name="Ada Helper", basis="carer", phone="", email="ada@example.org")
    visitor.send("/details", name="Robin Sample", email="robin@example.org", contact_preference="email")
    assert "By email to ada@example.org" in visitor.page.text
    visitor.send("/check")
    assert "We will write by email to ada@example.org to confirm" in visitor.page.text
    assert only(database, Resident).message_language == ""  # nobody was asked: the council has English alone


@pytest.mark.parametrize(("postcode", "shows_hint"), [("OL1 1UT", True), ("", False)])
def test_the_example_of_a_postcode_is_the_councils_own(
    database: Database, visitor: Visitor, postcode: str, shows_hint: bool
) -> None:
    with database.writing() as db:
        db.execute(update(Site).values(postcode=postcode))
    visitor.open("/where?service=certify")
    assert ("The first half is enough, like OL1" in visitor.page.text) is shows_hint
    assert ("The first half is enough" in visitor.page.text) is shows_hint


def test_each_booked_visit_shows_its_own_link(database: Database, town_app: Flask) -> None:
    client = town_app.test_client()
    one, two = Visitor(client), Visitor(client)
    book_one(one)
    first = one.page.link("See, change or cancel")
    book_one(two, service="advice", day="2026-11-25")
    assert two.page.link("See, change or cancel") != first
    one.open(one.at)
    assert one.page.link("See, change or cancel") == first


def test_a_program_that_holds_everything_is_stopped(visitor: Visitor) -> None:
    go_to_times(visitor)
    form = visitor.page.form_to("/book/hold")
    statuses = [visitor.post(form, {"slot": "nonsense"}).status_code for _ in range(62)]
    assert statuses == [400] * 61 + [429]  # 60 at any pace, and one more in the next ten seconds


def test_starting_again_counts_as_holding(town_app: Flask, visitor: Visitor) -> None:
    """Or else one time that ran out would hold as many as a program likes."""
    go_to_times(visitor)
    visitor.take_first_time()
    clock_of(town_app).advance(timedelta(minutes=11))
    visitor.open(visitor.at)
    form = visitor.page.form_to("/again")
    statuses = [visitor.post(form, {}).status_code for _ in range(61)]
    assert statuses == [303] * 60 + [429]


def test_a_page_that_a_council_does_not_have_still_shows_the_telephone_number(visitor: Visitor) -> None:
    visitor.open("/no/such/page")
    assert visitor.status == 404
    assert "01632 960000" in visitor.page.text
    visitor.open("!/no-such-council/")
    assert visitor.status == 404
