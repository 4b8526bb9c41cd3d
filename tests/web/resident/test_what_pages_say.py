"""What the pages say of times, days, papers and messages is so for whoever reads it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Service
from reminders.recipients import CHANNELS, TEXT, WITHOUT_PROVIDERS
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")


def soonest_of(visitor: Visitor) -> tuple[str, list[str]]:
    """The soonest moment that the page about places names, and the first free one of each place and mode."""
    text = visitor.page.text
    soonest = re.search(r"The soonest is (.*?)(?:,? at [A-Z]|, from home)", text)
    assert soonest
    return soonest.group(1), re.findall(r"First free: (.*?(?:am|pm))", text)


@pytest.mark.parametrize("service", ["certify", "advice", "digital"])
def test_nothing_on_the_page_is_sooner_than_the_soonest(visitor: Visitor, town: Town, service: str) -> None:
    visitor.open(f"/where?service={service}&visit=one")
    soonest, others = soonest_of(visitor)
    assert others
    visitor.follow("as soon as possible")
    assert f"Next free: {soonest}" in visitor.page.text


def test_nobody_is_asked_where_to_go_who_stays_at_home(visitor: Visitor, town: Town, database: Database) -> None:
    assert visitor.open("/where?service=advice&visit=one").headings[0] == "Where would you like to go?"
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == "advice").values(modes=["phone", "video"]))
        bump_plan(db, town.authority_id)
    assert visitor.open("/where?service=advice&visit=one").headings[0] == "How would you like to meet?"


@pytest.mark.parametrize("days", [2, 3, 4, 5, 6])
def test_the_first_day_with_an_interpreter_is_one_on_which_somebody_is_there(
    database: Database, town: Town, visitor: Visitor, days: int
) -> None:
    with database.writing() as db:
        db.get_one(Authority, town.authority_id).interpreter_lead_days = days
        bump_plan(db, town.authority_id)
    visitor.open("/when?service=certify&site=high-street&mode=in_person&visit=one&need=bsl")
    named = re.search(r"so the first day is (\w+day \d+ \w+ \d+)", visitor.page.text)
    assert named
    visitor.follow(named.group(1))
    assert visitor.page.headings[0].startswith(f"Choose a time on {named.group(1)}")


def test_the_papers_of_two_services_stand_under_their_names(visitor: Visitor, town: Town) -> None:
    visitor.open("/where?service=certify&service=advice&visit=one")
    visitor.follow("High Street Library")
    visitor.follow("24 November 2026")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    for follow in ("", "See, change or cancel"):
        if follow:
            visitor.follow(follow)
        papers = visitor.page.text.partition("What to bring")[2]
        order = ("Certify documents", "Your passport", "Housing advice", "Your tenancy agreement")
        places = [papers.index(words) for words in order]
        assert places == sorted(places)


def test_the_papers_of_one_service_need_no_name(visitor: Visitor, town: Town) -> None:
    book_one(visitor)
    assert "What to bring Your passport" in " ".join(visitor.page.text.split())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "robin@example.org"}, "We will not send you any messages, as you asked."),
        ({"email": "", "phone": "07700 900123"}, "We will not send you any messages, as you asked."),
    ],
    ids=["email", "phone"],
)
def test_whoever_chose_no_messages_is_not_told_that_we_cannot(
    visitor: Visitor, town: Town, typed: dict[str, str], words: str
) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, contact_preference="none", **typed)
    visitor.send("/check")
    assert words in visitor.page.text
    assert "cannot send" not in visitor.page.text


def test_texts_are_offered_where_they_can_be_sent(database: Database, visitor: Visitor, town: Town) -> None:
    database.facts[CHANNELS] = WITHOUT_PROVIDERS | {TEXT}
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, email="", phone="", contact_preference="text")
    assert "Enter a mobile phone number, or choose another way to be reminded" in visitor.page.text
    visitor.send("/details", phone="07700 900123")
    assert "By text message to 07700 900123" in visitor.page.text
    visitor.send("/check")
    assert "We will send a text message to 07700 900123 to confirm, and again to remind you." in visitor.page.text
    assert "by email" not in visitor.page.text
    visitor.follow("See, change or cancel")
    visitor.follow("Change reminders")
    assert visitor.page.form_to("/contact").fields["contact_preference"] == ["text"]
    visitor.send("/contact")
    assert "By text message to 07" in visitor.page.text


def test_whoever_has_forgotten_the_reference_is_told_where_it_stands(visitor: Visitor, town: Town) -> None:
    text = visitor.open("/find").text
    assert "If you do not know your reference" in text
    assert "contact us" in text.partition("If you do not know your reference")[2]


def test_the_page_of_a_move_says_how_long_it_takes(visitor: Visitor, town: Town) -> None:
    book_one(visitor)
    visitor.follow("See, change or cancel")
    at = visitor.at

    def move(*follow: str) -> str:
        visitor.open(at)
        for words in follow:
            visitor.follow(words)
        visitor.follow("25 November 2026")
        slot = next(value for name, value in visitor.page.form_to("/move").buttons if name == "slot")
        return visitor.open(f"{at}/move?slot={slot}").text

    assert "instead of" not in move("Choose another time")
    visitor.open(f"{at}/needs")
    visitor.send("/needs", need=["extra-time"])
    assert re.search(
        r"How long\s+\d+ minutes, instead of \d+ minutes", move("Choose another time or place", "High Street Library")
    )


@pytest.mark.parametrize(
    ("modes", "words"),
    [
        (["in_person"], None),
        (["in_person", "video"], "You can also do this by video."),
        (["in_person", "phone"], "You can also do this by phone."),
        (["in_person", "phone", "video"], "You can also do this by phone or video."),
        (["video"], "We do this by video."),
        (["phone"], "We do this by phone."),
        (["phone", "video"], "We do this by phone or video."),
    ],
)
def test_a_service_names_the_ways_that_it_has_and_no_other(
    database: Database, town: Town, visitor: Visitor, modes: list[str], words: str | None
) -> None:
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == "certify").values(modes=modes))
        bump_plan(db, town.authority_id)
    visitor.open("/services/certify")
    said = re.findall(r"(?:You can also|We) do this by [a-z ]*\.", visitor.page.text)
    assert said == ([words] if words else [])
