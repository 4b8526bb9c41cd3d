"""How somebody chooses to hear from us: what is offered, what it needs, and what is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.tables import Appointment
from core.database import Database
from people.residents.tables import Representative, Resident
from reminders.recipients import CHANNELS
from tests.web.resident.browser import Visitor, go_to_times

pytestmark = pytest.mark.databases("sqlite")
LATER = "2026-12-08"


@pytest.fixture(autouse=True)
def _channels(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text", "letter", "call"}))


def choices(visitor: Visitor, ending: str) -> set[str]:
    """What the question how to be told offers."""
    return set(visitor.page.form_to(ending).choices["contact_preference"])


def test_letters_are_offered_where_they_arrive_and_need_a_whole_address(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="me")
    assert choices(visitor, "/details") == {"email", "text", "call", "none"}
    assert "address" not in visitor.page.form_to("/details").typed
    go_to_times(visitor, day=LATER)
    visitor.take_first_time()
    visitor.send("/who", who="me")
    assert choices(visitor, "/details") == {"email", "text", "letter", "call", "none"}
    visitor.send("/details", name="Robin Sample", contact_preference="letter")
    assert visitor.page.link("Enter the whole address") == "#address"
    visitor.send("/details", address="1 Elm Road\nTestville")
    assert visitor.page.link("Enter the whole address") == "#postcode"
    visitor.send("/details", postcode="N12 0GA")
    assert "We confirm it by letter to your address." in visitor.page.text
    visitor.send("/check")
    assert "We will write to you by letter." in visitor.page.text
    visitor.follow("See, change or cancel")
    visitor.follow("Change reminders")
    visitor.send("/contact", address="9 Lime Walk")
    assert visitor.page.link("Enter the whole address") == "#address"
    visitor.send("/contact", letter_postcode="NW11 9QS", neutral="y")
    with database.reading() as db:
        row, resident = db.scalars(select(Appointment)).one(), db.scalars(select(Resident)).one()
    assert (row.contact_postal, row.contact_preference) == ("9 Lime Walk\nNW11 9QS", None)
    assert (resident.address, resident.contact_preference) == ("1 Elm Road\nTestville", "letter")
    assert resident.uses_neutral_name


def test_who_acts_gives_an_address_of_their_own_and_a_call_needs_a_number(database: Database, visitor: Visitor) -> None:
    go_to_times(visitor, day=LATER)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name="Ada Helper", basis="carer", helper_address="2 Oak Road")
    assert visitor.page.link("Enter the whole address") == "#helper_address"
    visitor.send("/acting", helper_postcode="N12 0GA")
    visitor.send("/details", name="Robin Sample", contact_preference="call")
    assert visitor.page.link("Enter the number that we should ring") == "#phone"
    visitor.send("/details", contact_preference="letter")
    visitor.send("/check")
    with database.reading() as db:
        helper = db.scalars(select(Representative)).one()
    assert (helper.address, helper.postcode) == ("2 Oak Road", "N12 0GA")
