"""A triage: one question to a page, answers that go on with the appointment, and nothing urgent that ends in a search."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.tables import Appointment
from booking.urgent.tables import UrgentRequest
from core.clock import FixedClock
from core.database import Database
from core.rate_limits import SlowingLimit
from locations.catalogue_queries import bump_plan
from locations.triage.tables import Triage
from tests.support.town import Town
from tests.support.triages import put_triage
from tests.web.resident.browser import Visitor, fill_in
from web.resident import triage_urgent

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(autouse=True)
def triage(database: Database, town: Town) -> None:
    """A triage in front of the service."""
    put_triage(database, town)


def answer(visitor: Visitor, question: str, number: int) -> None:
    visitor.send(f"/questions/{question}", answer=str(number))


def test_answers_go_on_with_the_appointment_and_back_keeps_them(database: Database, visitor: Visitor) -> None:
    visitor.open("/services/certify")
    visitor.follow("Answer the questions")
    answer(visitor, "tonight", 0)
    visitor.follow("Back")
    assert visitor.page.form_to("/questions/tonight").fields["answer"] == ["0"]
    answer(visitor, "tonight", 0)
    answer(visitor, "what", 2)
    visitor.follow("Find a time")
    assert visitor.at == "/needs"
    visit = visitor.page.form_to("/where").fields["visit"][0]
    visitor.open(f"/times?service=certify&site=high-street&mode=in_person&day=2026-11-24&visit={visit}")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    with database.reading() as db:
        answers = db.scalars(select(Appointment.answers)).one()
    assert answers == {"Somewhere to sleep?": "Yes", "What is it?": "Papers"}


@pytest.mark.parametrize("page", ["needs", "where", "when", "times", "wait"])
def test_no_page_of_a_search_is_reached_past_the_questions(visitor: Visitor, page: str) -> None:
    visitor.open(f"/{page}?service=certify&site=high-street&day=2026-11-24")
    assert visitor.at.endswith("/questions/tonight")


def test_an_urgent_answer_in_another_tab_ends_the_search_that_was_open(visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 0)
    first = visitor.at.replace("/what", "/tonight")
    answer(visitor, "what", 2)
    visitor.follow("Find a time")
    visit = visitor.page.form_to("/where").fields["visit"][0]
    visitor.open(f"/times?service=certify&site=high-street&mode=in_person&day=2026-11-24&visit={visit}")
    held = visitor.page.form_to("/book/hold")
    slot = next(value for name, value in held.buttons if name == "slot")
    visitor.open(first)
    answer(visitor, "tonight", 1)
    for page in ("where", "when", "times", "wait"):
        visitor.open(f"/{page}?service=certify&site=high-street&day=2026-11-24&visit={visit}&triaged=1")
        assert visitor.page.title.startswith("Ring now")
    answered = visitor.post(held, {"slot": slot}, follow_redirects=True)
    assert "Ring now" in answered.get_data(as_text=True)


def test_an_answer_to_words_that_have_changed_meanwhile_is_asked_again(visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    visitor.send("/questions/tonight", answer="1", seen="0")
    assert (visitor.status, visitor.at.endswith("/questions/tonight")) == (409, True)
    assert visitor.client.get(f"/testshire/triage/housing/{'a' * 300}/questions/tonight").status_code == 404


@pytest.mark.parametrize("number", [1, 2])
def test_an_urgent_answer_leads_to_a_number_and_to_no_search(visitor: Visitor, number: int) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", number)
    assert visitor.page.title.startswith("Ring now")
    assert "01632 960001" in visitor.page.text
    elsewhere = ("/needs", "/when", "/times", "/appointment")
    assert not [href for _, href in visitor.page.links if any(part in href for part in elsewhere)]
    visitor.open(f"{visitor.at.removesuffix('/outcome')}/appointment")
    assert visitor.page.title.startswith("Ring now")  # nor does its address


def test_whoever_would_rather_ask_says_why_and_gets_to_the_times(database: Database, visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    visitor.follow("I would rather ask for an appointment")
    visitor.send("/appointment", reason="")
    assert "Say in a few words" in visitor.page.text
    visitor.send("/appointment", reason="I cannot say it here.")
    assert visitor.at == "/needs"


def test_a_page_is_left_at_once_and_nothing_stays(visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 2)
    outcome = visitor.at
    left = visitor.client.get(visitor.page.link("Leave this page quickly"))
    assert (left.status_code, left.headers["Cache-Control"]) == (303, "no-store")
    assert "Location" in left.headers
    visitor.open(outcome)
    assert visitor.at.endswith("/questions/tonight")


def test_who_comes_today_reads_a_number_and_a_place(visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 0)
    answer(visitor, "what", 0)
    assert visitor.page.title.startswith("Come")
    assert "01632 960001" in visitor.page.text


def to_papers(visitor: Visitor, start: str = "/triage/housing") -> None:
    visitor.open(start)
    answer(visitor, "tonight", 0)
    answer(visitor, "what", 2)


def hold_a_time(visitor: Visitor) -> str:
    """A time held for this visit, with everything typed; the name of the visit."""
    visitor.follow("Find a time")
    visit = visitor.page.form_to("/where").fields["visit"][0]
    visitor.open(f"/times?service=certify&site=high-street&mode=in_person&day=2026-11-24&visit={visit}")
    visitor.take_first_time()
    fill_in(visitor)
    return visit


@pytest.mark.parametrize(
    ("start", "kept"),
    [
        ("/needs?service=certify&need=step-free&site=high-street&mode=in_person&day=2026-11-24", "certify"),
        ("/needs?service=advice&service=certify&need=step-free&mode=in_person&day=2026-11-24", "certify advice"),
    ],
)
def test_the_search_that_led_to_the_questions_goes_on_after_them(visitor: Visitor, start: str, kept: str) -> None:
    to_papers(visitor, start)
    href = visitor.page.link("Find a time")
    for part in start.partition("?")[2].split("&"):
        assert part in href
    assert [
        part.removeprefix("service=") for part in href.partition("?")[2].split("&") if "service=" in part
    ] == kept.split()


def test_answers_live_as_long_as_the_visit_and_lead_back_to_the_time_that_is_held(
    database: Database, visitor: Visitor, clock: FixedClock
) -> None:
    to_papers(visitor)
    visit = hold_a_time(visitor)
    for _ in range(8):
        clock.advance(timedelta(minutes=9))
        visitor.send("/keep/check")
    with database.writing() as db:  # a further answer: who has answered goes on, and answers what has changed
        row = db.scalars(select(Triage)).one()
        questions = [dict(one) for one in row.questions]
        changed = [
            {**one, "answer": "My papers"} if one["answer"] == "Papers" else one for one in questions[1]["answers"]
        ]
        row.questions = [questions[0], questions[1] | {"answers": changed}]
        bump_plan(db, row.authority_id)
    visitor.send("/check")
    assert visitor.at == f"/triage/housing/{visit}/questions/what"
    assert "We ask other questions now" in visitor.page.text
    assert "We are keeping" in visitor.page.text
    answer(visitor, "what", 2)
    visitor.follow("Go on with that time")
    visitor.send("/check")
    with database.reading() as db:
        assert db.scalars(select(Appointment.answers)).one() == {
            "Somewhere to sleep?": "Yes",
            "What is it?": "My papers",
        }


def test_back_leads_where_one_came_from(visitor: Visitor) -> None:
    visitor.open("/services/certify")
    visitor.follow("Answer the questions")
    visitor.follow("Back")
    assert visitor.at == "/services/certify"
    visitor.follow("Answer the questions")
    answer(visitor, "tonight", 0)
    answer(visitor, "what", 0)
    visitor.take_first_time()
    visitor.follow("Back")
    assert visitor.page.title.startswith("Come")


def urgent_of(database: Database) -> UrgentRequest | None:
    with database.reading() as db:
        return db.scalars(select(UrgentRequest)).first()


def test_an_urgent_answer_is_on_the_staff_s_list_without_a_word_more(database: Database, visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 0)
    assert urgent_of(database) is None
    visitor.follow("Back")
    answer(visitor, "tonight", 2)
    visitor.client.get(visitor.page.link("Leave this page quickly"))
    row = urgent_of(database)
    assert row is not None
    assert (row.words, row.meanings, row.left_page) == ("Somewhere to sleep? Not safe", ["danger_at_home"], True)
    assert (row.name, row.phone, row.resident_id) == ("", "", None)


def test_whoever_wants_to_be_rung_gives_a_number_which_is_not_shown_whole(database: Database, visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 1)
    visitor.send("/reach", phone="", name="Robin <Sample>")
    assert "Enter a number on which we can ring you" in visitor.page.text
    visitor.send("/reach", phone="07700 900123", name="Robin Sample")
    row = urgent_of(database)
    assert row is not None
    assert (row.name, row.phone.replace(" ", "")) == ("Robin Sample", "07700900123")
    assert "900123" not in visitor.page.text.replace(" ", "")


def test_the_next_person_at_a_library_s_computer_asks_for_themselves(database: Database, visitor: Visitor) -> None:
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 1)
    visitor.send("/reach", phone="07700 900123", name="Robin Sample")
    visitor.open("/triage/housing")
    answer(visitor, "tonight", 1)
    assert "We will ring" not in visitor.page.text
    visitor.send("/reach", phone="07700 900124", name="Kim Sample")
    with database.reading() as db:
        names = db.scalars(select(UrgentRequest.name).order_by(UrgentRequest.id)).all()
    assert names == ["Robin Sample", "Kim Sample"]


def test_whoever_leaves_a_number_is_heard_behind_an_address_from_which_many_ask(
    database: Database, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triage_urgent, "URGENT_LIMIT", SlowingLimit("1/hour", beyond="1/hour"))
    monkeypatch.setattr(triage_urgent, "REACHED_LIMIT", SlowingLimit("1/hour", beyond="1/hour"))
    for number in range(5):
        visitor.open("/triage/housing")
        answer(visitor, "tonight", 1)
        if number > 1:
            visitor.send("/reach", phone=f"07700 90012{number}", name="")
    assert "Ring the number above now" in visitor.page.text
    with database.reading() as db:
        phones = db.scalars(select(UrgentRequest.phone).order_by(UrgentRequest.id)).all()
    assert [phone[-1:] for phone in phones] == ["", "", "2", "3"]
