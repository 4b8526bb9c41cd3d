"""Whoever has an appointment can be reached about it: on every way to it, whoever acts for them, until it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking.queries.appointments import by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import SlotKey
from booking.states import Contact
from booking.tables import Appointment
from booking.use_cases.book import Booking, book
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from core.errors import Invalid
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import Representative, Resident
from planner.staff_wait_form import ways_to_tell
from reminders.tables import Notification
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, go_to_times
from tests.web.resident.test_booking_pages import clock_of
from web.agent.forms import ResidentForm
from web.resident.reach_choices import unreachable

MODES = {"phone": "phone", "video": "email"}
PUBLIC = [Actor.resident(), Actor("api", 1, "A program")]


def slot_in(database: Database, town: Town, mode: str, number: int = 0) -> SlotKey:
    with database.reading() as db:
        catalogue = catalogue_by_id(db, town.authority_id)
        query = SlotQuery((town.services["advice"],), mode=mode)
        return all_slots(db, catalogue, query, NOW)[number].slot_key


def booking_of(town: Town, slot_key: SlotKey, email: str = "", phone: str = "") -> Booking:
    person = ResidentDetails("Robin Sample", email=email, phone=phone, contact_preference="none")
    return Booking(town.authority_id, channel="online", slot_key=slot_key, resident=person)


def the_row(database: Database) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("actor", PUBLIC, ids=lambda actor: actor.kind)
def test_no_visit_is_moved_to_where_nobody_can_be_reached(database: Database, town: Town, mode: str, actor: Actor):
    """The rule is the domain's: it holds for every way of writing, and what is refused changes nothing."""
    runtime, field = make_runtime(database), MODES[mode]
    booked = book(runtime, booking_of(town, slot_in(database, town, "in_person", 20)), actor=actor)
    before = the_row(database)
    move = Move(slot_key=slot_in(database, town, mode))
    with pytest.raises(Invalid) as refused:
        reschedule(runtime, town.authority_id, booked.reference, move, actor=actor, enforce_cutoff=True)
    assert list(refused.value.errors) == [field]
    after = the_row(database)
    assert (after.version, after.slot_token, after.mode) == (before.version, before.slot_token, "in_person")
    reach = {"email": "robin@example.org", "phone": "07700 900123"}[field]
    contact = replace(Contact("", "", "none", leave_no_message=False), **{field: reach})  # type: ignore[arg-type]
    move = Move(slot_key=slot_in(database, town, mode), contact=contact)
    reschedule(runtime, town.authority_id, booked.reference, move, actor=actor, enforce_cutoff=True)
    with database.reading() as db:
        view = by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)
    assert (view.mode, getattr(view.resident, field)) == (mode, reach)


@pytest.mark.parametrize("mode", MODES)
def test_no_resident_books_where_nobody_can_be_reached(database: Database, town: Town, mode: str):
    runtime, slot_key = make_runtime(database), slot_in(database, town, mode)
    with pytest.raises(Invalid) as refused:
        book(runtime, booking_of(town, slot_key), actor=Actor.resident())
    assert list(refused.value.errors) == [MODES[mode]]
    reach = {"email": "robin@example.org", "phone": "07700 900123"}
    assert book(runtime, booking_of(town, slot_key, **reach), actor=Actor.resident()).reference


def test_whoever_acts_for_the_resident_can_be_reached_instead(database: Database, town: Town):
    runtime = make_runtime(database)
    helper = Representation("Ada Helper", "carer", phone="07700 900001")
    person = ResidentDetails("Robin Sample", contact_preference="none")
    slot_key = slot_in(database, town, "phone")
    booking = Booking(town.authority_id, channel="online", slot_key=slot_key, resident=person, representative=helper)
    assert book(runtime, booking, actor=Actor.resident()).reference


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("mode", "words", "typed"),
    [("phone", "Enter the phone number", "07700 900123"), ("video", "Enter an email address", "robin@example.org")],
)
def test_the_move_page_asks_for_what_the_new_way_needs(
    database: Database, town: Town, visitor: Visitor, mode: str, words: str, typed: str
):
    go_to_times(visitor, service="advice")
    visitor.take_first_time()
    visitor.send("/who", who="me")
    visitor.send("/details", name="Robin Sample", contact_preference="none")
    visitor.send("/check")
    visitor.follow("See, change or cancel")
    visitor.follow("Choose another time")
    visitor.follow("Change where")
    visitor.follow(f"By {mode}")
    visitor.follow("25 November 2026")
    visitor.send("/move", slot=visitor.page.form_to("/move").buttons[0][1])
    assert MODES[mode] in visitor.page.form_to("/move").typed
    visitor.send("/move")
    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.link(words) == f"#{MODES[mode]}"
    visitor.send("/move", **{MODES[mode]: "nonsense"})
    assert visitor.page.title.startswith("Error: ")
    visitor.send("/move", **{MODES[mode]: typed})
    assert "The appointment has a new time" in visitor.page.text
    assert the_row(database).mode == mode
    assert "Not given" in visitor.page.text  # the other one


def book_for_somebody_else(visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name="Ada Helper", basis="carer", phone="07700 900001", email="ada@example.org")
    visitor.send("/details", name="Robin Sample", contact_preference="email")
    visitor.send("/check")
    visitor.follow("See, change or cancel")


@pytest.mark.databases("sqlite", "postgresql")
def test_whoever_acts_for_somebody_sees_and_changes_how_they_are_reached(
    database: Database, town: Town, town_app: Flask, visitor: Visitor
):
    """A new address gets a new link; the old link and whoever has it open are shut out; other appointments keep theirs."""
    book_for_somebody_else(visitor)
    for words in ("Ada Helper", "a***@example.org", "07••• ••• 001"):
        assert words in visitor.page.text
    with database.reading() as db:
        before = db.scalars(select(Appointment)).one()
    thief = Visitor(town_app.test_client())
    cookie = visitor.client.get_cookie("front_door")
    assert cookie is not None
    visitor.follow("Change the email of Ada Helper")
    visitor.send("/contact", helper_email="new@example.org", helper_phone="07700 900002")
    assert "We have kept your new details" in visitor.page.text
    for words in ("n***@example.org", "07••• ••• 002", "By email to n***@example.org"):
        assert words in visitor.page.text
    with database.reading() as db:
        after = db.scalars(select(Appointment)).one()
        helpers = db.scalars(select(Representative).order_by(Representative.id)).all()
    assert after.manage_digest != before.manage_digest
    assert after.earlier_emails == ["ada@example.org"]
    assert [(helper.email, helper.phone) for helper in helpers] == [
        ("ada@example.org", "07700 900001"),
        ("new@example.org", "07700 900002"),
    ]
    assert after.representative_id == helpers[1].id
    thief.open(f"/appointment/{after.reference}")
    assert thief.status == 404


@pytest.mark.databases("sqlite")
def test_a_new_address_of_a_helper_is_confirmed_and_the_old_one_is_told(database: Database, town: Town, app: Flask):
    visitor = Visitor(app.test_client())
    book_for_somebody_else(visitor)
    with database.reading() as db:
        before = {row.id for row in db.scalars(select(Notification))}
    visitor.follow("Change the email of Ada Helper")
    visitor.send("/contact", helper_email="new@example.org")
    with database.reading() as db:
        kinds = sorted(row.kind for row in db.scalars(select(Notification)) if row.id not in before)
    assert len(kinds) == 2
    assert any(kind.startswith("confirmation") for kind in kinds), kinds


@pytest.mark.databases("sqlite")
def test_a_helper_s_address_can_be_taken_off(database: Database, town: Town, visitor: Visitor):
    book_for_somebody_else(visitor)
    visitor.follow("Change the email of Ada Helper")
    visitor.send("/contact", drop_helper_email="y")
    assert visitor.page.link("Enter an email address, or choose another way to be reminded") == "#email"
    visitor.send("/contact", drop_helper_email="y", contact_preference="none")
    assert "We have kept your new details" in visitor.page.text
    assert "a***@example.org" not in visitor.page.text


FORMS = ("/contact", "/needs", "/cancel", "/move")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("state", ["cancelled", "begun", "over"])
def test_what_is_cancelled_or_over_says_so_and_offers_no_form(
    database: Database, town: Town, town_app: Flask, visitor: Visitor, state: str
):
    book_one(visitor)
    visitor.follow("See, change or cancel")
    page, row = visitor.at, the_row(database)
    old_forms = {ending: visitor.open(f"{page}{ending}").form_to(ending) for ending in FORMS[:3]}
    if state == "cancelled":
        visitor.send("/cancel")
        heading = "This appointment is cancelled"
    else:
        until = row.ends_at if state == "over" else row.starts_at
        keep_open_until(visitor, town_app, page, until + timedelta(minutes=1))
        heading = "This appointment is over" if state == "over" else "Your appointment"
    visitor.open(page)
    assert visitor.page.headings == [heading]
    assert not [href for _, href in visitor.page.links if href.partition("#")[0].endswith(FORMS)]
    if state != "begun":
        for words in ("What to bring", "too late", "calendar", "We will send you a link"):
            assert words not in visitor.page.text
        visitor.page.link("Book another appointment")
    for ending in FORMS:
        visitor.open(f"{page}{ending}?slot={row.slot_token}")
        assert (visitor.status, visitor.page.headings) == (409, ["This appointment cannot be changed"]), ending
    before = the_row(database)
    for form in old_forms.values():
        answer = visitor.post(form, {"contact_preference": "none", "drop_email": "y", "idempotency_key": "new"})
        assert answer.status_code == 409
    after = the_row(database)
    assert (after.version, after.changed_at, after.state) == (before.version, before.changed_at, before.state)


def keep_open_until(visitor: Visitor, app: Flask, page: str, until: object) -> None:
    """The page is looked at every 29 minutes until then."""
    clock = clock_of(app)
    while clock.now() < until:  # type: ignore[operator]
        clock.advance(min(timedelta(minutes=29), until - clock.now()))  # type: ignore[operator]
        visitor.open(page)


@pytest.mark.databases("sqlite")
def test_past_the_cut_off_the_forms_say_that_it_may_be_too_late(
    database: Database, town: Town, town_app: Flask, visitor: Visitor
):
    book_one(visitor)
    visitor.follow("See, change or cancel")
    page = visitor.at
    keep_open_until(visitor, town_app, page, the_row(database).starts_at - timedelta(minutes=30))
    for ending in ("/contact", "/needs"):
        visitor.open(f"{page}{ending}")
        assert "Your appointment is soon. We may not see in time what you change here." in visitor.page.text


@pytest.mark.databases("sqlite")
def test_a_booked_page_that_is_opened_again_after_a_cancellation_says_so(town: Town, visitor: Visitor):
    book_one(visitor)
    done = visitor.at
    visitor.follow("See, change or cancel")
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    visitor.open(done)
    assert visitor.page.headings == ["This appointment is cancelled"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("phone", "helper", "is_refused"),
    [
        ("020 7946 0000", {}, True),
        ("07700 900123", {}, False),
        ("", {"phone": "07700 900123"}, False),
        ("020 7946 0000", {"phone": "07700 900123"}, False),  # texts go to whoever acts for them
        ("", {"phone": "01632 960100"}, True),
    ],
)
def test_texts_are_chosen_for_numbers_that_get_them(
    app: Flask, phone: str, helper: dict[str, str], is_refused: bool
) -> None:
    contact = Contact("robin@example.org", phone, "text", leave_no_message=False)
    found = unreachable("in_person", contact, helper)
    assert (found is not None and found[0] == "phone") is is_refused
    with app.test_request_context(method="POST", data={"name": "Robin", "phone": phone, "contact_preference": "text"}):
        form = ResidentForm(meta={"csrf": False})
        assert (not form.validate()) is (phone != "07700 900123")
        assert set(form.errors) <= {"contact_preference"}
    waiting = Resident(phone=phone, email="", do_not_text=False, contact_preference="email")
    assert ("text" in ways_to_tell(waiting, by_text=True)) is (phone == "07700 900123")
