"""The time that somebody has, held or booked, is theirs to choose again: on every page of the search, and said so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking.capacity.occupancy import seats_of
from booking.queries.slots import SlotQuery, all_slots, first_by_site, free_by_date, next_slot
from booking.tables import Appointment, Hold
from booking.use_cases.holds import hold_slot
from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from reminders.tables import Notification
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times
from tests.web.resident.test_booking_pages import clock_of


def free_times(visitor: Visitor) -> list[str]:
    """The slots that the page offers."""
    return [value for form in visitor.page.forms for name, value in form.buttons if name == "slot"]


@pytest.mark.parametrize("minutes_later", [0, 5, 60])
def test_what_is_free_to_whoever_holds_a_time_is_what_was_free_before(
    database: Database, town: Town, minutes_later: int
):
    """Every search, for every service, with one's own hold, is the search before the hold; while it counts and after."""
    runtime, now = make_runtime(database), NOW + timedelta(minutes=minutes_later)
    with database.reading() as db:
        catalogue = catalogue_by_id(db, town.authority_id)
        queries = [SlotQuery((service_id,)) for service_id in town.services.values()]
        before = [answers(db, catalogue, query, now) for query in queries]
        slot = all_slots(db, catalogue, queries[0], NOW)[3]
    hold_slot(runtime, slot.slot_key, for_public=True)
    with database.reading() as db:
        hold = db.scalars(select(Hold)).one()
        own = seats_of(db, hold_id=hold.id)
        assert own
        with_own = [answers(db, catalogue, SlotQuery(query.service_ids, own_seats=own), now) for query in queries]
        assert with_own == before
        if minutes_later < 10:
            assert [answers(db, catalogue, query, now) for query in queries] != before


def answers(db: object, catalogue: object, query: SlotQuery, now: object) -> tuple[object, ...]:
    """The answers of all searches that pages make."""
    searches = (all_slots, free_by_date, first_by_site, next_slot)
    return tuple(search(db, catalogue, query, now) for search in searches)  # type: ignore[arg-type]


@pytest.mark.databases("sqlite")
def test_back_from_a_held_time_offers_it_again(town: Town, visitor: Visitor):
    """The place has one desk and this is its last free time of the day: nobody else can have it, its holder can."""
    go_to_times(visitor, site="town-hall")
    times = visitor.at
    held = free_times(visitor)[0]
    visitor.take_first_time()
    visitor.follow("Back")
    assert held in free_times(visitor)
    assert "you have it" in visitor.page.text
    assert "We are keeping Tuesday 24 November 2026" in visitor.page.text
    visitor.follow("Go on with that time")
    assert visitor.page.headings == ["Who is the appointment for?"]
    visitor.follow("Back")
    visitor.send("/book/hold", slot=held)
    assert visitor.page.headings == ["Who is the appointment for?"]
    assert times


@pytest.mark.databases("sqlite")
def test_others_are_not_offered_it(town: Town, town_app: Flask, visitor: Visitor):
    held = free_times_of(visitor)[0]
    visitor.take_first_time()
    stranger = Visitor(town_app.test_client())
    assert held not in free_times_of(stranger)
    stranger.open(
        f"/times?service=certify&site=town-hall&mode=in_person&day=2026-11-24&visit={visitor.at.split('/')[2]}"
    )
    assert held not in free_times(stranger)


def free_times_of(visitor: Visitor) -> list[str]:
    go_to_times(visitor, site="town-hall")
    return free_times(visitor)


@pytest.mark.databases("sqlite")
def test_change_when_opens_the_month_of_the_time_that_is_held(town: Town, visitor: Visitor):
    go_to_times(visitor, day="2026-12-10")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.follow("Change when")
    assert "December 2026" in visitor.page.title
    assert "We are keeping Thursday 10 December 2026" in visitor.page.text
    visitor.follow("Go on with that time")
    assert visitor.page.headings == ["Check your answers"]


@pytest.mark.databases("sqlite")
def test_whoever_moves_an_appointment_reads_from_which_time(database: Database, town: Town, visitor: Visitor):
    book_one(visitor, site="town-hall", day="2026-12-08")
    visitor.follow("See, change or cancel")
    visitor.follow("Choose another time")
    moving = "You are changing your appointment: Tuesday 8 December 2026"
    assert "December 2026" in visitor.page.title
    assert moving in visitor.page.text
    visitor.follow("8 December 2026")
    assert moving in visitor.page.text
    with database.reading() as db:
        own = db.scalars(select(Appointment)).one()
    assert own.slot_token in free_times(visitor)
    assert "you have it" in visitor.page.text
    visitor.send("/move", slot=own.slot_token)
    assert "You have this time already" in visitor.page.text
    assert not [form for form in visitor.page.forms if form.action.endswith("/move")]
    visitor.follow("Choose another time")
    visitor.follow("Change where")
    assert moving in visitor.page.text
    visitor.follow("Keep the time I have")
    assert visitor.page.headings == ["Your appointment"]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_move_to_the_same_time_changes_nothing_and_tells_nobody(database: Database, town: Town, visitor: Visitor):
    """An old page that still has the button, or a second click after the first one was answered."""
    book_one(visitor, site="town-hall", day="2026-12-08")
    visitor.follow("See, change or cancel")
    with database.reading() as db:
        own = db.scalars(select(Appointment)).one()
        owed = len(db.scalars(select(Notification)).all())
    visitor.follow("Cancel the appointment")
    form = visitor.page.form_to("/cancel")
    values = {**form.fields, "slot": own.slot_token, "idempotency_key": "another"}
    answer = visitor.client.post(form.action.replace("/cancel", "/move"), data=values)
    assert answer.status_code == 303
    with database.reading() as db:
        after = db.scalars(select(Appointment)).one()
        assert (after.version, after.changed_at, after.slot_token) == (own.version, own.changed_at, own.slot_token)
        assert len(db.scalars(select(Notification)).all()) == owed


@pytest.mark.databases("sqlite")
def test_a_time_of_another_service_moves_nothing(database: Database, town: Town, visitor: Visitor):
    go_to_times(visitor, service="advice")
    slot = free_times(visitor)[0]
    book_one(visitor)
    visitor.follow("See, change or cancel")
    visitor.open(f"{visitor.at}/move?slot={slot}")
    assert visitor.status == 404


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-22", "This day is over."),
        ("2026-11-23", "It is too late to book this day online."),
        ("2026-11-28", "There are no appointments on this day."),
        ("2027-11-24", "You cannot book this day yet."),
    ],
)
def test_a_day_without_free_times_says_why(town: Town, town_app: Flask, visitor: Visitor, day: str, words: str):
    """On Monday the place is open for twenty minutes more, and the visit takes thirty: that is not the same as full."""
    clock_of(town_app).advance(timedelta(hours=8, minutes=40))
    visitor.open(f"/times?service=certify&site=high-street&mode=in_person&day={day}")
    assert words in visitor.page.text
    if day == "2026-11-23":
        visitor.open("/when?service=certify&site=high-street&mode=in_person&month=2026-11")
        [today] = [words for words in visitor.page.text.split("Monday") if words.strip().startswith("23")] or [""]
        assert "full" not in today


@pytest.mark.databases("sqlite")
def test_a_day_that_is_booked_up_is_full(database: Database, town: Town, visitor: Visitor):
    day = date(2026, 11, 24)
    runtime = make_runtime(database)
    query = SlotQuery((town.services["certify"],), (town.sites["office"],), first_date=day, last_date=day)
    while True:
        with database.reading() as db:
            slots = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)
        if not slots:
            break
        hold_slot(runtime, slots[0].slot_key, for_public=True)
    visitor.open(f"/times?service=certify&site=town-hall&mode=in_person&day={day}")
    assert "Every time on this day is taken." in visitor.page.text


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("need", ["extra-time", "step-free", "bsl"])
def test_help_that_is_asked_for_late_goes_along_with_the_time_that_is_held_or_the_page_says_that_it_cannot(
    visitor: Visitor, database: Database, need: str
):
    """Nothing leads from the answer about the help that somebody needs to a booking that does not have it."""
    go_to_times(visitor, site="riverside-hub", day="2026-12-02")
    visitor.take_first_time()
    fill_in(visitor)
    visitor.follow("Change the help you need")
    visitor.send("/where", need=[need])
    assert "Go on with that time" not in [text for text, _ in visitor.page.links]
    visitor.send("/book/hold")
    assert visitor.page.headings == ["Check your answers"]
    visitor.send("/check")
    with database.reading() as db:
        booked = db.scalars(select(Appointment)).one()
    assert booked.support_needs == [need]
    usual = timedelta(minutes=30)
    assert (booked.ends_at - booked.starts_at > usual) is (need == "extra-time")


@pytest.mark.databases("sqlite")
@pytest.mark.usefixtures("town")
def test_a_held_time_that_cannot_meet_what_is_needed_now_says_so(visitor: Visitor):
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    visitor.follow("Change the help you need")
    visitor.send("/where", need=["step-free"])
    assert "It does not fit what you need now." in visitor.page.text
    assert not [form for form in visitor.page.forms if form.action.endswith("/book/hold")]
