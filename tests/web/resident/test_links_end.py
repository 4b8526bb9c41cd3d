"""What a link's holder sees: masked while it works, and nothing of anybody once it is over or closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.tables import Appointment
from core.browser_states import BrowserState
from core.database import Database
from core.personal_data import mask_email, mask_phone
from people.residents.tables import Resident
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one
from tests.web.resident.test_booking_pages import clock_of

# The rules are tested on both databases in tests/booking/test_links.py.
pytestmark = pytest.mark.databases("sqlite")

ENDINGS = ["", ".ics", "/move?slot=SLOT", "/cancel", "/contact", "/needs"]
PERSONAL = ("Robin", "Sample", "robin@example.org", "900123", "r***@")


@pytest.fixture
def link(visitor: Visitor, database: Database) -> str:
    """The manage link of a new appointment of somebody with an email address and a telephone."""
    book_one(visitor)
    with database.writing() as db:
        db.scalars(select(Resident)).one().phone = "07700 900123"
    return visitor.page.link("See, change or cancel")


def the_row(database: Database) -> Appointment:
    """The only appointment."""
    with database.reading() as db:
        return db.scalars(select(Appointment)).one()


def address(database: Database, ending: str) -> str:
    """The address of a page of the appointment."""
    row = the_row(database)
    return f"/testshire/appointment/{row.reference}{ending.replace('SLOT', row.slot_token)}"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["booked", "cancelled"])
def test_a_day_after_the_end_no_page_says_anything_of_anybody(
    database: Database, town: Town, town_app: Flask, visitor: Visitor, link: str, ending: str, is_cancelled: bool
) -> None:
    visitor.open(f"!{link}")
    if is_cancelled:
        visitor.follow("Cancel the appointment")
        visitor.send("/cancel")
    row = the_row(database)
    clock = clock_of(town_app)
    clock.advance(row.ends_at + timedelta(days=1, seconds=1) - clock.now())
    with database.writing() as db:  # whoever kept the page in use until now
        db.execute(update(BrowserState).values(expires_at=clock.now() + timedelta(minutes=30)))
    for answer in (visitor.client.get(address(database, ending)), visitor.client.get(link)):
        assert answer.status_code == 410
        assert "This link has ended" in answer.text
        assert not [words for words in (*PERSONAL, row.reference, "November 2026") if words in answer.text]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_cancelled_appointment_shows_no_contact_details(
    database: Database, town: Town, visitor: Visitor, link: str, ending: str
) -> None:
    visitor.open(f"!{link}")
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    text = visitor.client.get(address(database, ending)).text
    assert not [words for words in PERSONAL if words in text]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_page_gives_an_address_or_a_number_away(
    database: Database, town: Town, visitor: Visitor, link: str, ending: str
) -> None:
    visitor.open(f"!{link}")
    text = visitor.client.get(address(database, ending)).text
    assert "robin@example.org" not in text
    assert "07700 900123" not in text


def test_the_holder_recognises_their_own_address_and_number(visitor: Visitor, link: str) -> None:
    visitor.open(f"!{link}")
    assert "r***@example.org" in visitor.page.text
    assert "07••• ••• 123" in visitor.page.text
    visitor.follow("Change email")
    assert "We have r***@example.org. Leave this empty to keep it" in visitor.page.text


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_new_address_closes_what_the_old_link_opened_elsewhere(
    database: Database, town: Town, town_app: Flask, visitor: Visitor, link: str, ending: str
) -> None:
    elsewhere = Visitor(town_app.test_client())
    elsewhere.open(f"!{link}")
    visitor.open(f"!{link}")
    visitor.follow("Change email")
    visitor.send("/contact", email="new@example.org")
    assert "n***@example.org" in visitor.page.text  # this browser saw to it, and goes on
    assert elsewhere.client.get(address(database, ending)).status_code == 404
    assert elsewhere.client.get(link).status_code == 404


def test_an_address_can_be_taken_off_and_the_record_keeps_it(database: Database, visitor: Visitor, link: str) -> None:
    visitor.open(f"!{link}")
    visitor.follow("Change email")
    visitor.send("/contact", drop_email="y")
    assert visitor.page.link("Enter an email address, or choose another way to be reminded") == "#email"
    visitor.send("/contact", drop_email="y", contact_preference="none")
    row = the_row(database)
    with database.reading() as db:
        resident = db.scalars(select(Resident)).one()
    assert (row.contact_email, row.contact_preference, resident.email) == ("", "none", "robin@example.org")


@pytest.mark.parametrize(
    ("email", "masked"), [("", ""), ("o@example.org", "o***@example.org"), ("olivia@example.org", "o***@example.org")]
)
def test_an_address_is_masked_to_its_first_letter(email: str, masked: str) -> None:
    assert mask_email(email) == masked


@pytest.mark.parametrize(("phone", "masked"), [("", ""), ("07700 900123", "07••• ••• 123"), ("1234", "••• •••")])
def test_a_number_is_masked_but_for_its_ends(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked
