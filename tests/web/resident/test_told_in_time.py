"""What residents are told in time: before they book, before they search in vain, before they book twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from booking.tables import Appointment
from booking.use_cases.import_locations import import_file
from core.audit import Actor
from core.database import Database
from core.tokens import check_character
from locations.catalogue_queries import catalogue_of
from locations.importing.parse_plan import read_plan
from locations.tables import Service, Site
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from tests.support.factories import make_runtime
from tests.support.town import Town, make_resident_app
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "docs/examples/anytown.toml", *sorted((ROOT / "demo").glob("*.toml"))]


def number_booked(database: Database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(Appointment)) or 0


def change_service(database: Database, slug: str, **values: object) -> None:
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == slug).values(**values))
        db.execute(update(Site).values(plan_version=Site.plan_version + 1))


@pytest.mark.databases("sqlite", "postgresql")
def test_a_second_appointment_at_the_same_time_is_booked_only_on_purpose(
    database: Database, town: Town, visitor: Visitor
):
    """The same person, at another place: told once, and free to go on."""
    for site in ("town-hall", "high-street"):
        go_to_times(visitor, site=site)
        visitor.take_first_time()
        fill_in(visitor, phone="07700 900123")
        visitor.send("/check")
    assert (visitor.status, visitor.page.headings) == (409, ["Check your answers"])
    assert "You already have an appointment at this time." in visitor.page.text
    assert number_booked(database) == 1
    visitor.page.link("Choose another time")
    visitor.send("/check")
    assert visitor.page.headings == ["Your appointment is booked"]
    assert number_booked(database) == 2


def test_touching_times_and_other_people_are_no_such_thing(database: Database, town: Town, visitor: Visitor):
    for number in (0, 1):
        form = go_to_times(visitor, site="town-hall").form_to("/book/hold")
        visitor.send("/book/hold", slot=form.buttons[0][1])
        fill_in(visitor, phone="07700 900123")
        visitor.send("/check")
        assert visitor.page.headings == ["Your appointment is booked"], number
    go_to_times(visitor, site="high-street")
    visitor.take_first_time()
    fill_in(visitor, name="Somebody Else", email="else@example.org")
    visitor.send("/check")
    assert visitor.page.headings == ["Your appointment is booked"]


def test_whoever_changes_to_the_telephone_after_their_details_is_asked_for_a_number(
    database: Database, town: Town, visitor: Visitor
):
    go_to_times(visitor, service="advice")
    visitor.take_first_time()
    fill_in(visitor, email="", contact_preference="none")
    visitor.follow("Change where")
    visitor.follow("By phone")
    visitor.follow("25 November 2026")
    visitor.take_first_time()
    assert visitor.page.link("Enter the phone number") == "#phone"
    assert visitor.page.form_to("/details").fields["name"] == ["Robin Sample"]
    visitor.send("/details", phone="07700 900123")
    visitor.send("/check")
    assert visitor.page.headings == ["Your appointment is booked"]


@pytest.mark.parametrize("typed", ["12", "K7PM 4QX2", "K7PM 4QX", "my reference", "K7PM4QX33"])
def test_what_can_be_no_reference_is_said_at_the_field(visitor: Visitor, typed: str):
    visitor.open("/find")
    visitor.send("/find", reference=typed, surname="Sample")
    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.link("Check the reference") == "#reference"
    assert visitor.page.form_to("/find").fields["surname"] == ["Sample"]


def test_the_example_of_a_reference_is_one(visitor: Visitor):
    text = visitor.open("/find").text
    example = text.partition("like ")[2][:9].replace(" ", "")
    assert check_character(example[:-1]) == example[-1]
    visitor.send("/find", reference=f"Reference: {example}", surname="Sample")
    assert visitor.page.headings == ["Look for our message"]


def test_a_question_reaches_residents_in_words_that_are_theirs_or_not_at_all(
    database: Database, town: Town, visitor: Visitor
):
    told = {
        "ask": "Do you have somewhere safe to stay tonight?",
        "say": "If not, I will put you through to the duty officer.",
        "tell": "If not, ring 01632 960000 now.",
    }
    for_staff = {"ask": "Have you told us before?", "say": "I can see your earlier calls here."}
    change_service(database, "advice", triage_questions=[told, for_staff])
    change_service(database, "certify", triage_questions=[for_staff])
    text = visitor.open("/services/advice").text
    assert told["ask"] in text
    assert told["tell"] in text
    for staff_words in (told["say"], *for_staff.values()):
        assert staff_words not in text
    assert "Before you book" not in visitor.open("/services/certify").text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_residents_of_a_council_that_is_an_example_read_no_words_of_the_telephone(database: Database, file: Path):
    """No page of a service repeats what only staff can say, and the number to ring is the council's own."""
    slug = read_plan(file.read_bytes()).authority["slug"]
    import_file(make_runtime(database), file.read_bytes(), actor=Actor.system())
    visitor = Visitor(make_resident_app(database).test_client(), f"/{slug}")
    with database.reading() as db:
        council = catalogue_of(db, slug)
    for service in council.services:
        text = visitor.open(f"/services/{service.slug}").text
        for question in service.triage_questions:
            assert question.tell in text
            assert question.say in question.tell or question.say not in text
            assert not re.search(r"\bI\b", question.tell)
            assert set(re.findall(r"\d{5} \d{6}", question.tell)) <= {council.authority.phone}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("housing", ["Housing advice"]),
        ("HOME adviser", ["Housing advice"]),
        ("evicted", ["Housing advice"]),
        ("thrown out", ["Housing advice"]),
        ("pension", []),
        ("", ["Certify documents", "Housing advice", "Help to get online"]),
    ],
)
def test_a_service_is_found_by_the_words_that_people_use(
    database: Database, town: Town, visitor: Visitor, words: str, found: list[str]
):
    change_service(database, "advice", also_called=["evicted", "thrown out of my flat"])
    visitor.open("/")
    visitor.send("/testshire/", find=words)
    everything = ["Certify documents", "Housing advice", "Help to get online"]
    shown = [name for name in everything if any(name == text for text, _ in visitor.page.links)]
    assert sorted(shown) == sorted(found or everything)
    assert ("We found nothing" in visitor.page.text) is (not found)
    if words:
        assert visitor.page.form_to("/testshire/").fields["find"] == [words]


def test_the_front_page_says_what_cannot_be_booked_online(database: Database, town: Town, visitor: Visitor):
    change_service(database, "advice", bookable_online=False)
    text = visitor.open("/").text
    assert text.count("You cannot book this online.") == 1
    assert "You cannot book this online." in text.partition("Housing advice")[2][:80]


def test_two_services_have_a_line_and_a_time_each(town: Town, visitor: Visitor):
    visitor.open("/services/certify")
    visitor.follow("Add a second thing")
    visitor.follow("Housing advice")
    visitor.send("/where")
    visitor.follow("High Street Library")
    visitor.follow("24 November 2026")
    visitor.take_first_time()
    fill_in(visitor)
    lines = ("9am: Certify documents", "9:30am: Housing advice")
    assert all(line in visitor.page.text for line in lines)
    visitor.send("/check")
    assert all(line in visitor.page.text for line in lines)


def test_needs_are_said_back_in_the_order_in_which_they_were_asked(town: Town, visitor: Visitor):
    book_one(visitor)
    visitor.follow("See, change or cancel")
    visitor.follow("Change the help you need")
    visitor.send("/needs", need=["language", "step-free", "extra-time"], language="Somali")
    text = visitor.page.text
    found = [text.index(words) for words in ("Step-free access", "Interpreter for Somali", "Extra time")]
    assert found == sorted(found)


@pytest.mark.usefixtures("town")
def test_whoever_books_the_same_twice_on_a_day_is_told_and_may_all_the_same(visitor: Visitor, database: Database):
    book_one(visitor)
    go_to_times(visitor)
    visitor.send("/book/hold", slot=visitor.page.form_to("/book/hold").buttons[5][1])
    fill_in(visitor, name="Kim Example", email="kim@example.org")
    assert "You have booked this on the same day already: Tuesday 24 November 2026" in visitor.page.text
    assert "See that appointment" in [text for text, _ in visitor.page.links]
    visitor.send("/check")
    assert number_booked(database) == 2
    go_to_times(visitor, day="2026-11-25")
    visitor.take_first_time()
    fill_in(visitor, name="Lee Example", email="lee@example.org")
    assert "on the same day already" not in visitor.page.text


@pytest.mark.usefixtures("town")
def test_whoever_has_as_many_as_one_person_can_have_finds_the_way_back_to_what_they_typed(
    visitor: Visitor, database: Database
):
    for day in ("2026-11-24", "2026-11-25", "2026-11-26"):
        go_to_times(visitor, day=day)
        visitor.take_first_time()
        fill_in(visitor, notes="Rings twice")
        visitor.send("/check")
    assert visitor.page.headings == ["You already have an appointment"]
    visitor.follow("Change the name or email")
    assert visitor.page.form_to("/details").fields["notes"] == ["Rings twice"]
    visitor.send("/details", name="Kim Example", email="kim@example.org")
    visitor.send("/check")
    assert visitor.page.headings == ["Your appointment is booked"]
    assert number_booked(database) == 3


def test_while_messages_are_paused_residents_are_promised_none(database: Database, town: Town, visitor: Visitor):
    pause_messages(make_runtime(database), town.authority_id, NewPause(PauseScope.ALL), actor=Actor("staff", 1, "Mary"))
    book_one(visitor)
    assert "We are not sending messages at the moment. Write this down" in visitor.page.text
    assert "We will write by email" not in visitor.page.text
